"""In which order layers are computed, as far as their sizes tell it."""

import re
from collections.abc import Iterator, Mapping

Sizes = Mapping[str, tuple[int, int]]
"""Inputs and outputs of each layer by its name."""

_NUMBER = re.compile(r'([0-9]+)')
_MAX_STEPS = 10_000  # Of the search; honest networks need few.


def ordered(layers: Sizes) -> list[str]:
  """Orders layers so that each takes what the one before it returns.

  Args:
    layers: in the order of the file: of making in those of PyTorch, of the
      alphabet in those of safetensors.

  Returns:
    The names; as counted, `fc2` before `fc10`, if no order fits.
  """
  names = list(layers)
  counted = sorted(names, key=_counted)
  # The alphabet says nothing of the network.
  given = [counted, names] if names == sorted(names) else [names, counted]
  for order in given:
    if fits(order, layers):
      return order
  return next(_search(counted, layers), counted)


def _counted(name: str) -> list[tuple[bool, int, str]]:
  """A key by which numbers in names are ordered as numbers."""
  return [
    (part.isdecimal(), int(part) if part.isdecimal() else 0, part)
    for part in _NUMBER.split(name)
  ]


def fits(order: list[str], layers: Sizes) -> bool:
  """Tells whether each layer takes what the one before it returns."""
  return all(
    layers[before][1] == layers[after][0]
    for before, after in zip(order, order[1:], strict=False)
  )


def _search(names: list[str], layers: Sizes) -> Iterator[list[str]]:
  """Yields orders that fit, those nearest to the given one first."""
  steps = 0
  paths = [[name] for name in reversed(names)]
  while paths and steps < _MAX_STEPS:
    steps += 1
    path = paths.pop()
    if len(path) == len(names):
      yield path
    rest = [name for name in reversed(names) if name not in path]
    paths += [
      [*path, name] for name in rest if layers[name][0] == layers[path[-1]][1]
    ]
