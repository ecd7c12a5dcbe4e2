"""Pictures of the compared scores. Each function draws one."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from reincarnating_rl.evaluation import plot_style
from reincarnating_rl.evaluation.aggregate import STATISTICS, Estimate
from reincarnating_rl.evaluation.analysis import Analysis
from reincarnating_rl.evaluation.plot_style import (
  Look,
  Looks,
  Theme,
  draw_band,
  legend,
  plt,
  shorten,
)

_WIDTH = plot_style.WIDTH


def intervals(analysis: Analysis, looks: Looks, theme: Theme) -> Figure:
  """Draws each aggregate of each method with its interval."""
  methods = analysis.ranking[::-1]  # The best on top.
  figure, axes = plt.subplots(
    1,
    len(STATISTICS),
    figsize=(_WIDTH, 1.25 + 0.32 * len(methods)),
    layout='constrained',
    sharey=True,
  )
  for i, (axis, name) in enumerate(zip(axes, STATISTICS, strict=True)):
    for y, method in enumerate(methods):
      _draw_interval(axis, y, _pick(analysis.final[method], i), looks[method])
    if name != 'optimality gap':
      plot_style.draw_scale(axis, theme, vertical=True)
    axis.set_title(name if name == 'IQM' else name.capitalize())
    axis.set_xlabel('lower is better' if 'gap' in name else 'score')
    axis.grid(visible=False, axis='y')
    axis.margins(x=0.08)
  axes[0].set_yticks(range(len(methods)), [shorten(m) for m in methods])
  axes[0].set_ylim(-0.6, len(methods) - 0.4)
  return figure


def profiles(analysis: Analysis, looks: Looks, theme: Theme) -> Figure:
  """Draws the fraction of runs above each score."""
  figure, axis = plt.subplots(figsize=(_WIDTH, 4.0), layout='constrained')
  for method, estimate in analysis.profiles.items():
    style = looks[method].line_style() | {'markevery': 12}
    draw_band(axis, analysis.thresholds, estimate, style)
  plot_style.draw_scale(axis, theme, vertical=True)
  axis.set(
    xlabel='teacher-normalised score τ',
    ylabel='fraction of runs with score > τ',
    ylim=(-0.02, 1.02),
    xlim=(analysis.thresholds[0], analysis.thresholds[-1]),
  )
  figure.legend(
    **legend(analysis.ranking, looks, theme), loc='outside right center'
  )
  return figure


def improvements(analysis: Analysis, looks: Looks, theme: Theme) -> Figure:
  """Draws the probability that the row's method beats the column's."""
  del looks
  methods = analysis.ranking
  n = len(methods)
  table = np.full((n, n), np.nan)
  for i, ours in enumerate(methods):
    for j, theirs in enumerate(methods):
      if i != j:
        table[i, j] = analysis.improvements[ours, theirs].point
  size = max(0.62 * n, 2.0)
  figure, axis = plt.subplots(
    figsize=(size + 1.9, size + 1.3), layout='constrained'
  )
  axis.imshow(table, cmap='PuOr_r', vmin=-0.2, vmax=1.2)
  for i, j in zip(*np.nonzero(~np.isnan(table)), strict=True):
    p = table[i, j]
    axis.text(
      *(j, i, f'{p:.2f}'),
      ha='center',
      va='center',
      fontsize=8.5,
      color='#ffffff' if abs(p - 0.5) > 0.4 else '#1d2430',
    )
  for i in range(n):
    axis.text(i, i, '–', ha='center', va='center', fontsize=8.5)
  names = [shorten(m, 22) for m in methods]
  axis.set_xticks(range(n), names, rotation=40, ha='right')
  axis.set_yticks(range(n), names)
  axis.set(ylabel='this method …', xlabel='… beats this one')
  axis.grid(visible=False)
  axis.spines[:].set_visible(False)
  axis.set_facecolor(theme.background)
  return figure


def _draw_interval(axis: Any, y: float, estimate: Estimate, look: Look) -> None:
  if estimate.low is not None:
    axis.barh(
      y,
      estimate.high - estimate.low,
      left=estimate.low,
      height=0.55,
      color=look.color,
      alpha=0.55,
    )
  axis.plot(
    estimate.point, y, marker='|', markersize=13, mew=2.2, color=look.color
  )


def _pick(estimate: Estimate, i: int) -> Estimate:
  return Estimate(*(None if x is None else x[i] for x in estimate))
