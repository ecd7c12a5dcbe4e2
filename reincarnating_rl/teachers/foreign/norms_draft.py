"""Where normalizations seem to be, by their names, numbers and sizes."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from reincarnating_rl.teachers.foreign.layer_order import Sizes
from reincarnating_rl.teachers.foreign.state_dicts import StateDict

_UNKNOWN = 'LAYER'  # What a user is to replace, as STRIDE.
_GROUPS = re.compile(r'(^|[._])(gn|group)', re.IGNORECASE)
_LAST_NUMBER = re.compile(r'(.*?)([0-9]+)', re.ASCII)
_FIELDS = {
  'batch': 'batch_norms',
  'layer': 'layer_norms',
  'group': 'group_norms',
}


class _Chain(NamedTuple):
  """The layers of a draft."""

  names: list[str]  # in the order of computation
  sizes: Sizes
  images: set[str]  # convolutions

  def next(self, layer: str) -> str | None:
    index = self.names.index(layer) + 1
    return self.names[index] if index < len(self.names) else None


def draft(
  state_dict: StateDict, names: list[str], sizes: Sizes, images: list[str]
) -> tuple[str, tuple[str, ...]]:
  """Drafts the normalizations of a declaration.

  Args:
    state_dict: the parameters by name.
    names: of the layers of the draft, in the order of computation.
    sizes: of these.
    images: those that are convolutions.

  Returns:
    The fields of `Layers`, and the names of the normalizations.
  """
  chain = _Chain(names, sizes, set(images))
  drafted: dict[str, list[str]] = {}
  found = dict(_norms(state_dict, chain))
  modules = list(dict.fromkeys(name.rpartition('.')[0] for name in state_dict))
  for norm, shape in found.items():
    pair = _place(norm, shape, modules, chain)
    kind = _kind(norm, shape, state_dict, pair, chain)
    entry = ', '.join(map(repr, pair)) + ', GROUPS' * (kind == 'group')
    drafted.setdefault(kind, []).append(f'({entry})')
  text = ', '.join(
    f'Layers.{field} = ({", ".join(drafted[kind])},)'
    for kind, field in _FIELDS.items()
    if kind in drafted
  )
  return text, tuple(found)


def _norms(
  state_dict: StateDict, chain: _Chain
) -> Iterator[tuple[str, tuple[int, ...]]]:
  """Yields what can be normalizations, and the shapes of their numbers."""
  for name, array in state_dict.items():
    module, _, leaf = name.rpartition('.')
    if leaf == 'running_mean':
      yield module, array.shape
    elif (
      leaf in ('weight', 'scale') and array.ndim and module not in chain.names
    ):
      bias = state_dict.get(f'{module}.bias')
      if bias is not None and bias.shape == array.shape:
        yield module, array.shape


def _kind(
  norm: str,
  shape: tuple[int, ...],
  state_dict: Mapping[str, np.ndarray],
  pair: tuple[str, str],
  chain: _Chain,
) -> str:
  if f'{norm}.running_mean' in state_dict:
    return 'batch'
  is_of_pixels = pair[0] in chain.images and shape == chain.sizes[pair[0]][1:]
  return 'group' if is_of_pixels or _GROUPS.search(norm) else 'layer'


def _place(
  norm: str, shape: tuple[int, ...], modules: list[str], chain: _Chain
) -> tuple[str, str]:
  """Returns a layer and a normalization in the order of computation."""
  for layer, is_after in _candidates(norm, modules, chain):
    # A LayerNorm may be of an image's width, which sizes do not tell.
    is_sure = is_after and layer in chain.images and _follows(norm, layer)
    if layer is not None and (
      is_sure or _fits(layer, shape, chain, is_after=is_after)
    ):
      return (layer, norm) if is_after else (norm, layer)
  return _UNKNOWN, norm


def _candidates(
  norm: str, modules: list[str], chain: _Chain
) -> Iterator[tuple[str | None, bool]]:
  """Yields layers, and whether the normalization is right after them."""
  index = modules.index(norm)
  layers = [
    (at, name) for at, name in enumerate(modules) if name in chain.names
  ]
  match = _LAST_NUMBER.fullmatch(norm)
  if match:
    prefix, number = match[1], int(match[2])
    for _, name in layers:  # fc1 and norm1, whatever the order of the file.
      other = _LAST_NUMBER.fullmatch(name)
      if other and other[2] == match[2] and _are_namesakes(prefix, other[1]):
        yield name, True
    # Of a sequence, an activation has a number and no parameters.
    yield _named(f'{prefix}{number - 1}', chain), True
    yield _named(f'{prefix}{number + 1}', chain), False
    before = [
      name
      for name in chain.names
      if (other := _LAST_NUMBER.fullmatch(name))
      and other[1] == prefix
      and int(other[2]) < number
    ]
    if before:
      yield chain.next(before[-1]), False
  before = [name for at, name in layers if at < index]
  if before:
    yield before[-1], True
    yield chain.next(before[-1]), False
  yield chain.names[0] if chain.names else None, False


def _are_namesakes(first: str, second: str) -> bool:
  """Tells whether two prefixes end in words, in one module."""
  parents, words = zip(
    *(prefix.rpartition('.')[::2] for prefix in (first, second)), strict=True
  )
  return parents[0] == parents[1] and all(words)


def _follows(norm: str, layer: str) -> bool:
  """Tells whether both are of one sequence, right after each other."""
  first, second = map(_LAST_NUMBER.fullmatch, (layer, norm))
  return bool(first and second) and (
    (first[1], int(first[2]) + 1) == (second[1], int(second[2]))
  )


def _named(name: str, chain: _Chain) -> str | None:
  return name if name in chain.names else None


def _fits(
  layer: str, shape: tuple[int, ...], chain: _Chain, *, is_after: bool
) -> bool:
  features = {chain.sizes[layer][is_after]}
  index = chain.names.index(layer)
  if not is_after and index:  # Images before they are flattened.
    features.add(chain.sizes[chain.names[index - 1]][1])
  if len(shape) in (1, 3):
    return shape[0] in features
  return is_after and layer in chain.images  # Of height and width.
