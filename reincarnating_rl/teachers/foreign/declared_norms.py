"""Normalizations as a declaration of layers names them."""

import math
from collections.abc import Collection
from typing import Any, NamedTuple

from reincarnating_rl.teachers.errors import TeacherError

# What follows the two names in a declaration, by kind.
KINDS = {'batch': (), 'layer': (), 'group': ('groups',)}
_TORCH = {'batch': 'BatchNorm', 'layer': 'LayerNorm', 'group': 'GroupNorm'}


class Norm(NamedTuple):
  """A normalization of what a layer takes or returns."""

  kind: str  # key of `KINDS`
  name: str  # of its parameters
  layer: str
  is_after: bool  # of the layer's outputs, before its activation
  epsilon: float
  groups: int = 1

  @property
  def is_folded(self) -> bool:
    """Whether it becomes a part of the layer before it."""
    return self.kind == 'batch' and self.is_after

  @property
  def torch_name(self) -> str:
    """The name of its class in PyTorch, without its number of axes."""
    return _TORCH[self.kind]


def parse(
  kind: str, declared: Any, epsilon: Any, layers: Collection[str]
) -> list[Norm]:
  """Reads the normalizations of one kind.

  Args:
    kind: key of `KINDS`.
    declared: `Layers.batch_norms` or its like.
    epsilon: of those that have none of their own.
    layers: the names of all layers.

  Raises:
    TeacherError: they make no sense.
  """
  field = f'Layers.{kind}_norm'
  if not _is_epsilon(epsilon):
    raise TeacherError(
      f'{field}_epsilon is {epsilon!r}; it must be >= 0 and finite.'
    )
  entries = declared if isinstance(declared, list | tuple) else (declared,)
  norms = []
  for entry in entries:
    norm = _parse(kind, entry, epsilon, layers)
    if norm is None:
      more = ''.join(', 8' for _ in KINDS[kind])
      raise TeacherError(
        f'{field}s holds a layer and its {_TORCH[kind]} for each, in the order '
        f'of computation{", then its groups" * len(more[:1])}, such as '
        f"(('fc', 'norm'{more}),); it is {declared!r}."
      )
    norms.append(norm)
  return norms


def _parse(
  kind: str, entry: Any, epsilon: float, layers: Collection[str]
) -> Norm | None:
  """Returns a normalization; None of what makes no sense."""
  count = 2 + len(KINDS[kind])
  if not isinstance(entry, list | tuple):
    return None
  if len(entry) not in (count, count + 1):
    return None
  first, second, *details = entry
  if not isinstance(first, str) or not isinstance(second, str):
    return None
  *groups, epsilon = (*details, epsilon)[: count - 1]
  if (first in layers) == (second in layers) or not _is_epsilon(epsilon):
    return None
  if not all(type(number) is int and number > 0 for number in groups):
    return None
  is_after = first in layers
  layer, name = (first, second) if is_after else (second, first)
  return Norm(kind, name, layer, is_after, epsilon, *groups)


def _is_epsilon(value: Any) -> bool:
  return isinstance(value, int | float) and 0 <= value < math.inf
