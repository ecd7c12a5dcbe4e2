import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from hypothesis import strategies as st

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay.prioritized_store import (
  DivergedError,
  PrioritizedFrameStore,
)
from tests.fuzzing import fuzz
from tests.replay.replay_oracle import Oracle, check, check_batch, stores
from tests.replay.replay_oracle import histories as episodes


def make(**settings):
  return PrioritizedFrameStore(
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


def add(store, count, *, terminal=True):
  """Adds episodes of one step each, or an open one."""
  for _ in range(count):
    frame = np.zeros(store.settings.observation_shape, np.uint8)
    store.add(Transition(frame, 0, 0.0, terminal))


def priorities(store):
  return store.arrays()['priorities']


# Updates between episodes: numbers that choose keys, and losses.
updates = st.lists(
  st.tuples(
    st.integers(0, 10**6),
    st.floats(0.0, 1e6, width=32) | st.sampled_from([0.0, 1e-12, 1e30]),
  ),
  max_size=5,
)


class Priorities:
  """Expected priority of each element, by key."""

  def __init__(self, oracle):
    self.oracle = oracle
    self.by_key = {}
    self.largest = 1.0

  def follow(self):
    """Adds new elements and removes evicted ones."""
    self.by_key = {
      key: self.by_key.get(key, self.largest) for key in self.oracle.elements()
    }

  def update(self, choices):
    """Updates any steps so far: new, evicted or without an element."""
    count = len(self.oracle.rewards)
    keys = [number % count for number, _ in choices]
    losses = [loss for _, loss in choices]
    self.oracle.store.update(np.array(keys), td_losses=np.array(losses))
    for key, loss in zip(keys, losses, strict=True):
      if key in self.by_key:
        self.by_key[key] = (loss + 1e-10) ** 0.5
        self.largest = max(self.largest, self.by_key[key])

  def check(self):
    store = self.oracle.store
    expected = [self.by_key[key] for key in sorted(self.by_key)]
    np.testing.assert_allclose(priorities(store), expected, rtol=1e-15)
    assert store.state_dict()['max_priority'] == self.largest
    if not expected:
      return
    # Shares of the total: only elements have a priority.
    batch, drawn = store.sample(9, with_sample_metadata=True)
    shares = [self.by_key[key] / sum(expected) for key in drawn.keys]
    np.testing.assert_allclose(drawn.probabilities, shares, rtol=1e-12)
    elements = self.oracle.elements()
    check_batch(batch, [elements[key] for key in drawn.keys])


@fuzz(
  stores(kind=PrioritizedFrameStore),
  st.lists(st.tuples(episodes, updates), max_size=4),
)
def test_each_element_has_its_priority(make_store, parts):
  oracle = Oracle(make_store())
  expected = Priorities(oracle)
  for history, choices in parts:
    for step in history:
      oracle.run(*step)
      expected.follow()
    if choices and oracle.rewards:
      expected.update(choices)
    expected.check()
    check(oracle, oracle.store)


@pytest.mark.parametrize('capacity', [8, 13, 32, 64])
def test_every_slot_of_the_ring_is_an_element(capacity):
  """Dopamine 4.1.2 adds before it evicts, which breaks at powers of two."""
  store = make(capacity=capacity)
  for step in range(3 * capacity):
    add(store, 1)
    held = range(max(0, step + 1 - capacity), step + 1)
    store.update(np.array([step]), td_losses=np.array([(step % 7 + 1.0) ** 2]))
    expected = [key % 7 + 1 for key in held]
    np.testing.assert_allclose(priorities(store), expected, rtol=1e-10)
    _, drawn = store.sample(20, with_sample_metadata=True)
    assert set(drawn.keys) <= set(held)


@pytest.mark.parametrize('laps', [0, 2])
def test_elements_are_drawn_in_proportion(laps):
  store = make(capacity=40, seed=1)
  add(store, 25 + 40 * laps)
  keys = np.arange(store.oldest_step, store.next_step)
  losses = np.random.default_rng(0).integers(1, 50, len(keys)).astype(float)
  store.update(keys, td_losses=losses**2)
  drawn = [
    store.sample(300, with_sample_metadata=True)[1].keys for _ in range(100)
  ]
  found, counts = np.unique(drawn, return_counts=True)
  assert found.tolist() == keys.tolist()
  expected = 30_000 * losses / losses.sum()
  assert scipy.stats.chisquare(counts, expected).pvalue > 1e-4


def test_sample_keys_is_uniform():
  """Offline updates draw keys and do not change priorities."""
  store = make()
  add(store, 20)
  store.update(np.array([3]), td_losses=np.array([1e12]))
  _, drawn = store.sample(200, with_sample_metadata=True)
  assert np.mean(drawn.keys == 3) > 0.99
  _, counts = np.unique(store.sample_keys((20, 500)), return_counts=True)
  assert len(counts) == 20
  assert scipy.stats.chisquare(counts).pvalue > 1e-4


def test_probabilities_and_weights_by_hand():
  store = make()
  add(store, 3)
  losses = np.array([1.0, 16.0, 9.0])  # Priorities 1, 4 and 3, of 8 together.
  store.update(np.arange(3), td_losses=losses)
  batch, drawn = store.sample(100, with_sample_metadata=True)
  assert set(drawn.keys) == {0, 1, 2}
  np.testing.assert_allclose(
    drawn.probabilities, np.array([0.125, 0.5, 0.375])[drawn.keys], rtol=1e-9
  )
  assert batch.importance_weight.dtype == np.float32
  np.testing.assert_allclose(
    batch.importance_weight,
    np.array([1.0, 0.5, (1 / 3) ** 0.5])[drawn.keys],
    rtol=1e-6,
  )
  # The largest weight of every batch is 1.
  store.update(np.arange(3), td_losses=np.array([0.0, 1e12, 1e12]))
  assert store.sample(50).importance_weight.tolist() == [1.0] * 50


def test_draws_and_weights_match_dopamine():
  """Compares with Dopamine's sampler of the same seed, before evictions."""
  import reincarnating_rl.compat.dopamine_compat  # noqa: F401, I001
  from dopamine.jax.replay_memory import samplers

  theirs = samplers.PrioritizedSamplingDistribution(seed=5, max_capacity=50)
  ours = make(seed=5)
  losses = np.arange(30.0) ** 4
  for key in range(30):
    theirs.add(key, priority=1.0)
  add(ours, 30)
  theirs.update(np.arange(30), priorities=np.sqrt(losses + 1e-10))
  ours.update(np.arange(30), td_losses=losses)
  for _ in range(20):
    expected = theirs.sample(32)
    batch, drawn = ours.sample(32, with_sample_metadata=True)
    np.testing.assert_array_equal(drawn.keys, expected.keys)
    np.testing.assert_allclose(drawn.probabilities, expected.probabilities)
    # JaxFullRainbowAgent's weights.
    weights = 1.0 / np.sqrt(expected.probabilities + 1e-10)
    np.testing.assert_allclose(
      batch.importance_weight, weights / weights.max(), rtol=1e-4
    )


def test_new_elements_get_the_largest_priority_so_far():
  store = make(capacity=6)
  add(store, 2)
  assert priorities(store).tolist() == [1.0, 1.0]
  store.update(np.array([0, 1]), td_losses=np.array([0.25, 9.0]))
  add(store, 1)
  np.testing.assert_allclose(priorities(store), [0.5, 3.0, 3.0])
  store.update(np.arange(3), td_losses=np.zeros(3))
  add(store, 5)  # The elements that had it are gone.
  np.testing.assert_allclose(priorities(store), [1e-5] + [3.0] * 5)
  store.clear()
  add(store, 1)
  assert priorities(store).tolist() == [1.0]


def test_clear_drops_all_priorities():
  store = make()
  add(store, 9)
  state = store.state_dict()
  add(store, 9)
  store.load_state_dict(state)
  _, drawn = store.sample(50, with_sample_metadata=True)
  assert drawn.probabilities.tolist() == [1 / 9] * 50
  store.clear()
  add(store, 1)
  _, drawn = store.sample(50, with_sample_metadata=True)
  assert set(drawn.keys) == {0}
  assert set(drawn.probabilities) == {1.0}


def test_evicted_elements_are_not_updated():
  store = make(capacity=6)
  add(store, 8)
  before = priorities(store)
  keys = np.array([0, 1])  # Their slots are those of steps 6 and 7.
  store.update(keys, td_losses=np.array([100.0, 100.0]))
  np.testing.assert_array_equal(priorities(store), before)
  assert store.state_dict()['max_priority'] == 1.0
  store.update(np.array([1, 7]), td_losses=np.array([100.0, 4.0]))
  np.testing.assert_allclose(priorities(store), [1.0] * 5 + [2.0])


def test_steps_without_an_element_are_not_drawn():
  store = make(n_step=3)
  add(store, 5, terminal=False)
  assert priorities(store).tolist() == [1.0, 1.0]
  store.update(np.arange(5), td_losses=np.full(5, 4.0))
  np.testing.assert_allclose(priorities(store), [2.0, 2.0])
  store.truncate_episode()
  add(store, 1)
  _, drawn = store.sample(60, with_sample_metadata=True)
  assert set(drawn.keys) == {0, 1, 5}


def test_losses_on_a_device():
  store = make()
  add(store, 3)
  store.update(np.arange(3), td_losses=jnp.array([1.0, 4.0, 9.0]))
  expected = np.sqrt(np.array([1.0, 4.0, 9.0]) + 1e-10)
  np.testing.assert_array_equal(priorities(store), expected)


def test_a_loss_that_rounds_below_zero_is_zero():
  store = make()
  add(store, 1)
  store.update(np.arange(1), td_losses=np.array([-1e-8]))
  assert priorities(store).tolist() == [1e-5]


@pytest.mark.parametrize('loss', [np.nan, np.inf, -1e-3])
def test_invalid_losses(loss):
  store = make()
  add(store, 3)
  with pytest.raises(DivergedError, match=f'must be finite.* one is {loss}'):
    store.update(np.arange(3), td_losses=np.array([4.0, 4.0, loss]))
  assert priorities(store).tolist() == [1.0] * 3
  assert store.state_dict()['max_priority'] == 1.0


def test_wrong_updates_and_samples():
  store = make(n_step=2)
  with pytest.raises(ValueError, match='no element to sample'):
    store.sample(1)
  add(store, 3)
  for size in (0, -1):
    with pytest.raises(ValueError, match='at least 1'):
      store.sample(size)
  with pytest.raises(
    ValueError, match=r'keys have shape \(2,\), but td_losses \(3,\)'
  ):
    store.update(np.arange(2), td_losses=np.ones(3))
  for keys in ([-1, 0], [0, 3]):
    with pytest.raises(ValueError, match=r'must lie in \[0, 3\)'):
      store.update(np.array(keys), td_losses=np.full(2, 4.0))
  assert priorities(store).tolist() == [1.0] * 3
