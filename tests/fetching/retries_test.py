import pytest

from reincarnating_rl.fetching.errors import (
  RefusedError,
  UnreachableError,
)
from reincarnating_rl.fetching.retries import (
  Patience,
  persevere,
)


class Flaky:
  """Fails as often as it is told to; brings something at some failures."""

  def __init__(self, failures, fruitful=(), error=UnreachableError):
    self.failures, self.fruitful, self.error = failures, fruitful, error
    self.calls = self.brought = 0

  def __call__(self):
    self.calls += 1
    self.brought += self.calls in self.fruitful
    if self.calls <= self.failures:
      raise self.error(f'failure {self.calls}')
    return 'result'


def pauses_of(action, patience):
  pauses = []
  result = persevere(
    action, patience, progress=lambda: action.brought, sleep=pauses.append
  )
  assert result == 'result'
  return pauses


def test_pauses_double_up_to_the_longest():
  pauses = pauses_of(Flaky(5), Patience(6, 1.0, 5.0))
  for pause, due in zip(pauses, [1, 2, 4, 5, 5], strict=True):
    assert due / 2 <= pause <= due


def test_the_last_failure_is_told_when_patience_ends():
  action = Flaky(3)
  with pytest.raises(UnreachableError, match='failure 3'):
    persevere(action, Patience(3, 0.0))
  assert action.calls == 3


def test_a_failure_that_brought_something_begins_the_count_anew():
  pauses = pauses_of(Flaky(5, fruitful=(3, 5)), Patience(3, 1.0))
  for pause, due in zip(pauses, [1, 2, 1, 2, 1], strict=True):
    assert due / 2 <= pause <= due


def test_what_cannot_change_is_not_tried_again():
  action = Flaky(1, error=RefusedError)
  with pytest.raises(RefusedError):
    persevere(action, Patience(3, 0.0))
  assert action.calls == 1
