"""A replay as a plain list of episodes, and random ways to fill a store."""

import numpy as np
from hypothesis import strategies as st

from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay.frame_store import FrameStore

TERMINAL, TIME_OUT, CUT, OPEN = 'terminal', 'time-out', 'cut', 'open'


class Oracle:
  """Every element computed step by step, with no ring and no vectors."""

  def __init__(self, store):
    self.store = store
    self.settings = store.settings
    self.episodes = [[]]  # Of step numbers.
    self.terminal = []  # Of the episodes that are over.
    self.rewards = []
    self.actions = []

  def frame(self, episode, step):
    """Says in its pixels which episode and step it is from; never zero."""
    shape = self.settings.observation_shape
    value = 1 + (17 * episode + step) % 250
    return np.full(shape, value, self.settings.observation_dtype)

  def run(self, length, end, bulk):
    """Adds steps to the open episode and to the store."""
    if bulk and end in (TERMINAL, TIME_OUT):
      if self.episodes[-1]:
        self.store.truncate_episode()
        self._end(False)
      return self._run_bulk(length, end == TERMINAL)
    for i in range(length):
      last = i == length - 1
      observation, action, reward = self._step()
      self.store.add(
        Transition(
          observation,
          action,
          reward,
          last and end == TERMINAL,
          last and end in (TERMINAL, TIME_OUT),
        )
      )
    if end == CUT:
      self.store.truncate_episode()
    if end != OPEN:
      self._end(end == TERMINAL)
    return None

  def _run_bulk(self, length, terminal):
    steps = [self._step() for _ in range(length)]
    observations, actions, rewards = map(np.array, zip(*steps, strict=True))
    self.store.add_episode(observations, actions, rewards, terminal=terminal)
    self._end(terminal)

  def _step(self):
    number = len(self.rewards)
    episode = self.episodes[-1]
    observation = self.frame(len(self.episodes), len(episode))
    episode.append(number)
    self.rewards.append(float(number % 7) - 2.5)
    self.actions.append(self._action(number))
    return observation, self.actions[-1], self.rewards[-1]

  def _action(self, number):
    if isinstance(self.settings.actions, Discrete):
      return number % 5
    return np.float32([number % 5, -(number % 3)]) / np.float32(4.0)

  def _end(self, terminal):
    self.terminal.append(terminal)
    self.episodes.append([])

  def all_elements(self):
    """Every element that a replay without end would hold, by key."""
    found = {}
    for index, numbers in enumerate(self.episodes):
      over = index < len(self.terminal) and self.terminal[index]
      for t in range(len(numbers)):
        element = self._element(index, numbers, t, over)
        if element:
          found[numbers[t]] = element
    return found

  def elements(self):
    """The elements whose frames are all among the last `capacity`."""
    oldest = len(self.rewards) - self.settings.capacity
    return {
      key: element
      for key, element in self.all_elements().items()
      if element['first'] >= oldest
    }

  def _element(self, index, numbers, t, over):
    n, count = self.settings.n_step, len(numbers)
    if not over and t + n > count - 1:
      return None
    return {
      'first': numbers[max(0, t - self.settings.stack_size + 1)],
      'state': self._stack(index, t),
      'action': self.actions[numbers[t]],
      'is_terminal': t + n >= count,
      **self._lookahead(index, numbers, t, n),
      'second': self._second(index, numbers, t, over),
    }

  def _second(self, index, numbers, t, over):
    n = self.settings.second_n_step
    if n is None:
      return None
    if not over:
      n = min(n, len(numbers) - 1 - t)  # Up to the last step that is stored.
    return self._lookahead(index, numbers, t, n)

  def _lookahead(self, index, numbers, t, n):
    count = len(numbers)
    total = 0.0
    for k in range(min(n, count - t)):
      total += self.settings.gamma**k * self.rewards[numbers[t + k]]
    is_terminal = t + n >= count
    return {
      'reward': total,
      'discount': 0.0 if is_terminal else self.settings.gamma**n,
      'next_state': None if is_terminal else self._stack(index, t + n),
    }

  def monte_carlo_returns(self):
    """The return from each step, by number; -inf where a cut hides too much."""
    found = {}
    for index, numbers in enumerate(self.episodes):
      over = index < len(self.terminal) and self.terminal[index]
      for t, number in enumerate(numbers):
        rest = [self.rewards[at] for at in numbers[t:]]
        hidden = 0.0 if over else self.settings.gamma ** len(rest)
        total = sum(self.settings.gamma**k * r for k, r in enumerate(rest))
        found[number] = total if hidden <= 0.01 else -np.inf
    return found

  def _stack(self, index, t):
    frames = []
    for at in range(t - self.settings.stack_size + 1, t + 1):
      frame = self.frame(index + 1, at)
      frames.append(frame if at >= 0 else np.zeros_like(frame))
    return np.stack(frames, -1)


def check(oracle, store):
  """Asserts that a store holds exactly the oracle's elements."""
  expected = oracle.elements()
  assert len(store) == len(expected)
  assert store.add_count == len(oracle.all_elements())
  if not expected:
    return
  keys = np.array(sorted(expected))
  drawn = store.sample_keys(64)
  assert set(drawn) <= set(keys)
  batch = store.gather(keys)
  check_batch(batch, [expected[key] for key in keys])


def check_batch(batch, elements):
  for name in ('state', 'action', 'is_terminal'):
    expected = np.array([element[name] for element in elements])
    np.testing.assert_array_equal(getattr(batch, name), expected)
  check_lookahead(batch, elements)
  assert batch.state.flags.c_contiguous
  seconds = [element['second'] for element in elements]
  if None in seconds:
    assert batch.second is None
  else:
    check_lookahead(batch.second, seconds)


def check_lookahead(found, elements):
  """Compares a `Batch`, or its `Lookahead`, with the oracle's returns."""
  for name in ('reward', 'discount'):
    expected = [element[name] for element in elements]
    np.testing.assert_allclose(
      getattr(found, name), expected, rtol=1e-5, atol=1e-6
    )
    assert getattr(found, name).dtype == np.float32
  for i, element in enumerate(elements):
    if element['next_state'] is not None:
      np.testing.assert_array_equal(found.next_state[i], element['next_state'])
  assert found.next_state.flags.c_contiguous


@st.composite
def stores(draw, policy_size=0, kind=FrameStore):
  """Small stores, with room for less than most histories."""
  stack_size = draw(st.integers(1, 5))
  n_step = draw(st.integers(1, 4))
  shape, dtype = draw(
    st.sampled_from([((2, 3), np.uint8), ((2,), np.float32), ((), np.int16)])
  )
  settings = {
    'capacity': stack_size + n_step + draw(st.integers(1, 20)),
    'observation_shape': shape,
    'observation_dtype': dtype,
    'stack_size': stack_size,
    'n_step': n_step,
    'gamma': draw(st.sampled_from([0.0, 0.9, 0.99, 1.0])),
    'actions': draw(
      st.sampled_from([Discrete(5), Continuous((-1.0, 0.0), (1.0, 3.0))])
    ),
    'policy_size': policy_size,
    'second_n_step': draw(st.sampled_from([None, 1, 3, 8])),
    'seed': draw(st.integers(0, 5)),
  }
  return lambda: kind(**settings)


histories = st.lists(
  st.tuples(
    st.integers(1, 9),
    st.sampled_from([TERMINAL, TIME_OUT, CUT, OPEN]),
    st.booleans(),
  ),
  max_size=12,
)
