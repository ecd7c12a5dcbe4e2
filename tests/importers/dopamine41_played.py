"""Replays written by Dopamine 4.1 itself, and the steps added to them."""

import numpy as np
from dopamine.jax import checkpointers
from dopamine.jax.replay_memory import (
  accumulator,
  elements,
  replay_buffer,
  samplers,
)
from etils import epath

import reincarnating_rl.compat.dopamine_compat  # noqa: F401, I001
from reincarnating_rl.importers import dopamine41, dopamine41_files
from reincarnating_rl.learner.actions import Discrete
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
    action=None,
  ):
    self.history, self.stack, self.n_step = history, stack, n_step
    self.frame = frame or self._frame
    self.reward = reward or self._reward
    self.action = action or self._action
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
            self.action(episode, t),
            self.reward(episode, t),
            is_last and ends,
            is_last,
          )
        )
    if is_open:
      self.history = [*history[:-1], (history[-1][0], False)]

  def _frame(self, episode, t):
    return np.array([[1 + episode], [1 + t], [7]], np.uint8)

  def _action(self, episode, t):
    return np.int32(1 + (episode + t) % 5)

  def _reward(self, episode, t):
    return float((3 * episode + t * t) % 7 % 3 - 1)

  def save(self, folder):
    """Saves the buffer with Dopamine's own Orbax handler."""
    path = epath.Path(folder) / str(NUMBER) / 'replay'
    checkpointers.CheckpointHandler().save(path, self.buffer)

  def load(self, folder, **settings):
    """Saves the buffer and loads it; returns the store and the report."""
    self.save(folder)
    return load(folder, **settings)

  def element(self, episode, t, stack, n_step, gamma=GAMMA):
    """Returns state, action, return and next state of an open element."""
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
        'actions': Discrete(0),
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


def path(folder):
  """Returns the file of the one replay of a folder."""
  return folder / str(NUMBER) / 'replay' / 'checkpoint.msgpack'


def found(store):
  """Returns the keys of a store's elements by (episode, t) of their frames."""
  frames = store.columns['observation'][:, :, 0].astype(int) - 1
  keys = store.element_keys().tolist()
  return {(int(frames[k, 0]), int(frames[k, 1])): k for k in keys}


def check(played, store):
  """Asserts that each element is one that was played; returns them."""
  settings = store.settings
  elements = found(store)
  for (episode, t), key in elements.items():
    state, action, reward, next_state = played.element(
      episode, t, settings.stack_size, settings.n_step, settings.gamma
    )
    batch = store.gather(np.array([key]))
    np.testing.assert_array_equal(batch.state[0], state)
    np.testing.assert_array_equal(batch.next_state[0], next_state)
    np.testing.assert_allclose(batch.reward[0], reward, rtol=1e-5, atol=1e-6)
    assert batch.action[0] == action and not batch.is_terminal[0]
  assert len(elements) == len(store) == store.add_count
  return sorted(elements)
