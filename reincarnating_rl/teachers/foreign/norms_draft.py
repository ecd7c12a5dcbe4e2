"""Where normalizations seem to be, by their names, numbers and sizes."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from reincarnating_rl.teachers.foreign.layer_order import Sizes
from reincarnating_rl.teachers.foreign.state_dicts import StateDict

_UNKNOWN = 'LAYER'  # What a user is to replace, as STRIDE.
_GROUPS = re.compile(r'(^|[._])(gn|group)', re.IGNORECASE)
_NUMBER = re.compile(r'[0-9]+')
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
  taken: set[tuple[str, bool]] = set()
  for norm, shape in found.items():
    layer, is_after = _place(norm, shape, modules, chain, taken)
    taken.add((layer, is_after))
    pair = (layer, norm) if is_after else (norm, layer)
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
  norm: str,
  shape: tuple[int, ...],
  modules: list[str],
  chain: _Chain,
  taken: set[tuple[str, bool]],
) -> tuple[str, bool]:
  """Returns a layer, and whether the normalization comes after it."""
  for layer, is_after in _candidates(norm, modules, chain):
    if layer is None or (layer, is_after) in taken:
      continue
    # A LayerNorm may be of an image's width, which sizes do not tell.
    is_sure = is_after and layer in chain.images and _follows(norm, layer)
    if is_sure or _fits(layer, shape, chain, is_after=is_after):
      return layer, is_after
  return _UNKNOWN, True


def _candidates(
  norm: str, modules: list[str], chain: _Chain
) -> Iterator[tuple[str | None, bool]]:
  """Yields layers, the likeliest first, and whether it is right after them."""
  # Of layers of one name, a convolution has the normalization more often.
  layers = sorted(chain.names, key=lambda name: name not in chain.images)
  parent, _, leaf = norm.rpartition('.')
  if leaf.isdecimal():
    yield from _in_sequence(f'{parent}.' if parent else '', int(leaf), chain)
  else:  # fc1 and norm1 of one module, then a module of few layers.
    siblings = [name for name in layers if name.rpartition('.')[0] == parent]
    namesakes = [n for n in siblings if _numbers(n) == _numbers(norm)]
    if _numbers(leaf):
      yield from ((name, True) for name in namesakes)
    if parent and len(siblings) == 1:
      yield siblings[0], True
      yield siblings[0], False
  if _numbers(norm):  # layers.1 and norms.1
    for name in layers:
      is_like = name.count('.') == norm.count('.')
      if is_like and _numbers(name) == _numbers(norm):
        yield name, True
  at = modules.index(norm)
  before = [n for n in modules[:at] if n in chain.names]
  if before:
    yield before[-1], True
    yield chain.next(before[-1]), False
  yield chain.names[0] if chain.names else None, False
  yield from ((name, True) for name in chain.names)


def _in_sequence(
  prefix: str, number: int, chain: _Chain
) -> Iterator[tuple[str | None, bool]]:
  """Yields layers around a place in a sequence.

  Of a sequence, an activation has a number and no parameters.
  """
  numbers = {
    int(leaf): name
    for name in chain.names
    if name.startswith(prefix) and (leaf := name[len(prefix) :]).isdecimal()
  }
  yield numbers.get(number - 1), True
  yield numbers.get(number + 1), False
  before = [each for each in sorted(numbers) if each < number]
  if before:
    yield chain.next(numbers[before[-1]]), False


def _numbers(name: str) -> list[str]:
  return _NUMBER.findall(name)


def _follows(norm: str, layer: str) -> bool:
  """Tells whether both are of one sequence, right after each other."""
  (parent, _, number), (other, _, before) = (
    name.rpartition('.') for name in (norm, layer)
  )
  return (
    parent == other
    and number.isdecimal()
    and before.isdecimal()
    and int(number) == int(before) + 1
  )


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
