"""The pictures of a report, in both themes."""

import io
from collections.abc import Callable
from typing import NamedTuple

from matplotlib.figure import Figure

from reincarnating_rl.evaluation import (
  comparison_plots,
  curve_plots,
  plot_style,
)
from reincarnating_rl.evaluation.analysis import Analysis
from reincarnating_rl.evaluation.plot_style import (
  DARK,
  LIGHT,
  Looks,
  Theme,
  plt,
)
from reincarnating_rl.support.errors import UserError


class Picture(NamedTuple):
  """A picture as PNG files, and what it shows in words."""

  name: str
  title: str
  caption: str
  light: bytes
  dark: bytes

  @property
  def width(self) -> int:
    """Width on the page, in CSS pixels."""
    pixels = int.from_bytes(self.light[16:20], 'big')  # Of the PNG's header.
    return round(pixels * 96 / plot_style.DPI)


class Kind(NamedTuple):
  """A picture that can be drawn: what it is called, shows, and who draws it."""

  name: str
  title: str
  caption: str
  function: Callable[[Analysis, Looks, Theme], Figure]


_BAND = 'Bands and bars are 95% stratified bootstrap intervals.'
_ALL = (
  Kind(
    'iqm_curves',
    'Learning curves, all games',
    'Interquartile mean over all runs of all games. Online curves start at the '
    f'last offline score. {_BAND}',
    curve_plots.iqm_curves,
  ),
  Kind(
    'intervals',
    'Aggregates',
    'IQM, median, mean and optimality gap at the point of comparison. The '
    f'solid line is the teacher (1), the dotted line a random policy (0). '
    f'{_BAND}',
    comparison_plots.intervals,
  ),
  Kind(
    'profiles',
    'Score distributions',
    'Fraction of all runs that score more than τ: higher is better. The height '
    'of a curve at the solid line is the fraction that beats the teacher.',
    comparison_plots.profiles,
  ),
  Kind(
    'improvements',
    'Probability of improvement',
    'Probability that a run of the row’s method beats a run of the column’s '
    'method in the same game, averaged over games.',
    comparison_plots.improvements,
  ),
  Kind(
    'game_curves',
    'Learning curves, game by game',
    f'Mean over the seeds of each game. {_BAND}',
    curve_plots.game_curves,
  ),
)
BY_NAME = {kind.name: kind for kind in _ALL}


def draw(analysis: Analysis) -> tuple[Picture, ...]:
  """Draws the pictures for which there are enough runs, methods and games.

  Args:
    analysis: numbers of the report.

  Returns:
    The pictures, in the order of the page.
  """
  return tuple(
    Picture(
      *kind[:3],
      *(_png(analysis, kind.function, theme) for theme in (LIGHT, DARK)),
    )
    for kind in _ALL
    if _is_possible(kind.name, analysis)
  )


def light(analysis: Analysis, kind: Kind) -> bytes:
  """Draws one picture, as a PNG file in the light theme.

  Raises:
    UserError: there are too few runs, methods or games for it.
  """
  if not _is_possible(kind.name, analysis):
    raise UserError(f'there are too few runs, methods or games for {kind.name}')
  return _png(analysis, kind.function, LIGHT)


def _is_possible(name: str, analysis: Analysis) -> bool:
  if name == 'game_curves':
    return True
  if name == 'improvements':
    return len(analysis.ranking) > 1
  if name == 'iqm_curves':
    return len(analysis.compared.games) > 1
  # A single run has no distribution, and the table shows its score.
  return any(scores.size > 1 for scores in analysis.compared.final.values())


def _png(
  analysis: Analysis,
  function: Callable[[Analysis, Looks, Theme], Figure],
  theme: Theme,
) -> bytes:
  with plot_style.themed(theme):
    looks = plot_style.looks(analysis.runs.methods, theme)
    figure = function(analysis, looks, theme)
    data = io.BytesIO()
    figure.savefig(data, format='png', dpi=plot_style.DPI)
    plt.close(figure)
  return data.getvalue()
