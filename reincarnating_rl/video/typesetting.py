"""Fonts, and text that fits."""

import pathlib

import matplotlib
from PIL import ImageFont

MUTED = '#9aa4b2'
# Matplotlib brings a font that has all signs of ours.
_FONTS = pathlib.Path(matplotlib.get_data_path(), 'fonts', 'ttf')
TINY, SMALL = (
  ImageFont.truetype(_FONTS / 'DejaVuSans.ttf', size) for size in (11, 13)
)
LARGE = ImageFont.truetype(_FONTS / 'DejaVuSans-Bold.ttf', 19)


def shorten(
  text: str, width: float, font: ImageFont.FreeTypeFont = SMALL
) -> str:
  """Returns a text of one line that is no wider than `width` pixels."""
  if font.getlength(text) <= width:
    return text
  while text and font.getlength(f'{text}…') > width:
    text = text[:-1]
  return f'{text}…'


def wrap(text: str, width: float) -> list[str]:
  """Breaks a small text at spaces, into lines of at most `width` pixels."""
  lines: list[str] = []
  for word in text.split():
    longer = f'{lines[-1]} {word}' if lines else word
    if lines and SMALL.getlength(longer) <= width:
      lines[-1] = longer
    else:
      lines.append(shorten(word, width))
  return lines
