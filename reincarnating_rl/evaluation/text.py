"""Numbers and names as text that people read."""

from typing import Any

from reincarnating_rl.evaluation.aggregate import Estimate
from reincarnating_rl.evaluation.run import Score


def interval(estimate: Estimate, index: int | tuple[()] = ()) -> str:
  """Formats one number of an estimate: 0.98 [0.91, 1.04]."""
  point = f'{estimate.point[index]:.2f}'
  if estimate.low is None:
    return point
  return f'{point} [{estimate.low[index]:.2f}, {estimate.high[index]:.2f}]'


def score(measured: Score) -> str:
  """Formats a mean return with its standard error: 12.3 ± 0.4."""
  if measured.stderr is None:
    return f'{measured.mean:,.1f}'
  return f'{measured.mean:,.1f} ± {measured.stderr:,.1f}'


def duration(seconds: float) -> str:
  """Formats a wall time: 3.2 h, 12 min, 41 s."""
  if seconds >= 3600:
    return f'{seconds / 3600:,.1f} h'
  return f'{seconds / 60:.0f} min' if seconds >= 60 else f'{seconds:.0f} s'


def count(number: int, noun: str) -> str:
  """Formats a number of things: 1 run, 3 runs."""
  return f'{number:,} {noun}' + ('' if number == 1 else 's')


def one_line(value: Any, longest: int = 200) -> str:
  """Formats an untrusted value as one line that cannot steer a terminal.

  Args:
    value: anything.
    longest: characters to keep; longer text ends with an ellipsis.

  Returns:
    The text, with a question mark for each unprintable character.
  """
  text = printable(value)
  return text if len(text) <= longest else f'{text[: longest - 1]}…'


def printable(value: Any, *, instead: str = '?', keep: str = '') -> str:
  """Replaces control characters, and those that reverse the text after them.

  Args:
    value: anything.
    instead: replaces each unprintable character.
    keep: unprintable characters that stay.

  Returns:
    The text.
  """
  return ''.join(
    c if c.isprintable() or c in keep else instead for c in str(value)
  )
