"""The look of pictures: two themes, and a colour and marker for each method."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import matplotlib
import numpy as np

matplotlib.use('Agg')
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

from reincarnating_rl.evaluation import text
from reincarnating_rl.evaluation.aggregate import Estimate

DPI = 144
WIDTH = 10.4  # Inches of a whole picture.


class Theme(NamedTuple):
  """Colours of everything but the methods."""

  name: str
  background: str
  text: str
  faint: str  # Axes and grids.
  teacher: str


LIGHT = Theme('light', '#ffffff', '#1d2430', '#c4cad3', '#1d2430')
DARK = Theme('dark', '#161b22', '#e4e8ee', '#4a5361', '#e4e8ee')

# (On white, on black). Readers with common colour blindnesses can tell these
# apart (after Okabe and Ito, and Tol). In grey, markers and dashes help.
_COLORS = (
  ('#0072b2', '#4aa8e8'),
  ('#d55e00', '#ff8748'),
  ('#009e73', '#2fcf9f'),
  ('#cc79a7', '#eb9fca'),
  ('#b8860b', '#f2c14e'),
  ('#332288', '#9d8cff'),
  ('#56b4e9', '#a8dcff'),
  ('#882255', '#d86a96'),
  ('#7a7a1f', '#c9c95a'),
  ('#6b7280', '#b4bac4'),
)
_MARKERS = 'os^DvPX<>*'
_LINES = ('-', (0, (5, 1.6)), (0, (1.4, 1.2)))


class Look(NamedTuple):
  """How a method is drawn."""

  color: str
  marker: str
  line: Any

  def line_style(self) -> dict[str, Any]:
    """Returns what `Axes.plot` takes."""
    return {
      'color': self.color,
      'marker': self.marker,
      'linestyle': self.line,
      'markersize': 4.0,
      'linewidth': 1.6,
      'markeredgewidth': 0.0,
    }


Looks = dict[str, Look]


def looks(methods: Sequence[str], theme: Theme) -> Looks:
  """Chooses the look of each method by its place in the list.

  Args:
    methods: in an order that does not depend on results.
    theme: of the picture.

  Returns:
    Looks by method. The first ten differ in colour and marker.
  """
  column = 1 if theme is DARK else 0
  return {
    method: Look(
      _COLORS[i % len(_COLORS)][column],
      _MARKERS[i % len(_MARKERS)],
      # The second five are dashed, so that similar hues differ twice.
      _LINES[i // 5 % len(_LINES)],
    )
    for i, method in enumerate(methods)
  }


@contextlib.contextmanager
def themed(theme: Theme) -> Iterator[None]:
  """Sets a theme's colours, and draws dollar signs as they are."""
  settings = {
    'text.parse_math': False,
    'figure.facecolor': theme.background,
    'axes.facecolor': theme.background,
    'savefig.facecolor': theme.background,
    'text.color': theme.text,
    'axes.labelcolor': theme.text,
    'axes.titlecolor': theme.text,
    'xtick.color': theme.text,
    'ytick.color': theme.text,
    'axes.edgecolor': theme.faint,
    'grid.color': theme.faint,
    'grid.alpha': 0.35,
    'axes.grid': True,
    'axes.axisbelow': True,
    'axes.spines.top': False,
    'axes.spines.right': False,
    'axes.titlesize': 11,
    'axes.titleweight': 'bold',
    'axes.labelsize': 9.5,
    'xtick.labelsize': 8.5,
    'ytick.labelsize': 8.5,
    'legend.frameon': False,
    'legend.fontsize': 9,
    'font.size': 9.5,
    'font.family': 'DejaVu Sans',
  }
  with plt.rc_context(settings):
    yield


def draw_scale(axis: Any, theme: Theme, *, vertical: bool = False) -> None:
  """Draws the teacher at 1 and the random policy at 0."""
  line = axis.axvline if vertical else axis.axhline
  line(1.0, color=theme.teacher, linewidth=1.1, zorder=1.5)
  line(0.0, color=theme.teacher, linewidth=1.1, linestyle=':', zorder=1.5)


def shorten(name: str, longest: int = 32) -> str:
  """Returns a name that fits a picture."""
  return text.one_line(name, longest)


def thousands(value: float, _: object = None) -> str:
  """Formats a tick: 250k, 1.5M."""
  for size, unit in ((1e6, 'M'), (1e3, 'k')):
    if abs(value) >= size:
      return f'{value / size:.6g}{unit}'
  return f'{value:.6g}'


def draw_band(
  axis: Any, x: np.ndarray, estimate: Estimate, style: dict[str, Any]
) -> None:
  """Draws a line, and its interval as a band.

  Args:
    axis: to draw on.
    x: [points].
    estimate: [points].
    style: of the line.
  """
  axis.plot(x, estimate.point, **style)
  if estimate.low is not None:
    axis.fill_between(
      x,
      estimate.low,
      estimate.high,
      color=style['color'],
      alpha=0.13,
      linewidth=0,
    )


def legend(
  methods: Sequence[str], looks: Looks, theme: Theme, *, scaled: bool = True
) -> dict[str, Any]:
  """Returns the arguments of `Figure.legend` for some methods.

  Args:
    methods: that are drawn.
    looks: of each.
    theme: of the picture.
    scaled: whether teachers and random policies are drawn, too.
  """
  lines = [Line2D([], [], **looks[m].line_style()) for m in methods]
  labels = [shorten(m) for m in methods]
  for style, label in (('-', 'teacher'), (':', 'random policy')) * scaled:
    lines.append(Line2D([], [], color=theme.teacher, lw=1.1, linestyle=style))
    labels.append(label)
  return {'handles': lines, 'labels': labels}
