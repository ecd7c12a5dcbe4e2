"""The patch is needed, and the caller's random state is the caller's."""

import numpy as np
import pytest

from reincarnating_rl.evaluation import _rliable
from tests import scripts

WITHOUT_THE_PATCH = 'import rliable.library'


def test_a_patch_that_is_no_longer_needed_should_go():
  done = scripts.run(WITHOUT_THE_PATCH)
  assert done.returncode != 0
  assert 'deprecate_kwarg() missing 1 required positional' in done.stderr


def test_pandas_has_its_decorator_back():
  from pandas.util import _decorators

  decorate = _decorators.deprecate_kwarg(FutureWarning, 'old', 'new')

  @decorate
  def function(new):
    return new

  with pytest.warns(FutureWarning, match='old'):
    assert function(old=3) == 3


def test_the_callers_random_state_is_untouched():
  np.random.seed(7)
  expected = np.random.random(3)
  np.random.seed(7)
  scores = np.arange(6.0).reshape(3, 2)
  _rliable.intervals(
    scores, lambda s: s.mean(keepdims=True)[0], seed=1, reps=20
  )
  np.testing.assert_array_equal(np.random.random(3), expected)


def test_the_callers_random_state_does_not_matter():
  scores = np.arange(6.0).reshape(3, 2)
  found = []
  for state in (1, 2):
    np.random.seed(state)
    ends = _rliable.intervals(scores, lambda s: s[0], seed=5, reps=20)
    found.append(ends.tobytes())
  assert found[0] == found[1]


def test_the_state_comes_back_after_an_error():
  np.random.seed(7)
  before = np.random.get_state()[1].tobytes()
  with pytest.raises(ZeroDivisionError), _rliable.pinned_numpy_state(3):
    np.random.random()
    raise ZeroDivisionError
  assert np.random.get_state()[1].tobytes() == before
