"""Normalizations as a declaration of layers names them."""

from collections.abc import Collection, Iterable, Sequence
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
  kind: str,
  declared: Iterable[Sequence[Any]],
  epsilon: float,
  layers: Collection[str],
) -> list[Norm]:
  """Reads the normalizations of one kind.

  Args:
    kind: key of `KINDS`.
    declared: `Layers.batch_norms` or its like.
    epsilon: of those that have none of their own.
    layers: the names of all layers.

  Raises:
    TeacherError: one is not of one layer.
  """
  norms = []
  for first, second, *details in declared:
    is_after = first in layers
    if is_after == (second in layers):
      more = ''.join(f', its {detail}' for detail in KINDS[kind])
      raise TeacherError(
        f'Layers.{kind}_norms holds a layer and its {_TORCH[kind]} for each, '
        f'in the order of computation{more}; it is {declared!r}, and '
        f'{"both" if is_after else "neither"} of {first!r} and {second!r} '
        f'{"are layers" if is_after else "is a layer"}.'
      )
    layer, name = (first, second) if is_after else (second, first)
    *groups, own = (*details, epsilon)[: len(KINDS[kind]) + 1]
    norms.append(Norm(kind, name, layer, is_after, own, *groups))
  return norms
