import numpy as np
import pytest
from rliable import metrics

from reincarnating_rl.evaluation import aggregate

HAND = np.array([[0.0, 1.0], [0.2, 3.0]])


def random_scores(*shape):
  return np.random.default_rng(0).normal(0.5, 0.5, shape)


def test_aggregates_by_hand():
  iqm, median, mean, gap = aggregate.summary(HAND)
  assert iqm == pytest.approx(0.6)  # Of 0, 0.2, 1, 3 the middle two.
  assert median == pytest.approx(1.05)  # Of the games' 0.1 and 2.
  assert mean == pytest.approx(1.05)
  assert gap == pytest.approx(1.0 - (0.0 + 0.2 + 1.0 + 1.0) / 4)
  assert len(aggregate.STATISTICS) == 4


def test_the_median_is_over_games_of_means_over_runs():
  scores = np.array([[0.0, 1.0, 5.0], [1.0, 2.0, 7.0]])
  assert aggregate.summary(scores)[1] == 1.5


def test_iqm_of_a_curve():
  curve = np.stack([HAND, HAND + 1.0, 2.0 * HAND], axis=-1)
  np.testing.assert_allclose(aggregate.iqm(curve), [0.6, 1.6, 1.2])
  scores = random_scores(5, 3, 4)
  expected = [metrics.aggregate_iqm(scores[..., i]) for i in range(4)]
  np.testing.assert_allclose(aggregate.iqm(scores), expected, rtol=1e-12)


def test_the_profile_by_hand():
  thresholds = np.array([-1.0, 0.0, 0.5, 1.0, 3.0])
  found = aggregate.profile(HAND, thresholds)
  # A score at the threshold is not above it.
  np.testing.assert_allclose(found, [1.0, 0.75, 0.5, 0.25, 0.0])


def test_improvement_by_hand():
  ours = np.array([[1.0, 0.0], [3.0, 0.0]])
  theirs = np.array([[2.0, 0.0], [0.0, 0.0], [3.0, 1.0]])
  # Game one: 1 beats 0; 3 beats 2 and 0 and ties: 3.5 of 6. Game two: ties with
  # two, loses to one, each twice: 2 of 6.
  expected = (3.5 / 6 + 2.0 / 6) / 2
  assert aggregate.improvement(ours, theirs) == pytest.approx(expected)
  back = aggregate.improvement(theirs, ours)
  assert back == pytest.approx(1.0 - expected)


def test_improvement_is_rliables():
  ours, theirs = random_scores(5, 3), random_scores(4, 3) + 0.2
  expected = metrics.probability_of_improvement(ours, theirs)
  assert aggregate.improvement(ours, theirs) == pytest.approx(expected)


def test_means_over_runs():
  np.testing.assert_allclose(
    aggregate.mean_over_runs(HAND[..., np.newaxis]), [1.05]
  )


def test_an_interval_by_hand():
  # Drawn from 0 and 1 twice, the mean is 0, 1/2 and 1; a quarter of the draws
  # is at each end, and 2.5% of them reach that far.
  found = aggregate.estimate(
    aggregate.mean_over_runs, np.array([[[0.0]], [[1.0]]]), seed=0, reps=200
  )
  assert (found.point, found.low, found.high) == (0.5, 0.0, 1.0)
  assert found.low.shape == found.point.shape == (1,)


def test_runs_are_drawn_within_their_game():
  # Drawn across games the mean would vary.
  scores = np.array([[0.0, 10.0], [0.0, 10.0], [0.0, 10.0]])
  found = aggregate.estimate(aggregate.summary, scores, seed=0, reps=50)
  np.testing.assert_array_equal(found.low, found.point)
  np.testing.assert_array_equal(found.high, found.point)


def test_the_interval_of_an_improvement():
  ours, theirs = random_scores(5, 2), random_scores(3, 2)
  found = aggregate.estimate(
    aggregate.improvement, ours, theirs, seed=0, reps=100
  )
  assert np.shape(found.low) == ()
  assert found.low <= found.point <= found.high
  assert found.low < found.high


def test_one_run_has_no_interval():
  found = aggregate.estimate(aggregate.summary, HAND[:1], seed=0, reps=10)
  assert (found.low, found.high) == (None, None)
  np.testing.assert_array_equal(found.point, aggregate.summary(HAND[:1]))


def test_one_run_of_theirs_leaves_no_interval_of_ours():
  found = aggregate.estimate(
    *(aggregate.improvement, random_scores(5, 2), random_scores(1, 2)),
    seed=0,
    reps=10,
  )
  assert (found.low, found.high) == (None, None)


def test_the_seed_decides_the_interval():
  scores = random_scores(4, 3)

  def ends(seed):
    found = aggregate.estimate(aggregate.summary, scores, seed=seed, reps=50)
    return np.stack([found.low, found.high]).tobytes()

  assert ends(1) == ends(1)
  assert ends(1) != ends(2)
