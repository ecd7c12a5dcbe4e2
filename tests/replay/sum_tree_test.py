import numpy as np
import pytest
from hypothesis import example
from hypothesis import strategies as st

from reincarnating_rl.replay.sum_tree import TOP, WIDTH, SumTree
from tests.fuzzing import fuzz

# Around the top, and the first sizes with one and with two levels below it.
SIZES = (
  *(1, 2, 3, WIDTH - 1, WIDTH, WIDTH + 1, 100, 128, 1000),
  *(TOP - 1, TOP, TOP + 1, TOP + WIDTH - 1, 3 * TOP + 7),
  *(TOP * WIDTH - 1, TOP * WIDTH, TOP * WIDTH + 1, TOP * WIDTH + WIDTH + 1),
)
TINY = float(np.nextafter(0.0, 1.0))
ULP = float(np.finfo(np.float64).eps)
HUGE = 1e300


def places_in(size, at_most):
  """Lists of indices; some come twice."""
  return st.lists(
    st.integers(0, size - 1) | st.sampled_from([0, size // 2, size - 1]),
    min_size=1,
    max_size=at_most,
  )


@st.composite
def histories(draw, values):
  """A size, and values to set, one at a time or many."""
  size = draw(st.sampled_from(SIZES))
  history = []
  for is_one in draw(st.lists(st.booleans(), min_size=1, max_size=6)):
    places = draw(places_in(size, 1 if is_one else 40))
    given_values = [draw(values) for _ in places]
    history.append(
      (places[0], given_values[0]) if is_one else (places, given_values)
    )
  return size, history


def played(size, history, ask=False):
  """A tree and a plain array of the same values."""
  tree, plain = SumTree(size), np.zeros(size)
  for places, values in history:
    if isinstance(places, int):
      tree.set(places, values)
      plain[places] = values
    else:
      tree.set(np.array(places), np.array(values, np.float64))
      for place, value in zip(places, values, strict=True):
        plain[place] = value
    if ask:
      tree.total
  return tree, plain


@fuzz(histories(st.integers(0, 2**30)), st.data())
def test_equals_a_cumulative_sum_if_sums_are_exact(case, data):
  tree, plain = played(*case)
  np.testing.assert_array_equal(tree.get(np.arange(len(plain))), plain)
  sums = np.cumsum(plain)
  total = int(sums[-1])
  assert tree.total == total
  if not total:
    return
  edges = np.clip(np.append(sums, sums - 1), 0, total - 1)
  drawn = data.draw(st.lists(st.integers(0, total - 1), max_size=20))
  targets = np.append(np.unique(edges), drawn)
  expected = np.searchsorted(sums, targets, side='right')
  np.testing.assert_array_equal(tree.query(targets), expected)
  np.testing.assert_array_equal(
    tree.query(targets + 0.5), np.searchsorted(sums, targets + 0.5, 'right')
  )


floats = st.one_of(
  st.floats(0.0, HUGE),
  st.floats(0.0, 1.0),
  st.sampled_from([0.0, TINY, 0.1, 1.0 / 3.0, 1e-300, HUGE]),
)


@fuzz(histories(floats), st.lists(st.floats(0.0, 1.0), min_size=1, max_size=9))
@example((3, [([0, 1, 2], [0.1, 0.2, 0.3])]), [0.5, 1.0])
@example((TOP + 1, [([0, TOP], [HUGE, TINY])]), [1.0])
@example((TOP + 1, [([0, TOP], [TINY, HUGE])]), [0.0])
@example((1, [(0, TINY)]), [1.0])
# Both the sum and the difference below it round ties; the latter to the value.
@example((2 * TOP, [([0, WIDTH + 5], [1.5 * ULP, 1.0 + 2.0 * ULP])]), [1.0])
def test_rounding_never_finds_an_index_of_value_0(case, shares):
  tree, plain = played(*case)
  total = tree.total
  assert np.isclose(total, plain.sum(), rtol=1e-13, atol=0.0)
  if not total:
    return
  sums = np.cumsum(plain)
  targets = np.append(np.minimum(np.array(shares) * total, total), total)
  targets = np.append(targets, np.minimum(sums[-40:], total))
  found = tree.query(targets)
  assert (plain[found] > 0.0).all()
  # Where sums round, a target at an edge may fall to either side of it.
  slack = 1e-12 * total
  assert (targets <= sums[found] + slack).all()
  assert (targets >= sums[found] - plain[found] - slack).all()


def test_ends_of_rows_with_rounded_sums():
  """If rows were summed and searched differently, some ends would be missed."""
  for values in np.random.default_rng(0).random((100, WIDTH - 1)):
    tree = SumTree(2 * TOP)
    tree.set(np.arange(WIDTH + 1, 2 * WIDTH), values)
    assert tree.query(np.array([tree.total])).tolist() == [2 * WIDTH - 1]


@fuzz(histories(floats))
def test_depends_only_on_its_values(case):
  """Neither the order of updates nor earlier queries matter."""
  tree, plain = played(*case, ask=True)
  other = SumTree(len(plain))
  other.set(np.arange(len(plain)), plain)
  assert tree.total == other.total
  if tree.total:
    targets = np.linspace(0.0, tree.total, 200)
    np.testing.assert_array_equal(tree.query(targets), other.query(targets))


def test_does_not_drift():
  """Adding up differences would leave an error of about 1e-10."""
  tree, rng = SumTree(100), np.random.default_rng(0)
  for value in 1e6 * rng.random(2000):
    tree.set(int(rng.integers(100)), float(value))
    tree.total
  tree.set(np.arange(100), 0.0)
  tree.set(7, 1e-9)
  assert tree.total == 1e-9


def test_the_last_value_of_an_index_counts():
  tree = SumTree(5)
  tree.set(np.array([3, 3, 1, 3]), np.array([1.0, 2.0, 7.0, 4.0]))
  assert tree.get(np.arange(5)).tolist() == [0.0, 7.0, 0.0, 4.0, 0.0]
  assert tree.total == 11.0


def test_shares_of_three_values_by_hand():
  tree = SumTree(40)
  tree.set(np.array([2, 5, 39]), np.array([1.0, 2.0, 1.0]))
  targets = np.array([0.0, 0.99, 1.0, 2.99, 3.0, 3.99, 4.0])
  assert tree.query(targets).tolist() == [2, 2, 5, 5, 39, 39, 39]


def test_a_million_values():
  tree, plain = SumTree(1_000_000), np.arange(1_000_000.0)
  tree.set(np.arange(1_000_000), plain)
  targets = np.random.default_rng(0).integers(0, int(plain.sum()), 1000)
  np.testing.assert_array_equal(
    tree.query(targets), np.searchsorted(np.cumsum(plain), targets, 'right')
  )


@pytest.mark.parametrize('value', [-1.0, -TINY, np.nan, np.inf, 1.7e308])
def test_invalid_values(value):
  tree = SumTree(40)
  tree.set(3, 2.0)
  for places, values in (
    (3, value),
    (np.array([1, 3]), np.array([1.0, value])),
  ):
    with pytest.raises(ValueError, match=r'must lie in \[0, .*e\+306\]'):
      tree.set(places, values)
  assert tree.get(np.array([1, 3])).tolist() == [0.0, 2.0]
  assert tree.total == 2.0


def test_no_sum_overflows():
  largest = np.finfo(np.float64).max / 80
  tree = SumTree(40)
  tree.set(np.arange(40), largest)
  assert np.isclose(tree.total / 40, largest)
  assert tree.query(np.array([tree.total])).tolist() == [39]


@pytest.mark.parametrize('index', [-1, 40, 63, 64])
def test_indices_out_of_range(index):
  tree = SumTree(40)
  for places in (index, np.array([0, index])):
    with pytest.raises(IndexError, match='0 to 39'):
      tree.set(places, 1.0)
    with pytest.raises(IndexError, match='0 to 39'):
      tree.get(places)
  assert tree.total == 0.0


def test_targets_out_of_range():
  tree = SumTree(40)
  with pytest.raises(ValueError, match='All values .* are 0'):
    tree.query(np.zeros(1))
  tree.set(0, 1.0)
  for target in (-0.1, 1.1, np.nan):
    with pytest.raises(ValueError, match=r'must lie in \[0, 1.0\]'):
      tree.query(np.array([0.5, target]))


def test_capacity_zero():
  with pytest.raises(ValueError, match='above 0, not 0'):
    SumTree(0)
