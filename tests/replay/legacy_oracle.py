"""A legacy replay as a plain list of what was added, played by Dopamine's."""

import numpy as np
from dopamine.tf.replay_memory import circular_replay_buffer
from hypothesis import strategies as st

import reincarnating_rl._dopamine_compat  # noqa: F401, I001
from reincarnating_rl.replay import legacy, legacy_files
from reincarnating_rl.replay.frame_store import FrameStore

GAMMA = 0.9
histories = st.lists(
  st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=8
)


@st.composite
def sizes(draw):
  stack_size, n_step = draw(st.sampled_from([1, 2, 4])), draw(st.integers(1, 3))
  capacity = stack_size + n_step + draw(st.integers(0, 30))
  return {'stack': stack_size, 'n_step': n_step, 'capacity': capacity}


class Played:
  """Dopamine's buffer after some episodes, and each of its adds.

  Attributes:
    buffer: Dopamine's; the last episode is left open if `is_open`.
    adds: (episode, step in it, whether it ends there), or None for padding.
    terminal: of the episodes, whether they end in a terminal.
  """

  def __init__(self, history, *, stack, n_step, capacity, is_open=False):
    self.stack, self.n_step, self.capacity = stack, n_step, capacity
    self.buffer = circular_replay_buffer.OutOfGraphReplayBuffer(
      (2,), stack, capacity, 1, update_horizon=n_step, gamma=GAMMA
    )
    self.adds = []
    self.lengths = [length for length, _ in history]
    self.terminal = [terminal for _, terminal in history]
    for episode, length in enumerate(self.lengths):
      self.adds += [None] * (stack - 1)
      for t in range(length):
        is_cut = is_open and episode == len(history) - 1
        is_last = t == length - 1 and not is_cut
        terminal = is_last and self.terminal[episode]
        self.buffer.add(
          self.frame(episode, t),
          self.action(episode, t),
          self.reward(episode, t),
          terminal,
          episode_end=is_last,
        )
        self.adds.append((episode, t, is_last))
    if is_open:
      self.terminal[-1] = False

  def frame(self, episode, t):
    return np.array([1 + episode, 1 + t], np.uint8)

  def action(self, episode, t):
    return 1 + (episode + t) % 5

  def reward(self, episode, t):
    return float((3 * episode + t) % 7) - 2.5

  def load(self, folder, is_listed=True, **settings):
    """Saves the buffer and loads it; returns the store and the report."""
    for file in folder.iterdir():
      file.unlink()
    self.buffer.save(str(folder), 3)
    if not is_listed:
      (folder / 'episode_end_indices_ckpt.3.gz').unlink()
    store = FrameStore(
      observation_shape=(2,),
      gamma=GAMMA,
      seed=0,
      **({'capacity': 400, 'stack_size': self.stack} | settings),
    )
    return store, legacy.load(legacy_files.choose(folder), store)

  def stored(self):
    """Returns the adds that are still there, oldest first."""
    adds = self.adds[-self.capacity :]
    cursor = len(self.adds) % self.capacity
    wrapped = len(self.adds) >= self.capacity
    return adds[1:] if wrapped and cursor == self.capacity - 1 else adds

  def slot(self, episode, t):
    number = [a and a[:2] for a in self.adds].index((episode, t))
    return number % self.capacity

  def elements(self, stack, n_step):
    """Returns (episode, t) of all elements whose frames are known."""
    adds = self.stored()
    first_end = next((i for i, a in enumerate(adds) if a and a[2]), len(adds))
    found = []
    for i, add in enumerate(adds):
      # Behind an end that is stored, the padding is known to be padding.
      if add and (i > first_end or i >= stack - 1):
        episode, t, _ = add
        left = self.lengths[episode] - t - 1
        if self.terminal[episode] or left >= n_step:
          found.append((episode, t))
    return found

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
