"""Each row of a mixed batch is as its own store returns it."""

import jax
import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.mixed_replay import TEACHER_KEY, MixedReplay
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore
from tests.replay import replay_oracle
from tests.replay.replay_oracle import TERMINAL, TIME_OUT


def fill(kind=FrameStore, *, n_step, gamma, seed, episodes, second=None):
  """Returns a store of short episodes and its oracle."""
  store = kind(
    capacity=500,
    observation_shape=(2, 3),
    actions=Discrete(5),
    stack_size=2,
    n_step=n_step,
    gamma=gamma,
    second_n_step=second,
    seed=seed,
  )
  oracle = replay_oracle.Oracle(store)
  for length, end in episodes:
    oracle.run(length, end, bulk=False)
  return store, oracle


def own_and_teacher(kind=FrameStore, second=None):
  own = fill(
    kind,
    second=second,
    n_step=1,
    gamma=0.9,
    seed=0,
    episodes=[(9, TERMINAL), (12, TIME_OUT), (5, TERMINAL)],
  )
  taught = fill(
    second=second,
    n_step=3,
    gamma=0.5,
    seed=0,
    episodes=[(7, TIME_OUT), (11, TERMINAL), (30, TERMINAL)],
  )
  return own, taught


def mix(own, taught, *, ratio, is_exact=False, batch_size=32, seed=0):
  mixture = MixedReplay(
    own, ratio=ratio, is_exact=is_exact, batch_size=batch_size, seed=seed
  )
  mixture.teacher = taught
  return mixture


def rows(batch, chosen):
  return jax.tree.map(lambda field: field[chosen], batch)


@pytest.mark.parametrize('second', [None, 4])
def test_each_row_has_the_return_and_the_discount_of_its_own_store(second):
  # The official code discounted the teacher's 3-step returns as the student's.
  (own, own_oracle), (taught, taught_oracle) = own_and_teacher(second=second)
  mixture = mix(own, taught, ratio=0.5)
  seen = []
  gather = taught.gather
  taught.gather = lambda keys: (seen.append(keys), gather(keys))[1]
  for _ in range(20):
    seen.clear()
    batch, drawn = mixture.sample(with_sample_metadata=True)
    is_taught = drawn.keys == TEACHER_KEY
    elements = own_oracle.elements()
    replay_oracle.check_batch(
      rows(batch, ~is_taught), [elements[k] for k in drawn.keys[~is_taught]]
    )
    elements = taught_oracle.elements()
    replay_oracle.check_batch(
      rows(batch, is_taught), [elements[k] for k in seen[0]]
    )
    assert set(batch.discount[~is_taught]) <= set(np.float32([0.0, 0.9]))
    assert set(batch.discount[is_taught]) <= set(np.float32([0.0, 0.125]))


@pytest.mark.parametrize('ratio', [0.0, 1 / 16, 0.5, 1.0])
def test_each_row_is_the_teachers_with_probability_rho(ratio):
  (own, _), (taught, _) = own_and_teacher()
  mixture = mix(own, taught, ratio=ratio, batch_size=8)
  draws = 3000
  counts = np.zeros(9)
  for _ in range(draws):
    batch, drawn = mixture.sample(with_sample_metadata=True)
    assert all(len(x) == 8 for x in jax.tree.leaves((batch, drawn)))
    counts[np.count_nonzero(drawn.keys == TEACHER_KEY)] += 1
  mean = counts @ np.arange(9) / draws
  variance = counts @ (np.arange(9) - mean) ** 2 / draws
  # Binomial: a fixed number of rows a batch would have no variance.
  assert mean == pytest.approx(8 * ratio, abs=0.1)
  assert variance == pytest.approx(8 * ratio * (1 - ratio), abs=0.15)


