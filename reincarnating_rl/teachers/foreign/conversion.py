"""Turns the parameters of another library's network into those of our own."""

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.learner.types import Params
from reincarnating_rl.networks.layered import Convolution
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign import (
  actors,
  heads,
  image_sizes,
  norm_places,
  norms,
  observed_axes,
)
from reincarnating_rl.teachers.foreign.base import Foreign, Target
from reincarnating_rl.teachers.foreign.heads import Head
from reincarnating_rl.teachers.foreign.layers import OUTPUTS, Layers
from reincarnating_rl.teachers.foreign.norm_places import Plan
from reincarnating_rl.teachers.foreign.observation_statistics import Statistics
from reincarnating_rl.teachers.foreign.observed_axes import Axes
from reincarnating_rl.teachers.foreign.state_dicts import (
  ADVICE,
  Layer,
  StateDict,
  read_layer,
)


def convert(
  state_dict: StateDict,
  layers: Layers,
  target: Target,
  *,
  source: str,
  axes: Axes | None = None,
  statistics: Statistics | None = None,
  bounds: Continuous | None = None,
) -> Foreign:
  """Makes a teacher of parameters.

  Args:
    state_dict: the parameters by name; those that `layers` does not name are
      left out, which the caller has checked.
    layers: which of them are which layers.
    target: the game that it is converted for.
    source: the file, for messages.
    axes: of a state, in the order in which a network without convolutions
      flattens them; None: as the layout says.
    statistics: by which its observations are normalized, if they are.
    bounds: of its actions, if they are vectors and the file tells.

  Returns:
    The teacher; the checksum of its file is left empty.

  Raises:
    MismatchedTeacherError: a parameter is missing, of an impossible shape or
      not of finite floats, or the network is for other states or actions.
  """
  state_shape = target.state_shape
  read = functools.partial(_read, state_dict, layers, source)
  stacks = [_read_stack(read, names, source) for names in layers.residual]
  convolutions = [read(name, 4) for name, *_ in layers.convolutions]
  dense = [read(name, 2) for name in layers.dense]
  images = [*itertools.chain(*stacks), *convolutions]
  value = [read(name, 2) for name in layers.value]
  for chain in (images, dense, value):
    _check_chain(chain, source)
  dense = heads.dueling(dense, value, layers, source)
  network = _describe(stacks, convolutions, dense, layers)
  _check_channels(images, state_shape, source)
  size = image_sizes.after(network, state_shape)
  if min(size) <= 0 or math.prod(size) != len(dense[0].kernel):
    raise _other_states(dense[0], network, state_shape, source)
  layout = layers.layout or dense[0].layout
  if layout == 'channels_first':
    chain = stacks[0] if stacks else convolutions
    chain[:1] = [
      layer._replace(kernel=observed_axes.stack_last(layer.kernel, state_shape))
      for layer in chain[:1]
    ]
  if images or axes is None:
    axes = observed_axes.of_layout(layout, len(size))
  dense[0] = dense[0]._replace(
    kernel=observed_axes.flattened(dense[0].kernel, axes, size)
  )
  head = _head(dense[-1], state_dict, layers, target, bounds, source)
  network |= head.fields
  outputs, taken = len(head.layer.bias), head.taken
  plan = Plan(network, state_shape, layout, axes, outputs, taken)
  network['norms'], applied = norm_places.place_all(
    layers, state_dict, plan, source
  )
  dense[-1] = dense[-1]._replace(
    kernel=head.layer.kernel[:, taken], bias=head.layer.bias[taken]
  )
  params = _params(stacks, convolutions, dense)
  params['params'] |= head.params
  params['params'] |= {f'Norm_{i}': norm for i, norm in enumerate(applied)}
  if statistics is not None:
    params['params']['observations'] = statistics.for_states(state_shape)
    network |= {'normalized': True, 'clip': statistics.clip}
  return Foreign(
    kind=layers.kind,
    network=network,
    params=params,
    sha256='',
    metadata={'actions': head.actions, 'layout': layout},
  )


