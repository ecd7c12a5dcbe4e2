"""Normalizations as a declaration of layers names them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
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


def read(declared: Mapping[str, Any], layers: Collection[str]) -> list[Norm]:
  """Reads all normalizations.

  Args:
    declared: the fields of `Layers`.
    layers: the names of all layers.

  Raises:
    TeacherError: they make no sense.
  """
  norms = [
    norm
    for kind in KINDS
    for norm in _of_kind(
      kind,
      declared[f'{kind}_norms'],
      declared[f'{kind}_norm_epsilon'],
      layers,
    )
  ]
  places = [(norm.layer, norm.is_after) for norm in norms]
  for norm, place in zip(norms, places, strict=True):
    if places.count(place) > 1:
      raise TeacherError(
        f'Layers has several normalizations right '
        f'{"after" if norm.is_after else "before"} {norm.layer}; declare one.'
      )
  return norms


def _of_kind(
  kind: str,
  declared: Iterable[Sequence[Any]],
  epsilon: float,
  layers: Collection[str],
) -> list[Norm]:
  """Reads those of one kind, each of which is of one layer."""
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
