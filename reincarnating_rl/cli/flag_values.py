"""What the values of flags must be."""

import argparse
from collections.abc import Callable
from typing import Any


def number(
  kind: type[int] | type[float], least: float, most: float = float('inf')
) -> Callable[[str], Any]:
  """Makes a flag's type.

  Args:
    kind: int or float.
    least: the smallest value allowed.
    most: the largest value allowed.

  Returns:
    What argparse takes for a type.
  """
  what = 'a whole number' if kind is int else 'a number'
  bounds = f'from {least:g} to {most:.10g}'
  if most == float('inf'):
    bounds = f'of {least:g} or more'

  def read(text: str) -> Any:
    try:
      value = kind(text)
    except ValueError:
      value = None
    if value is None or not least <= value <= most:
      raise argparse.ArgumentTypeError(f'{text!r} is not {what} {bounds}')
    return value

  return read


def not_empty(text: str) -> str:
  """Reads a path: an empty one, of an unset variable, is not this folder."""
  if not text:
    raise argparse.ArgumentTypeError('the value is empty')
  return text
