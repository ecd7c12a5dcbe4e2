"""A legacy replay as a plain list of adds, written by Dopamine's buffer."""

import tempfile

import numpy as np
from dopamine.tf.replay_memory import circular_replay_buffer
from hypothesis import strategies as st

import reincarnating_rl.compat.dopamine_compat  # noqa: F401, I001
from reincarnating_rl.importers import legacy, legacy_files
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.frame_store import FrameStore

GAMMA = 0.9
histories = st.lists(
  st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=8
)


# Episodes in which a run was interrupted and resumed.
restarts = st.sets(st.integers(0, 7), max_size=3)


@st.composite
def blacks(draw):
  """Steps (episode, t) with a black frame, action 0 and reward 0."""
  rows = st.tuples(st.integers(0, 7), st.integers(0, 8), st.integers(1, 5))
  drawn = draw(st.lists(rows, max_size=6))
  return {(e, t + k) for e, t, length in drawn for k in range(length)}


@st.composite
def sizes(draw):
  stack_size, n_step = draw(st.sampled_from([1, 2, 4])), draw(st.integers(1, 3))
  capacity = stack_size + n_step + draw(st.integers(0, 30))
  return {'stack': stack_size, 'n_step': n_step, 'capacity': capacity}


class Played:
  """Dopamine's buffer after some episodes, and each of its adds.

  Attributes:
    buffer: Dopamine's; the last episode is left open if `is_open`.
    adds: (episode, step in it), or None for padding.
    terminal: of the episodes, whether they end in a terminal.
    is_told: of the episodes, whether their end is listed.
  """

  def __init__(
    self,
    history,
    *,
    stack,
    n_step,
    capacity,
    is_open=False,
    restarts=(),
    black=(),
  ):
    self.stack, self.n_step, self.capacity = stack, n_step, capacity
    self.black = black
    self.buffer = self._empty()
    self.adds = []
    self.lengths = [length for length, _ in history]
    untold = {*restarts, len(history) - 1 if is_open else None}
    self.is_told = [episode not in untold for episode in range(len(history))]
    self.terminal = [
      terminal and is_told
      for (_, terminal), is_told in zip(history, self.is_told, strict=True)
    ]
    for episode, length in enumerate(self.lengths):
      self.adds += [None] * (stack - 1)
      for t in range(length):
        is_last = t == length - 1 and self.is_told[episode]
        self.buffer.add(
          self.frame(episode, t),
          self.action(episode, t),
          self.reward(episode, t),
          is_last and self.terminal[episode],
          episode_end=is_last,
        )
        self.adds.append((episode, t))
      if episode in restarts:
        self._restart()

  def _empty(self):
    return circular_replay_buffer.OutOfGraphReplayBuffer(
      (2,),
      self.stack,
      self.capacity,
      1,
      update_horizon=self.n_step,
      gamma=GAMMA,
    )

  def _restart(self):
    with tempfile.TemporaryDirectory() as folder:
      self.buffer.save(folder, 0)
      self.buffer = self._empty()
      self.buffer.load(folder, 0)

  def frame(self, episode, t):
    frame = (0, 0) if (episode, t) in self.black else (1 + episode, 1 + t)
    return np.array(frame, np.uint8)

  def action(self, episode, t):
    return 0 if (episode, t) in self.black else 1 + (episode + t) % 5

  def reward(self, episode, t):
    is_black = (episode, t) in self.black
    return 0.0 if is_black else float((3 * episode + t) % 7) - 2.5

  def load(self, folder, is_listed=True, **settings):
    """Saves the buffer and loads it; returns the store and the report."""
    for file in folder.iterdir():
      file.unlink()
    self.buffer.save(str(folder), 3)
    if not is_listed:
      (folder / 'episode_end_indices_ckpt.3.gz').unlink()
    store = FrameStore(
      observation_shape=(2,),
      actions=Discrete(0),
      gamma=GAMMA,
      seed=0,
      **({'capacity': 400, 'stack_size': self.stack} | settings),
    )
    return store, legacy.load(
      legacy_files.choose(legacy_files.find(folder)), store
    )

  def stored(self):
    """Returns the adds that are still stored, oldest first."""
    adds = self.adds[-self.capacity :]
    cursor = len(self.adds) % self.capacity
    wrapped = len(self.adds) >= self.capacity
    return adds[1:] if wrapped and cursor == self.capacity - 1 else adds

  def slot(self, episode, t):
    return self.adds.index((episode, t)) % self.capacity

  def elements(self, stack, n_step, is_listed=True):
    """Returns (episode, t) of all elements whose frames are known."""
    adds = self.stored()
    found = []
    for i, add in enumerate(adds):
      if add and self._has_state(adds, i, stack, is_listed):
        episode, t = add
        if self.terminal[episode] or self.lengths[episode] - t > n_step:
          found.append(add)
    return found

  def _has_state(self, adds, i, stack, is_listed):
    """Whether the frames of a stored step's state are known."""
    episode, t = adds[i]
    if i - t < self.stack:  # No step of the episode before is stored.
      return i >= stack - 1
    # Padding alone only shows that its frames are blank.
    is_told = self.is_told[episode - 1] and is_listed
    return self.terminal[episode - 1] or is_told or stack <= self.stack

  def element(self, episode, t, stack, n_step):
    """Returns state, action, return, whether it is terminal, next state."""
    left = self.lengths[episode] - t
    is_terminal = left <= n_step
    steps = range(t, t + min(left, n_step))
    total = sum(GAMMA ** (k - t) * self.reward(episode, k) for k in steps)
    state = self.state(episode, t, stack)
    after = None if is_terminal else self.state(episode, t + n_step, stack)
    return state, self.action(episode, t), total, is_terminal, after

  def state(self, episode, t, stack):
    steps = range(t - stack + 1, t + 1)
    zeros = np.zeros(2, np.uint8)
    frames = [self.frame(episode, k) if k >= 0 else zeros for k in steps]
    return np.stack(frames, -1)


def keys(store):
  """Returns the key of each (episode, t) that a store holds."""
  frames = store.columns['observation'][: store.next_step].astype(int)
  return {(e - 1, t - 1): key for key, (e, t) in enumerate(frames.tolist())}
