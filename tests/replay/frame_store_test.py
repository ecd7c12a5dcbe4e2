import subprocess
import sys

import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay.frame_store import FrameStore
from tests.fuzzing import fuzz
from tests.replay.replay_oracle import (
  CUT,
  OPEN,
  TERMINAL,
  TIME_OUT,
  Oracle,
  check,
  histories,
  stores,
)


def make(**settings):
  return FrameStore(
    **(
      {
        'capacity': 50,
        'observation_shape': (2,),
        'actions': Discrete(2),
        'seed': 0,
      }
      | settings
    )
  )


def add_episode(store, length, *, terminal=True, first_value=1):
  for i in range(length):
    last = i == length - 1
    frame = np.full(store.settings.observation_shape, first_value + i, np.uint8)
    store.add(Transition(frame, i, float(i + 1), last and terminal, last))


@fuzz(stores(), histories)
def test_elements_match_a_plain_list(make_store, history):
  store = make_store()
  oracle = Oracle(store)
  for length, end, bulk in history:
    oracle.run(length, end, bulk)
    check(oracle, store)


@fuzz(stores(policy_size=2), histories)
def test_whole_episodes_equal_single_steps(make_store, history):
  one_by_one, at_once = make_store(), make_store()
  for store, is_bulk in ((one_by_one, False), (at_once, True)):
    oracle = Oracle(store)
    for length, end, _ in history:
      oracle.run(length, TIME_OUT if end in (CUT, OPEN) else end, is_bulk)
  assert one_by_one.state_dict() == at_once.state_dict()
  for name, column in one_by_one.columns.items():
    np.testing.assert_array_equal(column, at_once.columns[name], name)
  if len(one_by_one):
    np.testing.assert_array_equal(
      one_by_one.sample_keys(50), at_once.sample_keys(50)
    )


def test_an_episode_longer_than_the_ring():
  store = make(capacity=10, stack_size=2)
  oracle = Oracle(store)
  oracle.run(25, TERMINAL, True)
  check(oracle, store)
  assert (len(store), store.add_count) == (9, 25)


def test_eight_steps_are_eight_elements():
  """Dopamine 4.1.2's accumulator makes ten of them, four of them terminal."""
  store = make()
  add_episode(store, 8)
  assert len(store) == 8
  batch = store.gather(np.arange(8))
  assert batch.is_terminal.tolist() == [False] * 7 + [True]
  assert batch.state[7, 0].tolist() == [5, 6, 7, 8]
  assert batch.next_state[6, 0].tolist() == [5, 6, 7, 8]


def test_the_final_reward_is_kept():
  """Dopamine 4.1.2's accumulator never stores the last reward for n = 1."""
  store = make()
  add_episode(store, 8)
  assert store.gather(np.array([7])).reward.tolist() == [8.0]


def test_episodes_of_one_step_count():
  """Dopamine 4.1.2's accumulator drops them."""
  store = make(n_step=3)
  add_episode(store, 1)
  batch = store.gather(store.sample_keys(1))
  assert (len(store), store.add_count) == (1, 1)
  assert batch.reward.tolist() == [1.0]
  assert batch.is_terminal.tolist() == [True]
  assert batch.state[0, 0].tolist() == [0, 0, 0, 1]


def test_a_time_out_is_not_a_terminal():
  """The state after the last step is unknown, so no element needs it."""
  store = make(n_step=2)
  add_episode(store, 5, terminal=False)
  batch = store.gather(np.arange(3))
  assert len(store) == 3
  assert not batch.is_terminal.any()
  np.testing.assert_allclose(batch.discount, 0.99**2)
  assert batch.next_state[2, 0].tolist() == [2, 3, 4, 5]


def test_a_cut_keeps_the_next_episode_apart():
  store = make(n_step=1)
  store.add(Transition(np.full(2, 1, np.uint8), 0, 0.0, False))
  store.truncate_episode()
  store.truncate_episode()
  add_episode(store, 2, first_value=8)
  assert len(store) == 2
  assert store.states(np.array([1]))[0, 0].tolist() == [0, 0, 0, 8]


