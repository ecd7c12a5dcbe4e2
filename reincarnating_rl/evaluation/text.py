"""Numbers as people read them."""

from typing import Any

from reincarnating_rl.evaluation.aggregate import Estimate
from reincarnating_rl.evaluation.run import Score


def interval(estimate: Estimate, index: int | tuple[()] = ()) -> str:
  """Formats one of an estimate's numbers: 0.98 [0.91, 1.04]."""
  point = f'{estimate.point[index]:.2f}'
  if estimate.low is None:
    return point
  return f'{point} [{estimate.low[index]:.2f}, {estimate.high[index]:.2f}]'


def score(found: Score) -> str:
  """Formats a mean return and its standard error."""
  if found.stderr is None:
    return f'{found.mean:,.1f}'
  return f'{found.mean:,.1f} ± {found.stderr:,.1f}'


def duration(seconds: float) -> str:
  """Formats a wall time: 3.2 h, 12 min, 41 s."""
  if seconds >= 3600:
    return f'{seconds / 3600:,.1f} h'
  return f'{seconds / 60:.0f} min' if seconds >= 60 else f'{seconds:.0f} s'


def count(number: int, what: str) -> str:
  """Formats a number of things: 1 run, 3 runs."""
  return f'{number:,} {what}' + ('' if number == 1 else 's')


def one_line(value: Any, longest: int = 200) -> str:
  """Returns a stranger's text without what could steer a terminal."""
  text = ''.join(c if c.isprintable() else '?' for c in str(value))
  return text if len(text) <= longest else f'{text[: longest - 1]}…'
