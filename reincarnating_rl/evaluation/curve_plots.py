"""Pictures of learning curves. Each function draws one."""

from typing import Any

from matplotlib.figure import Figure

from reincarnating_rl.evaluation import plot_style
from reincarnating_rl.evaluation.analysis import Analysis, Drawn
from reincarnating_rl.evaluation.plot_style import (
  Looks,
  Theme,
  draw_band,
  legend,
  plt,
  shorten,
)
from reincarnating_rl.evaluation.run import OFFLINE, ONLINE

_WIDTH = plot_style.WIDTH
_MOST_PER_ROW = 3  # Games.


def iqm_curves(analysis: Analysis, looks: Looks, theme: Theme) -> Figure:
  """Draws the IQM over runs and games, offline and online."""
  figure = plt.figure(figsize=(_WIDTH, 4.4), layout='constrained')
  drawn = {
    phase: {m: d for (m, p), d in analysis.curves.items() if p == phase}
    for phase in (OFFLINE, ONLINE)
  }
  axes = _phase_axes(figure, [bool(drawn[OFFLINE]), bool(drawn[ONLINE])])
  _draw_phases(axes, drawn, looks, theme, scaled=True)
  axes[0].set_ylabel('IQM of teacher-normalised score')
  figure.legend(
    **legend(analysis.ranking, looks, theme), loc='outside right center'
  )
  return figure


def game_curves(analysis: Analysis, looks: Looks, theme: Theme) -> Figure:
  """Draws the mean over runs, with one panel per game."""
  games = analysis.runs.games
  rows = -(-len(games) // _MOST_PER_ROW)
  columns = -(-len(games) // rows)  # Four games are two rows of two.
  width = _WIDTH if columns > 1 else 0.65 * _WIDTH
  legend_rows = -(-(len(analysis.runs.methods) + 2) // (2 * columns))
  figure = plt.figure(
    figsize=(width, 2.9 * rows + 0.4 + 0.22 * legend_rows),
    layout='constrained',
  )
  grid = figure.subfigures(rows, columns, squeeze=False).ravel()
  for panel, game in zip(grid, games, strict=False):
    drawn = {
      phase: {
        m: d
        for (m, g, p), d in analysis.game_curves.items()
        if (g, p) == (game, phase)
      }
      for phase in (OFFLINE, ONLINE)
    }
    axes = _phase_axes(panel, [bool(drawn[OFFLINE]), bool(drawn[ONLINE])])
    scaled = game in analysis.runs.scales
    _draw_phases(axes, drawn, looks, theme, scaled=scaled)
    panel.suptitle(shorten(game), fontsize=11, fontweight='bold')
    if panel is grid[0] or not scaled:
      axes[0].set_ylabel('normalised score' if scaled else 'mean return')
  figure.legend(
    **legend(analysis.methods, looks, theme, scaled=bool(analysis.runs.scales)),
    loc='outside lower center',
    ncols=2 * columns,
  )
  return figure


def _phase_axes(figure: Any, shown: list[bool]) -> list[Any]:
  """Makes an axis for each phase that is shown; they share the scores."""
  ratios = [w for w, show in zip((1.0, 2.4), shown, strict=True) if show]
  axes = figure.subplots(
    1, len(ratios), sharey=True, squeeze=False, width_ratios=ratios
  )[0]
  if not shown[0]:
    return [axes[0]]
  axes[0].set_xlabel('offline updates')
  return list(axes)


def _draw_phases(
  axes: list[Any],
  drawn: dict[str, dict[str, Drawn]],
  looks: Looks,
  theme: Theme,
  *,
  scaled: bool,
) -> None:
  remaining = iter(axes)
  for phase, field in ((OFFLINE, 'updates'), (ONLINE, 'steps')):
    if not drawn[phase]:
      continue
    axis = next(remaining)
    for method, (curve, estimate) in drawn[phase].items():
      draw_band(
        axis, getattr(curve, field), estimate, looks[method].line_style()
      )
    if scaled:
      plot_style.draw_scale(axis, theme)
    axis.set_xlabel('offline updates' if phase == OFFLINE else 'online steps')
    axis.set_xlim(left=0)
    ticks = 2 if phase == OFFLINE else 4
    axis.xaxis.set_major_locator(plt.MaxNLocator(ticks))
    axis.xaxis.set_major_formatter(plot_style.thousands)
