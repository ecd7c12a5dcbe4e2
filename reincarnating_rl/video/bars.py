"""Bars of what a policy thinks: a row an action, or a component of one."""

import abc
import math

import numpy as np
from PIL import ImageDraw

from reincarnating_rl.evaluation.plot_style import DARK
from reincarnating_rl.video import typesetting
from reincarnating_rl.video.take import Shows, Take
from reincarnating_rl.video.typesetting import MUTED, SMALL, TINY

_CHOSEN, _OTHER = '#ff8748', '#4aa8e8'
_NAME = 104  # Pixels before a bar.
_HEAD = 20
_FEW = 9  # So many actions have rows of the larger height.
_MOST_COMPONENTS = 8
_MARK = 1  # Half of the pixels of what marks a component's action.


def create(take: Take, width: int) -> 'Bars':
  """Returns the bars that fit what a take shows.

  Args:
    take: whose values are shown.
    width: in pixels.
  """
  if take.shows is Shows.MEANS:
    return _Components(take, width)
  return _Alternatives(take, width)


class Bars(abc.ABC):
  """Rows below a head; the scale is one for the whole episode."""

  _low: float  # The ends of the scale.
  _high: float

  def __init__(self, take: Take, width: int, rows: int, head: str) -> None:
    """Makes room.

    Args:
      take: whose values are shown.
      width: in pixels.
      rows: how many of its values have one.
      head: what the bars mean.
    """
    self._take, self._width, self._head = take, width, head
    self._row, self._font = (20, SMALL) if rows <= _FEW else (15, TINY)
    self._names = [
      typesetting.shorten(name, _NAME - 8, self._font)
      for name in take.actions[:rows]
    ]
    ends = map(self._font.getlength, self._extremes())
    self._number = 10 + math.ceil(max(ends))

  @property
  def height(self) -> int:
    """Height in pixels."""
    return _HEAD + self._row * len(self._names)

  def draw(
    self, pen: ImageDraw.ImageDraw, corner: tuple[int, int], step: int
  ) -> None:
    """Draws the values before a step.

    Args:
      pen: draws on the picture.
      corner: left and top.
      step: of the episode.
    """
    left, top = corner
    pen.text(corner, self._head, MUTED, SMALL)
    action, values = self._take.shown.actions[step], self._take.values[step]
    for i, name in enumerate(self._names):
      y = top + _HEAD + self._row * i
      middle = y + self._row // 2
      ink = self._ink(i, action)
      pen.text((left + 8, middle), name, ink, self._font, anchor='lm')
      told = self._format(values[i])
      pen.text((left + self._width, middle), told, ink, self._font, anchor='rm')
      self._draw_bar(pen, left, y, i, float(values[i]), action)

  def _extremes(self) -> tuple[str, str]:
    """Returns the ends of the scale, as numbers are told."""
    return self._format(self._low), self._format(self._high)

  @abc.abstractmethod
  def _format(self, value: float) -> str: ...

  @abc.abstractmethod
  def _ink(self, i: int, action: np.ndarray) -> str:
    """Returns the colour of a row's text."""

  @abc.abstractmethod
  def _draw_bar(
    self,
    pen: ImageDraw.ImageDraw,
    left: int,
    y: int,
    i: int,
    value: float,
    action: np.ndarray,
  ) -> None: ...

  def _span(self, left: int) -> tuple[int, int]:
    """Returns where bars begin and end."""
    return left + _NAME, left + self._width - self._number


class _Alternatives(Bars):
  """A row an action: its name, a bar and its value; one is marked."""

  def __init__(self, take: Take, width: int) -> None:
    self._low, self._high = 0.0, 1.0
    self._decimals, head = 2, "The policy's probabilities"
    if take.shows is Shows.Q_VALUES:
      self._low, self._high = take.values.min(), take.values.max()
      self._decimals = _decimals(np.median(np.ptp(take.values, axis=1)))
      head = f'Q-values; bars go from {" to ".join(self._extremes())}'
    super().__init__(take, width, len(take.actions), head)

  def _format(self, value: float) -> str:
    return f'{value:,.{self._decimals}f}'

  def _ink(self, i: int, action: np.ndarray) -> str:
    return _CHOSEN if i == int(action) else DARK.text

  def _draw_bar(
    self,
    pen: ImageDraw.ImageDraw,
    left: int,
    y: int,
    i: int,
    value: float,
    action: np.ndarray,
  ) -> None:
    begin, end = self._span(left)
    color = _CHOSEN if i == int(action) else _OTHER
    span = (self._high - self._low) or 1.0
    length = round((end - begin) * (value - self._low) / span)
    pen.rectangle(
      (begin, y + 3, begin + max(length, 1), y + self._row - 3), color
    )
    if i == int(action):  # For those who do not see the colour.
      middle = y + self._row // 2
      pen.polygon(
        ((left, middle - 4), (left, middle + 4), (left + 5, middle)), color
      )


class _Components(Bars):
  """A row a component of the mean action; marked is what was played."""

  _low, _high = -1.0, 1.0

  def __init__(self, take: Take, width: int) -> None:
    rows = min(len(take.actions), _MOST_COMPONENTS)
    head = 'Mean action, from -1 to 1; marked: the action played'
    super().__init__(take, width, rows, head)
    self._left_out = len(take.actions) - rows

  @property
  def height(self) -> int:
    return super().height + self._row * bool(self._left_out)

  def draw(
    self, pen: ImageDraw.ImageDraw, corner: tuple[int, int], step: int
  ) -> None:
    super().draw(pen, corner, step)
    if self._left_out:
      left, top = corner
      middle = top + super().height + self._row // 2
      told = f'and {self._left_out} more'
      pen.text((left + 8, middle), told, MUTED, self._font, anchor='lm')

  def _format(self, value: float) -> str:
    return f'{value:+z.2f}'

  def _ink(self, i: int, action: np.ndarray) -> str:
    return DARK.text

  def _draw_bar(
    self,
    pen: ImageDraw.ImageDraw,
    left: int,
    y: int,
    i: int,
    value: float,
    action: np.ndarray,
  ) -> None:
    begin, end = self._span(left)
    center, half = (begin + end) // 2, (end - begin) // 2
    ends = sorted((center, center + round(half * value)))
    top, bottom = y + 3, y + self._row - 3
    pen.rectangle((ends[0], top, ends[1], bottom), _OTHER)
    pen.line((center, y, center, y + self._row), MUTED)
    played = center + round(half * float(action[i]))
    pen.rectangle(
      (played - _MARK, top - 2, played + _MARK, bottom + 2), _CHOSEN
    )


def _decimals(span: float) -> int:
  """Returns how many decimals tell actions apart whose values span so much."""
  if span <= 0:
    return 2
  return min(4, max(0, 1 - math.floor(math.log10(span))))
