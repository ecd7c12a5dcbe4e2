"""Statistics of the episodes in a replay, from its columns without frames."""

from typing import NamedTuple

import numpy as np

from reincarnating_rl.importers.loading import StepColumns


class DataSummary(NamedTuple):
  """Counts and means; only whole episodes count as episodes."""

  steps: int
  episodes: int  # whole ones
  terminals: int  # whole ones that ended in a terminal
  mean_return: float | None  # undiscounted; None without a whole episode
  mean_length: float | None  # steps
  least_reward: float
  largest_reward: float
  largest_action: int | None  # None where actions are vectors
  tells_time_outs: bool  # if not, a cut episode is joined to the next one

  @property
  def may_be_clipped(self) -> bool:
    """Whether all rewards lie in [-1, 1], as Dopamine clips them."""
    return max(-self.least_reward, self.largest_reward) <= 1.0


def summarize(columns: StepColumns) -> DataSummary:
  """Summarises the columns of a replay.

  Args:
    columns: of at least one step.

  Returns:
    The summary.
  """
  starts, stops, is_whole = _episodes(columns)
  lengths, returns = (stops - starts)[is_whole], whole_returns(columns)
  return DataSummary(
    steps=len(columns.reward),
    episodes=len(returns),
    terminals=int(np.count_nonzero(columns.terminal[stops - 1][is_whole])),
    mean_return=float(returns.mean()) if len(returns) else None,
    mean_length=float(lengths.mean()) if len(lengths) else None,
    least_reward=float(columns.reward.min()),
    largest_reward=float(columns.reward.max()),
    largest_action=(
      int(columns.action.max()) if columns.action.ndim == 1 else None
    ),
    tells_time_outs=columns.tells_time_outs,
  )


def whole_returns(columns: StepColumns) -> np.ndarray:
  """Returns the undiscounted returns of the whole episodes, [E] floats.

  Args:
    columns: of at least one step.
  """
  starts, _, is_whole = _episodes(columns)
  return np.add.reduceat(columns.reward.astype(np.float64), starts)[is_whole]


def _episodes(
  columns: StepColumns,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Returns first steps, those after the last ones, and which are whole."""
  starts = np.flatnonzero(np.append(True, columns.episode_step[1:] == 0))
  stops = np.append(starts[1:], len(columns.reward))
  is_whole = columns.episode_step[starts] == 0
  is_whole &= ~np.isin(starts, columns.partial)
  is_whole[-1] &= columns.tells_last or columns.terminal[-1]
  return starts, stops, is_whole
