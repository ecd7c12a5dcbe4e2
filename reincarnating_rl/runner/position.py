"""How far an experiment is: saved with every checkpoint."""

from collections.abc import Mapping
from typing import NamedTuple


class Position(NamedTuple):
  """Progress within one iteration.

  `steps` are in the iteration's own unit; `finished` says that it was
  evaluated and recorded too.
  """

  number: int = 0
  steps: int = 0
  episodes: int = 0
  sum_returns: float = 0.0
  seconds: float = 0.0
  finished: bool = False
  sums: dict[str, float] = {}  # of metrics, weighted by steps

  def after(
    self,
    steps: int,
    *,
    seconds: float = 0.0,
    episodes: int = 0,
    sum_returns: float = 0.0,
    metrics: Mapping[str, float] | None = None,
  ) -> 'Position':
    """Returns the position some work later.

    Args:
      steps: done.
      seconds: that they took.
      episodes: finished.
      sum_returns: of these episodes.
      metrics: means over these steps.
    """
    sums = {
      name: self.sums.get(name, 0.0) + steps * value
      for name, value in (metrics or {}).items()
    }
    return self._replace(
      sums=self.sums | sums,
      steps=self.steps + steps,
      episodes=self.episodes + episodes,
      sum_returns=self.sum_returns + sum_returns,
      seconds=self.seconds + seconds,
    )

  @property
  def next_number(self) -> int:
    """The iteration to run next: this one, where it is not finished."""
    return self.number + self.finished

  @property
  def means(self) -> dict[str, float]:
    """Mean of each metric over the steps so far."""
    return {
      name: value / max(self.steps, 1) for name, value in self.sums.items()
    }