@pytest.mark.parametrize('n_step', [1, 3])
@pytest.mark.parametrize('capacity', [60, 4000])
def test_equals_dopamine_legacy_buffer(n_step, capacity):
  """Compares all elements that the buffer of the published results samples."""
  import reincarnating_rl.compat.dopamine_compat  # noqa: F401, I001
  from dopamine.tf.replay_memory import circular_replay_buffer

  legacy = circular_replay_buffer.OutOfGraphReplayBuffer(
    (2,), 4, capacity, 1, update_horizon=n_step, gamma=0.9
  )
  store = make(capacity=capacity, n_step=n_step, gamma=0.9)
  rng = np.random.default_rng(0)
  for number in range(1, 250):
    frame = np.array([number, number // 256 + 1], np.uint8)
    action, reward = int(rng.integers(4)), float(rng.normal())
    terminal, cut = rng.random() < 0.08, rng.random() < 0.05
    legacy.add(frame, action, reward, terminal, episode_end=terminal or cut)
    store.add(Transition(frame, action, reward, terminal, terminal or cut))
  compared = 0
  for index in filter(legacy.is_valid_transition, range(capacity)):
    state, action, reward, next_state, _, _, terminal, _ = (
      legacy.sample_transition_batch(1, [index])
    )
    if not state[0, 1, -1]:
      continue  # A padding step, which is in no episode.
    key = int(state[0, 0, -1]) + 256 * (int(state[0, 1, -1]) - 1) - 1
    batch = store.gather(np.array([key]))
    np.testing.assert_array_equal(batch.state, state)
    np.testing.assert_array_equal(batch.action, action)
    np.testing.assert_allclose(batch.reward, reward, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(batch.is_terminal, terminal)
    if not terminal[0]:
      np.testing.assert_array_equal(batch.next_state, next_state)
    compared += 1
  # Ours has the same elements, and those that legacy skips at its cursor.
  assert compared > 20
  assert capacity == 60 or compared >= len(store) - n_step


def test_takes_dopamine_transitions():
  """Their field is `is_terminal`, and agents pass a priority."""
  import reincarnating_rl.compat.dopamine_compat  # noqa: F401, I001
  from dopamine.jax.replay_memory import elements

  store = make()
  frame = np.ones(2, np.uint8)
  store.add(elements.TransitionElement(frame, 1, 2.0, True), priority=1.0)
  assert store.gather(np.array([0])).is_terminal.tolist() == [True]


def test_sampling_is_uniform():
  store = make(capacity=40, n_step=2)
  oracle = Oracle(store)
  for length, end in ((9, TERMINAL), (1, TERMINAL), (13, TIME_OUT), (30, OPEN)):
    oracle.run(length, end, False)
  keys = sorted(oracle.elements())
  counts = np.unique(store.sample_keys((100, 300)), return_counts=True)
  assert counts[0].tolist() == keys
  expected = 30_000 / len(keys)
  chi_square = np.sum((counts[1] - expected) ** 2 / expected)
  # Mean d, variance 2d: five standard deviations.
  freedom = len(keys) - 1
  assert abs(chi_square - freedom) < 5 * np.sqrt(2 * freedom)


def test_sample_is_reproducible_and_returns_its_keys():
  first, second = make(seed=3), make(seed=3)
  for store in (first, second):
    add_episode(store, 20)
  batch, metadata = first.sample(5, with_sample_metadata=True)
  np.testing.assert_array_equal(metadata.keys, second.sample_keys(5))
  np.testing.assert_array_equal(batch.state, second.gather(metadata.keys).state)
  assert first.sample().state.shape == (32, 2, 4)
  assert first.sample_keys((3, 7)).shape == (3, 7)


def test_a_uniform_sample_has_equal_weights_and_ignores_losses():
  store = make()
  add_episode(store, 20)
  batch, metadata = store.sample(5, with_sample_metadata=True)
  assert batch.importance_weight.dtype == np.float32
  assert batch.importance_weight.tolist() == [1.0] * 5
  assert metadata.probabilities.tolist() == [0.05] * 5
  before = store.state_dict()
  # Not read: an accelerator may still be computing them.
  store.update(metadata.keys, td_losses=object())
  assert store.state_dict() == before
  assert store.arrays() == {}


def test_sampling_errors():
  store = make(n_step=2)
  with pytest.raises(ValueError, match='no element to sample'):
    store.sample(1)
  add_episode(store, 2, terminal=False)
  with pytest.raises(ValueError, match='none of its 2 steps is followed by 2'):
    store.sample(1)
  add_episode(store, 2)
  for size in (0, -1, (2, 0)):
    with pytest.raises(ValueError, match='at least 1'):
      store.sample_keys(size)
  for keys in ([-1], [4]):
    with pytest.raises(ValueError, match='holds steps 0 to 3'):
      store.gather(np.array(keys))


def test_stale_keys_are_refused():
  store = make(capacity=10)
  add_episode(store, 25)
  with pytest.raises(ValueError, match='holds steps 15 to 24, not 14 to 14'):
    store.gather(np.array([14]))


def test_wrong_observations():
  store = make()
  with pytest.raises(ValueError, match=r'\(2,\) of uint8, not \(3,\)'):
    store.add(Transition(np.zeros(3, np.uint8), 0, 0.0, False))
  with pytest.raises(ValueError, match='of float64'):
    store.add(Transition(np.zeros(2), 0, 0.0, False))
  assert store.next_step == 0


@pytest.mark.parametrize(
  ('change', 'words'),
  [
    ({'observations': np.zeros((4, 2), np.uint8)}, r'observations \(3, 2\)'),
    ({'rewards': np.zeros(2)}, r'reward must be \(3,\)'),
    ({'actions': np.zeros(3)}, 'integers'),
    ({'teacher_policy': np.zeros((3, 4))}, r'teacher_policy must be \(3, 2\)'),
  ],
)
def test_wrong_episodes(change, words):
  right = {
    'observations': np.zeros((3, 2), np.uint8),
    'actions': np.zeros(3, int),
    'rewards': np.zeros(3),
  }
  with pytest.raises(ValueError, match=words):
    make(policy_size=2).add_episode(**(right | change), terminal=True)


def test_whole_episodes_need_a_closed_episode():
  store = make()
  frame = np.ones((1, 2), np.uint8)
  store.add(Transition(frame[0], 0, 0.0, False))
  with pytest.raises(ValueError, match='truncate_episode'):
    store.add_episode(frame, np.zeros(1, int), np.zeros(1), terminal=True)


def test_clear():
  store = make(policy_size=2)
  add_episode(store, 9)
  store.label(np.arange(3), np.ones((3, 2)))
  store.clear()
  assert (len(store), store.add_count, store.next_step) == (0, 0, 0)
  add_episode(store, 2)
  assert store.unlabelled().tolist() == [0, 1]
  assert store.gather(np.array([0])).teacher_policy.tolist() == [[0.0, 0.0]]


def test_labels_follow_their_states():
  store = make(policy_size=2, capacity=10)
  for _ in range(4):
    add_episode(store, 3)
    keys = store.unlabelled()
    codes = store.states(keys)[:, 0, -1]
    store.label(keys, np.stack([codes, 10 * codes], -1))
  assert store.unlabelled().tolist() == []
  batch = store.sample(50)
  np.testing.assert_array_equal(
    batch.teacher_policy[:, 1], 10.0 * batch.state[:, 0, -1]
  )


def test_labels_come_with_whole_episodes():
  store = make(policy_size=2)
  rows = np.ones((3, 2), np.uint8), np.zeros(3, int), np.zeros(3)
  logits = np.arange(6.0).reshape(3, 2)
  store.add_episode(*rows, terminal=True, teacher_policy=logits)
  assert store.unlabelled().tolist() == []
  np.testing.assert_array_equal(
    store.gather(np.arange(3)).teacher_policy, logits
  )
  store.add_episode(*rows, terminal=True)
  with pytest.raises(ValueError, match='label them first'):
    store.add_episode(*rows, terminal=True, teacher_policy=logits)


def test_states_with_overwritten_frames_need_no_label():
  store = make(policy_size=1, capacity=10)
  add_episode(store, 25)
  assert store.unlabelled().tolist() == list(range(18, 25))
  store.label(np.arange(18, 20), np.ones((2, 1)))
  assert store.unlabelled().tolist() == list(range(20, 25))


def test_labels_come_in_order():
  store = make(policy_size=2)
  add_episode(store, 9)
  with pytest.raises(ValueError, match='in order'):
    store.label(np.array([1]), np.zeros((1, 2)))
  with pytest.raises(ValueError, match=r'must be \(1, 2\)'):
    store.label(np.array([0]), np.zeros((1, 3)))
  store.label(np.array([], int), np.zeros((0, 2)))
  assert store.unlabelled().tolist() == list(range(9))


def test_a_label_is_overwritten_with_its_step():
  store = make(policy_size=1, capacity=10)
  add_episode(store, 10)
  store.label(np.arange(10), np.ones((10, 1)))
  add_episode(store, 5)
  assert not store.gather(np.arange(10, 15)).teacher_policy.any()


def test_a_store_without_a_teacher():
  store = make()
  add_episode(store, 3)
  assert store.unlabelled().tolist() == []
  assert store.sample(2).teacher_policy.shape == (2, 0)


def test_memory_is_taken_as_frames_arrive():
  """The official code takes 7 GB for each replay before the first step."""
  code = """
import resource
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.frame_store import FrameStore
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
store = FrameStore(
  capacity=1_000_000,
  observation_shape=(84, 84),
  actions=Discrete(6),
  seed=0,
)
assert store.columns['observation'].nbytes == 7_056_000_000
assert peak() < 1.5 * before, (before, peak())
"""
  subprocess.run([sys.executable, '-c', code], check=True)
