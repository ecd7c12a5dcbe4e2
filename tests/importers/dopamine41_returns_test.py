import numpy as np
import pytest

from reincarnating_rl.importers.dopamine41_elements import Table
from reincarnating_rl.importers.dopamine41_episodes import Episode
from reincarnating_rl.importers.dopamine41_returns import rewards


def recovered(returns, n, discounts=(), *, split_at=None, is_single=False):
  returns = np.array(returns)
  nothing = np.zeros(len(returns), np.int64)
  table = Table(nothing, returns, *(4 * [nothing]), is_single=is_single)
  edges = [0, *([split_at] if split_at else []), len(returns)]
  episodes = [
    Episode(first, stop - first, range(0), False, False)
    for first, stop in zip(edges, edges[1:], strict=False)
  ]
  return [paid.tolist() for paid in rewards(table, episodes, n, discounts)]


def test_one_step_returns_are_rewards():
  assert recovered([0.5, 700.0, -3.0], 1, split_at=1) == [[0.5], [700.0, -3.0]]


def test_two_step_returns():
  """Rewards 1, 0, -1, 1 with a discount of 0.6."""
  assert recovered([1.0, -0.6, -0.4], 2, (0.6,)) == [[1, 0, -1, 1]]


def test_the_discount_is_guessed_from_a_lone_reward():
  assert recovered([0.75**2, 0.75, 1.0, 0.0], 3) == [[0, 0, 1, 0, 0, 0]]
  # The given discount may differ from that of the replay.
  assert recovered([0.75**2, 0.75, 1.0], 3, (0.9,)) == [[0, 0, 1, 0, 0]]


def test_returns_in_single_precision():
  returns = [np.float32(0.9**2), np.float32(0.9), 1.0]
  assert recovered(returns, 3, (0.9,), is_single=True) == [[0, 0, 1, 0, 0]]
  with pytest.raises(ValueError, match='not sums'):
    recovered(returns, 3, (0.9,))


@pytest.mark.parametrize(
  ('returns', 'n'),
  [
    ([1.0, 0.45, 0.3], 2),
    ([1.6, 0.0], 2),  # The second step is paid 1, and 0.
    ([2.0, 0.0], 2),
    ([np.nan], 2),
    ([0.0], 11),
  ],
)
def test_returns_that_are_not_sums_of_clipped_rewards(returns, n):
  with pytest.raises(ValueError, match=f'{n}-step returns that are not sums'):
    recovered(returns, n, (0.6,))


def test_ambiguous_sums():
  for gamma in (0.0, 0.5, 1.0):
    with pytest.raises(ValueError, match='not sums'):
      recovered([1.0], 2, (gamma,))
