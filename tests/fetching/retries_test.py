import pytest

from reincarnating_rl.fetching.errors import RefusedError, UnreachableError
from reincarnating_rl.fetching.retries import RetryPolicy, retry


class Flaky:
  """Fails a number of times; some failures make progress."""

  def __init__(self, failures, fruitful=(), error=UnreachableError):
    self.failures, self.fruitful, self.error = failures, fruitful, error
    self.calls = self.brought = 0

  def __call__(self):
    self.calls += 1
    self.brought += self.calls in self.fruitful
    if self.calls <= self.failures:
      raise self.error(f'failure {self.calls}')
    return 'result'


def pauses_of(action, policy):
  pauses = []
  result = retry(
    action, policy, progress=lambda: action.brought, sleep=pauses.append
  )
  assert result == 'result'
  return pauses


def test_pauses_double_up_to_the_longest():
  pauses = pauses_of(Flaky(5), RetryPolicy(6, 1.0, 5.0))
  for pause, due in zip(pauses, [1, 2, 4, 5, 5], strict=True):
    assert due / 2 <= pause <= due


def test_the_last_failure_is_raised():
  action = Flaky(3)
  with pytest.raises(UnreachableError, match='failure 3'):
    retry(action, RetryPolicy(3, 0.0))
  assert action.calls == 3


def test_progress_resets_the_count_of_failures():
  pauses = pauses_of(Flaky(5, fruitful=(3, 5)), RetryPolicy(3, 1.0))
  for pause, due in zip(pauses, [1, 2, 1, 2, 1], strict=True):
    assert due / 2 <= pause <= due


def test_other_errors_are_not_retried():
  action = Flaky(1, error=RefusedError)
  with pytest.raises(RefusedError):
    retry(action, RetryPolicy(3, 0.0))
  assert action.calls == 1