@pytest.mark.parametrize('kind', [FrameStore, PrioritizedFrameStore])
@pytest.mark.parametrize(
  ('ratio', 'expected'), [(0.0, 0), (0.5, 4), (0.3, 2), (0.99, 8), (1.0, 8)]
)
def test_a_share_may_be_that_of_each_batch(kind, ratio, expected):
  (own, _), (taught, _) = own_and_teacher(kind)
  mixture = mix(own, taught, ratio=ratio, is_exact=True, batch_size=8)
  for _ in range(5):
    batch, drawn = mixture.sample(with_sample_metadata=True)
    assert np.count_nonzero(drawn.keys == TEACHER_KEY) == expected
    assert len(batch.reward) == 8


def test_both_stores_have_a_second_horizon_or_neither():
  (own, _), _ = own_and_teacher(second=4)
  _, (taught, _) = own_and_teacher()
  with pytest.raises(ValueError, match='must both have a second_n_step'):
    mix(own, taught, ratio=0.5).sample()


def test_the_teachers_elements_are_drawn_uniformly():
  (own, _), (taught, oracle) = own_and_teacher()
  mixture = mix(own, taught, ratio=1.0)
  drawn = []
  gather = taught.gather
  taught.gather = lambda keys: (drawn.extend(keys), gather(keys))[1]
  for _ in range(400):
    mixture.sample()
  counts = np.array([drawn.count(key) for key in oracle.elements()])
  assert counts.sum() == 32 * 400
  expected = counts.mean()
  assert np.all(np.abs(counts - expected) < 5 * np.sqrt(expected))


def test_without_teachers_data_all_rows_are_the_students():
  (own, _), _ = own_and_teacher()
  (same, _), _ = own_and_teacher()
  mixture = mix(own, None, ratio=0.5)
  np.testing.assert_array_equal(
    mixture.sample(with_sample_metadata=True)[1].keys, same.sample_keys(32)
  )


def test_only_the_students_replay_has_priorities():
  (own, _), (taught, _) = own_and_teacher(PrioritizedFrameStore)
  mixture = mix(own, taught, ratio=0.5)
  own.update(np.array([0, 4, 9]), td_losses=np.array([4.0, 9.0, 100.0]))
  batch, drawn = mixture.sample(with_sample_metadata=True)
  is_taught = drawn.keys == TEACHER_KEY
  np.testing.assert_array_equal(batch.importance_weight[is_taught], 1.0)
  probability = drawn.probabilities[~is_taught]
  np.testing.assert_allclose(
    batch.importance_weight[~is_taught],
    np.sqrt(probability.min() / probability),
    rtol=1e-6,
  )
  mixture.update(drawn.keys, td_losses=np.where(is_taught, 1e6, 0.25))
  priorities = own.arrays()['priorities']
  keys = sorted(set(drawn.keys[~is_taught]))
  at = np.searchsorted(own.element_keys(), keys)
  np.testing.assert_allclose(priorities[at], 0.5, rtol=1e-6)
  assert priorities.max() <= 10.0  # Of the 100 above; none of 1e6.


def test_a_uniform_replay_does_not_read_losses():
  # The device may still be computing them; waiting would cost time.
  (own, _), (taught, _) = own_and_teacher()
  mixture = mix(own, taught, ratio=0.5)
  _, drawn = mixture.sample(with_sample_metadata=True)
  mixture.update(drawn.keys, td_losses=None)


def test_draws_depend_on_seed_and_state():
  def keys(mixture):
    drawn = (mixture.sample(with_sample_metadata=True)[1] for _ in range(5))
    return np.concatenate([d.keys for d in drawn])

  def made(seed):
    (own, _), (taught, _) = own_and_teacher()
    return mix(own, taught, ratio=0.3, seed=seed), own, taught

  mixture, own, taught = made(0)
  first = keys(mixture)
  np.testing.assert_array_equal(first, keys(made(0)[0]))
  assert not np.array_equal(first, keys(made(1)[0]))
  again, again_own, again_taught = made(7)
  again.load_state_dict(mixture.state_dict())
  again_own.load_state_dict(own.state_dict())
  again_taught.load_state_dict(taught.state_dict())
  np.testing.assert_array_equal(keys(mixture), keys(again))