def _head(
  head: Layer,
  state_dict: StateDict,
  layers: Layers,
  target: Target,
  bounds: Continuous | None,
  source: str,
) -> Head:
  if layers.is_actor:
    return actors.head(head, state_dict, layers, target.actions, bounds, source)
  return heads.head(head, layers, target, source)


def _read(
  state_dict: StateDict, layers: Layers, source: str, name: str, rank: int
) -> Layer:
  """Reads a layer, and folds into it the normalization that follows it."""
  layer = read_layer(state_dict, name, rank, source)
  for norm in layers.norms():
    if norm.layer == name and norm.is_folded:
      layer = norms.fold(layer, state_dict, norm, source)
  return layer


def _read_stack(
  read: Callable[[str, int], Layer], names: tuple[str, ...], source: str
) -> list[Layer]:
  stack = [read(name, 4) for name in names]
  features = len(stack[0].bias)
  for layer in stack:
    if layer.kernel.shape[:2] != (3, 3) or len(layer.bias) != features:
      raise MismatchedTeacherError(
        f'{source}: {layer.name} is of the shape {layer.kernel.shape}, unlike '
        f"the convolutions of Impala's residual stacks; {ADVICE}"
      )
  return stack


def _check_chain(chain: list[Layer], source: str) -> None:
  for before, after in zip(chain, chain[1:], strict=False):
    if after.kernel.shape[-2] != len(before.bias):
      raise MismatchedTeacherError(
        f'{source}: {after.name} has {after.kernel.shape[-2]} inputs, but '
        f'{before.name} before it has {len(before.bias)} outputs; {ADVICE}'
      )


def _describe(
  stacks: list[list[Layer]],
  convolutions: list[Layer],
  dense: list[Layer],
  layers: Layers,
) -> dict[str, Any]:
  """Returns the fields of the network but `num_actions`."""
  described: list[Convolution] = []
  for layer, given in zip(convolutions, layers.convolutions, strict=True):
    _, stride, padding = (*given, 0)[:3]
    height, width, _, features = layer.kernel.shape
    described.append((features, (height, width), stride, padding))
  return {
    'residual': tuple(len(stack[0].bias) for stack in stacks),
    'pool_padding': layers.pool_padding,
    'convolutions': tuple(described),
    'hidden': tuple(len(layer.bias) for layer in dense[:-1]),
    'activation': layers.activation,
    'scale': layers.scale or 1.0,
    'output': OUTPUTS[layers.kind],
    'num_atoms': layers.num_atoms or 1,
    'value_range': layers.value_range,
  }


def _check_channels(
  images: list[Layer], state_shape: tuple[int, ...], source: str
) -> None:
  if not images:
    return
  channels = images[0].kernel.shape[2]
  is_image = len(state_shape) in (3, 4)
  if not is_image or math.prod(state_shape[2:]) != channels:
    raise MismatchedTeacherError(
      f'The network of {source} takes a stack of {channels} images, but the '
      f'game gives states of shape {state_shape}, the stack last; {ADVICE}'
    )


def _other_states(
  first: Layer,
  network: dict[str, Any],
  state_shape: tuple[int, ...],
  source: str,
) -> MismatchedTeacherError:
  inputs = len(first.kernel)
  takes = f'states of {inputs} numbers'
  if image_sizes.has_images(network):
    sides = image_sizes.fitting(network, inputs)
    widths = f'{sides[0]} to {sides[1]} pixels wide' if sides else 'not square'
    takes = f'images that are {widths} ({first.name} has {inputs} inputs)'
  return MismatchedTeacherError(
    f'The network of {source} takes {takes}, but the game gives states of '
    f'shape {state_shape}, the stack last; {ADVICE}'
  )


def _params(
  stacks: list[list[Layer]], convolutions: list[Layer], dense: list[Layer]
) -> Params:
  named = _numbered('Conv', convolutions) | _numbered('Dense', dense)
  for index, stack in enumerate(stacks):
    named[f'_stacks_{index}'] = _numbered('Conv', stack)
  return {'params': named}


def _numbered(kind: str, chain: list[Layer]) -> dict[str, Any]:
  return {
    f'{kind}_{index}': {'kernel': layer.kernel, 'bias': layer.bias}
    for index, layer in enumerate(chain)
  }
