"""The picture of policies side by side, at one moment."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from reincarnating_rl.evaluation.plot_style import DARK
from reincarnating_rl.video import bars, typesetting
from reincarnating_rl.video.take import Moment, Take
from reincarnating_rl.video.typesetting import LARGE, SMALL

WIDTH = 384  # Pixels of a policy's column.
_HIGHEST = 420  # Of the game's picture.
_MARGIN, _GAP = 16, 24
_LINE, _TALL = 18, 28  # Of small and of large text.


class Scene:
  """Columns, one a policy: title, the game, score, values and notes."""

  def __init__(
    self, takes: Sequence[Take], shape: tuple[int, ...], cuts: Sequence[str]
  ) -> None:
    """Makes room for all that is to be drawn.

    Args:
      takes: from left to right.
      shape: [H, W, 3] of the game's pictures.
      cuts: of each take, what is said of its missing end; or ''.
    """
    self._takes = takes
    self._size = _fitted(shape[1], shape[0])
    self._heads = [typesetting.wrap(take.details, WIDTH) for take in takes]
    self._notes = [
      [
        line
        for note in (*_notes(take), cut)
        for line in typesetting.wrap(note, WIDTH)
      ]
      for take, cut in zip(takes, cuts, strict=True)
    ]
    self._bars = [bars.create(take, WIDTH) for take in takes]
    # Parts of one kind stand side by side at one height.
    self._game_top = _MARGIN + _TALL + _LINE * max(map(len, self._heads)) + 6
    self._score_top = self._game_top + self._size[1] + 8
    self._bars_top = self._score_top + _TALL + 4
    tallest = max(each.height for each in self._bars)
    self._notes_top = self._bars_top + tallest + 10
    bottom = self._notes_top + _LINE * max(map(len, self._notes)) + _MARGIN
    width = 2 * _MARGIN + len(takes) * (WIDTH + _GAP) - _GAP
    # H.264 wants even numbers.
    self._whole = (width + width % 2, bottom + bottom % 2)

  def draw(self, moments: Sequence[Moment]) -> np.ndarray:
    """Draws the moments of all takes.

    Args:
      moments: in the order of the takes.

    Returns:
      [H, W, 3] uint8; H and W are even.
    """
    image = Image.new('RGB', self._whole, DARK.background)
    for i, moment in enumerate(moments):
      self._draw_column(image, i, moment)
    return np.asarray(image)

  def _draw_column(self, image: Image.Image, i: int, moment: Moment) -> None:
    take, pen = self._takes[i], ImageDraw.Draw(image)
    left = _MARGIN + i * (WIDTH + _GAP)
    title = typesetting.shorten(take.title, WIDTH, LARGE)
    pen.text((left, _MARGIN), title, DARK.text, LARGE)
    _write_lines(pen, left, _MARGIN + _TALL, self._heads[i])
    picture = Image.fromarray(moment.picture)
    # Few pixels stay sharp; many are averaged.
    is_larger = self._size[0] >= picture.width
    how = Image.Resampling.NEAREST if is_larger else Image.Resampling.LANCZOS
    centered = left + (WIDTH - self._size[0]) // 2
    image.paste(picture.resize(self._size, how), (centered, self._game_top))
    is_over = moment.steps == take.shown.length
    score = f'{"final " if is_over else ""}score {number(moment.score)}'
    pen.text((left, self._score_top), score, DARK.text, LARGE)
    steps = f'step {moment.steps:,}'
    corner = (left + WIDTH, self._score_top + 5)
    pen.text(corner, steps, typesetting.MUTED, SMALL, anchor='ra')
    # After the last step, that step's values stay.
    step = min(moment.steps, take.shown.length - 1)
    self._bars[i].draw(pen, (left, self._bars_top), step)
    _write_lines(pen, left, self._notes_top, self._notes[i])


def _write_lines(
  pen: ImageDraw.ImageDraw, left: int, top: int, lines: Sequence[str]
) -> None:
  for row, line in enumerate(lines):
    pen.text((left, top + _LINE * row), line, typesetting.MUTED, SMALL)


def _fitted(width: int, height: int) -> tuple[int, int]:
  """Returns the size that a game's picture is drawn in."""
  factor = min(WIDTH / width, _HIGHEST / height)
  if factor > 1:
    factor = int(factor)  # All pixels are of one size then.
  return max(1, round(width * factor)), max(1, round(height * factor))


def _notes(take: Take) -> list[str]:
  """Returns which episode this is, and how good the policy is."""
  shown, score, count = take.shown, take.score, len(take.episodes)
  if count == 1:
    return [f'The only episode that was played: {number(shown.return_)}.']
  return [
    f'Episode {shown.index + 1} of {count}: its return {number(shown.return_)} '
    'is the median.',
    f'Mean of all {count}: {score.mean:,.1f} ± {score.stderr:,.1f}.',
  ]


def number(value: float) -> str:
  """Formats a return: 12, or -3.4."""
  return f'{value:,.0f}' if float(value).is_integer() else f'{value:,.1f}'
