"""Bars of what a policy thinks of each action, or of the vector it plays."""

import math

import numpy as np
from PIL import ImageDraw

from reincarnating_rl.evaluation.plot_style import DARK
from reincarnating_rl.video import typesetting
from reincarnating_rl.video.take import ACTIONS, Q_VALUES, Take
from reincarnating_rl.video.typesetting import MUTED, SMALL, TINY

_CHOSEN, _OTHER = '#ff8748', '#4aa8e8'
_NAME = 104  # Pixels before a bar.
_HEAD = 20
_FEW = 9  # So many actions have rows of the larger height.


class Bars:
  """A row an action: its name, a bar and its value; one is marked."""

  def __init__(self, take: Take, width: int) -> None:
    """Finds the scale, which is one for the whole episode.

    Args:
      take: whose values are shown.
      width: in pixels.
    """
    self._take, self._width = take, width
    is_few = len(take.actions) <= _FEW
    self._row, self._font = (20, SMALL) if is_few else (15, TINY)
    self._low, self._high = 0.0, 1.0
    self._decimals, head = 2, "The policy's probabilities"
    if take.kind == ACTIONS:
      self._low, head = -1.0, 'Its action; bars go from -1 to 1'
    if take.kind == Q_VALUES:
      self._low, self._high = take.values.min(), take.values.max()
      self._decimals = _decimals(np.median(np.ptp(take.values, axis=1)))
      ends = (self._format(end) for end in (self._low, self._high))
      head = f'Q-values; bars go from {" to ".join(ends)}'
    self._head = head
    # Where bars begin: the numbers of a vector go both ways.
    self._origin = 0.0 if take.kind == ACTIONS else self._low
    ends = (self._format(end) for end in (self._low, self._high))
    self._number = 10 + math.ceil(max(map(self._font.getlength, ends)))
    self._names = [
      typesetting.shorten(name, _NAME - 8, self._font) for name in take.actions
    ]

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
    chosen = self._take.chosen(step)
    begin, end = left + _NAME, left + self._width - self._number
    scale = (end - begin) / ((self._high - self._low) or 1.0)
    origin = begin + round(scale * (self._origin - self._low))
    for i, value in enumerate(self._take.values[step]):
      y = top + _HEAD + self._row * i
      color = _CHOSEN if i == chosen else _OTHER
      ink = _CHOSEN if i == chosen else DARK.text
      stop = origin + round(scale * (float(value) - self._origin))
      start, stop = sorted((origin, stop))
      middle = y + self._row // 2
      pen.text((left + 8, middle), self._names[i], ink, self._font, anchor='lm')
      pen.rectangle(
        (start, y + 3, max(stop, start + 1), y + self._row - 3), color
      )
      told = self._format(value)
      pen.text((left + self._width, middle), told, ink, self._font, anchor='rm')
      if i == chosen:  # For those who do not see the colour.
        pen.polygon(
          ((left, middle - 4), (left, middle + 4), (left + 5, middle)), color
        )

  def _format(self, value: float) -> str:
    return f'{value:,.{self._decimals}f}'


def _decimals(span: float) -> int:
  """Returns how many decimals tell actions apart whose values span so much."""
  if span <= 0:
    return 2
  return min(4, max(0, 1 - math.floor(math.log10(span))))
