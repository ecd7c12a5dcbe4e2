"""Replays that Dopamine 4.1 itself writes, and what was fed to them."""

import itertools

import numpy as np
from absl import logging
from dopamine.jax.replay_memory import (
  accumulator,
  elements,
  replay_buffer,
  samplers,
)

import reincarnating_rl._dopamine_compat  # noqa: F401, I001
from reincarnating_rl.replay import dopamine41, dopamine41_files
from reincarnating_rl.replay.frame_store import FrameStore

GAMMA = 0.9
NUMBER = 7


class Played:
  """Dopamine's buffer after some episodes.

  Attributes:
    buffer: Dopamine's.
    history: (T, whether it ended) of each episode; the last one is still open
      if `is_open`.
  """

  def __init__(
    self,
    history,
    *,
    stack=4,
    n_step=1,
    capacity=10_000,
    is_open=False,
    compress=True,
    gamma=GAMMA,
    frame=None,
    reward=None,
  ):
    self.history, self.stack, self.n_step = history, stack, n_step
    self.frame = frame or self._frame
    self.reward = reward or self._reward
    self.buffer = replay_buffer.ReplayBuffer(
      accumulator.TransitionAccumulator(stack, n_step, gamma),
      samplers.UniformSamplingDistribution(0),
      batch_size=1,
      max_capacity=capacity,
      compress=compress,
    )
    for episode, (length, ends) in enumerate(history):
      is_cut = is_open and episode == len(history) - 1
      for t in range(length):
        is_last = t == length - 1 and not is_cut
        self.buffer.add(
          elements.TransitionElement(
            self.frame(episode, t),
            np.int32(self.action(episode, t)),
            self.reward(episode, t),
            is_last and ends,
            is_last,
          )
        )
    if is_open:
      self.history = [*history[:-1], (history[-1][0], False)]

  def _frame(self, episode, t):
    return np.array([[1 + episode], [1 + t], [7]], np.uint8)

  def action(self, episode, t):
    return 1 + (episode + t) % 5

  def _reward(self, episode, t):
    return float((3 * episode + t * t) % 7 % 3 - 1)

  def save(self, folder):
    logging.set_verbosity(logging.ERROR)
    self.buffer.save(str(folder), NUMBER)

  def load(self, folder, **settings):
    """Saves the buffer and loads it; returns the store and the report."""
    self.save(folder)
    return load(folder, **settings)

  def element(self, episode, t, stack, n_step, gamma=GAMMA):
    """Returns state, action, return and next state, of one that goes on."""
    total = sum(gamma**k * self.reward(episode, t + k) for k in range(n_step))
    states = (self.state(episode, at, stack) for at in (t, t + n_step))
    return next(states), self.action(episode, t), total, next(states)

  def state(self, episode, t, stack):
    zeros = np.zeros_like(self.frame(0, 0))
    steps = range(t - stack + 1, t + 1)
    frames = [self.frame(episode, k) if k >= 0 else zeros for k in steps]
    return np.stack(frames, -1)

  def recovered(self):
    """Returns by episode (steps of known actions, steps with frames)."""
    n = self.n_step
    found = {}
    for episode, (length, ends) in enumerate(self.history):
      if ends and length > (1 if n == 1 else n + 1):
        found[episode] = length - 1, length
      elif not ends and length > n:
        found[episode] = length - n, length if length - n >= n else length - n
    return found

  def stored(self, n_step):
    """Returns (episode, t) of all elements that a store of n steps has."""
    return [
      (episode, t)
      for episode, (acts, frames) in self.recovered().items()
      for t in range(min(frames - n_step, acts))
    ]


def make(**settings):
  """Makes a store for the frames of `Played`."""
  return FrameStore(
    **(
      {
        'capacity': 500,
        'observation_shape': (3, 1),
        'gamma': GAMMA,
        'seed': 0,
      }
      | settings
    )
  )


def load(folder, store=None, newest=None, progress=lambda *_: None, **settings):
  """Loads the one replay of a folder into a store, or a new one."""
  store = make(**settings) if store is None else store
  (replay,) = dopamine41_files.find(folder)
  report = dopamine41.load(replay, store, newest=newest, progress=progress)
  return store, report


def keys(store):
  """Returns the (episode, t) of each key, by frames as `Played` makes them."""
  frames = store.columns['observation'][: store.next_step, :, 0].astype(int)
  return dict(zip(((e - 1, t - 1) for e, t, _ in frames), itertools.count()))
