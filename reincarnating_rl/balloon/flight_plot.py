"""The picture of flights on one seed."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from reincarnating_rl.balloon.records import SUN, Record
from reincarnating_rl.evaluation import plot_style
from reincarnating_rl.evaluation.plot_style import LIGHT, Looks, Theme, plt

RADIUS_KM = 50.0
# Lower, the panels of a balloon get no sun (`solar.MIN_SOLAR_EL_DEG` of the
# Balloon Learning Environment).
_NIGHT_BELOW = -4.242
_HOURS_PER_STEP = 0.05
_HEIGHT = 7.6  # Inches.
_NEAR_KM = 125.0  # How far the larger map goes.
_STATION = {'marker': '*', 'markersize': 11, 'ls': ''}
_FIRST = {'marker': 'o', 'markersize': 7, 'mfc': 'none', 'mew': 1.6, 'ls': ''}
_END = {'marker': 'X', 'markersize': 8, 'mew': 0.5, 'mec': 'white', 'ls': ''}


def draw(flights: Mapping[str, Record], theme: Theme = LIGHT) -> bytes:
  """Draws flights on one seed.

  Args:
    flights: by policy.
    theme: of the picture.

  Returns:
    A PNG file.
  """
  with plot_style.themed(theme):
    looks = plot_style.looks(list(flights), theme)
    figure = _figure(flights, looks, theme)
    data = io.BytesIO()
    figure.savefig(data, format='png', dpi=plot_style.DPI)
    plt.close(figure)
  return data.getvalue()


def _figure(
  flights: Mapping[str, Record], looks: Looks, theme: Theme
) -> Figure:
  figure = plt.figure(figsize=(plot_style.WIDTH, _HEIGHT), layout='constrained')
  left, right = figure.subfigures(1, 2, width_ratios=(1.0, 1.15))
  seed = next(iter(flights.values()))['seed']
  left.suptitle(f'Seed {seed}, from above', weight='bold', size=11)
  right.suptitle('Over two days', weight='bold', size=11)
  _draw_maps(left, flights, looks, theme)
  panels = right.subplots(4, 1, sharex=True, height_ratios=(1.5, 1.3, 1.0, 0.8))
  _draw_times(panels, flights, looks, theme)
  _add_legends(figure, flights, looks, theme)
  return figure


def _line(looks: Looks, name: str, width: float = 1.4) -> dict[str, Any]:
  return {'color': looks[name].color, 'linewidth': width, 'linestyle': '-'}


def _draw_maps(
  figure: Any, flights: Mapping[str, Record], looks: Looks, theme: Theme
) -> None:
  """Draws the area around the station, and if needed a larger one."""
  farthest = max(
    np.abs(record['path'][axis]).max()
    for record in flights.values()
    for axis in ('x_km', 'y_km')
  )
  reaches = [_NEAR_KM]
  if farthest > _NEAR_KM:
    reaches.append(1.08 * farthest)
  axes = figure.subplots(
    len(reaches), 1, squeeze=False, height_ratios=(1.75, 1.0)[: len(reaches)]
  )
  for axis, reach in zip(axes[:, 0], reaches, strict=True):
    _draw_map(axis, flights, looks, theme, reach=reach)


def _draw_map(
  axis: Any,
  flights: Mapping[str, Record],
  looks: Looks,
  theme: Theme,
  *,
  reach: float,
) -> None:
  """Draws each track, from a ring (the first step) to a cross (end)."""
  circle = plt.Circle((0, 0), RADIUS_KM, fc=theme.faint, alpha=0.3, zorder=1)
  axis.add_patch(circle)
  axis.add_patch(
    plt.Circle((0, 0), RADIUS_KM, fill=False, ec=theme.text, lw=1.1, ls='--')
  )
  for name, record in flights.items():
    x, y = record['path']['x_km'], record['path']['y_km']
    axis.plot(x, y, **_line(looks, name), alpha=0.9, zorder=3)
    axis.plot(x[-1:], y[-1:], **_END, color=looks[name].color, zorder=6)
    axis.plot(x[:1], y[:1], **_FIRST, color=theme.text, zorder=7)
  axis.plot(0, 0, **_STATION, color=theme.text, zorder=5)
  axis.set_aspect('equal')
  axis.set(xlim=(-reach, reach), ylim=(-reach, reach))
  axis.set(xlabel='km east of the station', ylabel='km north')


def _draw_times(
  panels: Any, flights: Mapping[str, Record], looks: Looks, theme: Theme
) -> None:
  distance, altitude, battery, power = panels
  farthest = 0.0
  for name, record in flights.items():
    path = record['path']
    hours = _HOURS_PER_STEP * np.arange(1, record['steps'] + 1)
    style = _line(looks, name)
    km = np.hypot(path['x_km'], path['y_km'])
    farthest = max(farthest, RADIUS_KM, km.max())
    distance.plot(hours, km, **style)
    altitude.plot(hours, np.array(path['altitude']) / 1000, **style)
    battery.plot(hours, 100 * np.array(path['battery_soc']), **style)
  distance.axhline(RADIUS_KM, color=theme.text, linewidth=1.1, linestyle='--')
  # A square-root scale: near the station it matters most; some fly far away.
  distance.set_yscale('function', functions=(_root, np.square))
  distance.set_yticks([0, 10, 50, 100, 200, 400, 800])
  distance.set(ylabel='distance (km)', ylim=(0, 1.05 * farthest))
  altitude.set_ylabel('altitude (km)')
  battery.set(ylabel='battery (%)', ylim=(0, 104))
  _draw_power(power, flights, looks)
  longest = max(flights.values(), key=lambda record: record['steps'])
  for panel in panels:
    _shade_nights(panel, longest, theme)
  power.set_xlim(0, _HOURS_PER_STEP * longest['steps'])
  power.xaxis.set_major_locator(plt.MultipleLocator(6))


def _root(values: np.ndarray) -> np.ndarray:
  return np.sqrt(np.maximum(values, 0.0))


def _draw_power(
  panel: Any, flights: Mapping[str, Record], looks: Looks
) -> None:
  """Draws the power of the altitude control, a row a policy, on one scale."""
  most = max(1, *(max(r['path']['acs_power']) for r in flights.values()))
  for row, (name, record) in enumerate(reversed(flights.items())):
    hours = _HOURS_PER_STEP * np.arange(1, record['steps'] + 1)
    height = 0.85 * np.array(record['path']['acs_power']) / most
    panel.fill_between(
      *(hours, row, row + height),
      step='pre',
      color=looks[name].color,
      linewidth=0,
    )
  panel.set(ylim=(0, len(flights)), yticks=[], xlabel='hours')
  panel.set_ylabel(f'pump\n(≤ {most:.0f} W)')


def _shade_nights(panel: Any, record: Record, theme: Theme) -> None:
  is_night = np.array([0, *(x < _NIGHT_BELOW for x in record['path'][SUN]), 0])
  edges = np.flatnonzero(np.diff(is_night.astype(int)))
  for begin, end in edges.reshape(-1, 2) * _HOURS_PER_STEP:
    panel.axvspan(begin, end, color=theme.faint, alpha=0.4, lw=0, zorder=0)


def _add_legends(
  figure: Figure, flights: Mapping[str, Record], looks: Looks, theme: Theme
) -> None:
  """Adds a legend of the policies, at the left, and one of the marks."""
  names = [
    f'{plot_style.shorten(name)}: TWR50 {100 * r["time_within_radius"]:.0f}%, '
    f'return {r["return"]:.0f}{_ending(r)}'
    for name, r in flights.items()
  ]
  lines = [plt.Line2D([], [], **_line(looks, name, 2.4)) for name in flights]
  figure.legend(lines, names, loc='outside lower left')
  marks = {
    'station': _STATION,
    'after 3 minutes': _FIRST,
    'end': _END,
    f'{RADIUS_KM:.0f} km from the station': {'ls': '--', 'lw': 1.1},
  }
  drawn = [plt.Line2D([], [], color=theme.text, **s) for s in marks.values()]
  drawn.append(plt.Rectangle((0, 0), 1, 1, fc=theme.faint, alpha=0.4))
  figure.legend(drawn, [*marks, 'night'], loc='outside lower right', ncols=2)


def _ending(record: Record) -> str:
  if record['end'] == 'time_out':
    return ''
  return f', {record["end"].replace("_", " ")}'
