"""Which normalizations a network applies, and where."""

import math
from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.networks.layered import Norm as Applied
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign import (
  image_sizes,
  norms,
  observed_axes,
)
from reincarnating_rl.teachers.foreign.declared_norms import Norm
from reincarnating_rl.teachers.foreign.layers import Layers
from reincarnating_rl.teachers.foreign.norms import Placed, Position
from reincarnating_rl.teachers.foreign.observed_axes import Axes
from reincarnating_rl.teachers.foreign.state_dicts import ADVICE, StateDict


class Plan(NamedTuple):
  """A network as far as normalizations must know it."""

  network: dict[str, Any]  # fields of `LayeredNetwork`
  state_shape: tuple[int, ...]
  layout: str  # one of `layers.LAYOUTS`
  axes: Axes  # in whose order the teacher flattens what is linear
  outputs: int  # of the head
  taken: np.ndarray  # which of these are the game's


def place_all(
  layers: Layers, state_dict: StateDict, plan: Plan, source: str
) -> tuple[tuple[Applied, ...], list[dict[str, np.ndarray]]]:
  """Reads the normalizations that are no part of a layer.

  Args:
    layers: the declaration.
    state_dict: holds their parameters.
    plan: of the network.
    source: the file, for messages.

  Returns:
    `LayeredNetwork.norms`, and the parameters of each.

  Raises:
    MismatchedTeacherError: a parameter is missing, of an impossible shape or
      not of finite floats, or one is where none can be applied.
  """
  order = [name for name, *_ in layers.convolutions] + list(layers.dense)
  order = order[: len(order) - len(layers.value)]
  applied, params = [], []
  for norm in layers.norms():
    if norm.is_folded:
      continue
    if norm.layer not in order:
      raise MismatchedTeacherError(
        f'{source}: {norm.name} is beside {norm.layer} of a residual stack '
        'or a stream of a dueling network, where none but a BatchNorm right '
        'after a layer can be read.'
      )
    index = order.index(norm.layer)
    place, position = _position(norm, index, state_dict, plan)
    found = norms.place(norm, state_dict, position, source)
    if norm.is_after and norm.layer == layers.dense[-1]:
      found = _of_actions(found, plan.taken, norm, source)
    applied.append((index, place, found.kind, found.detail, norm.epsilon))
    params.append(found.params)
  return tuple(applied), params


def _position(
  norm: Norm, index: int, state_dict: StateDict, plan: Plan
) -> tuple[str, Position]:
  """Returns the place of a normalization, and what it takes there."""
  network, layout = plan.network, plan.layout
  convolutions = network['convolutions']
  if norm.is_after:
    if index < len(convolutions):
      return 'outputs', Position(_image_after(plan, index + 1), layout)
    sizes = (*network['hidden'], plan.outputs)
    return 'outputs', Position(sizes[index - len(convolutions) :][:1], layout)
  if index > len(convolutions):
    before = network['hidden'][index - len(convolutions) - 1]
    return 'inputs', Position((before,), layout)
  size = _image_after(plan, index)
  is_linear = index == len(convolutions)
  if is_linear and not (_has_axes(norm, state_dict, size)):
    return 'inputs', Position(
      (math.prod(size),),
      layout,
      lambda array: observed_axes.flattened(array, plan.axes, size),
    )
  place = 'unflattened' if is_linear else 'inputs'
  if index or network['residual'] or layout == 'channels_last':
    return place, Position(size, layout)
  return place, Position(
    size,
    layout,
    lambda array: observed_axes.stack_last(array, plan.state_shape),
  )


def _image_after(plan: Plan, count: int) -> tuple[int, ...]:
  """Returns what so many of the convolutions return."""
  kept = plan.network['convolutions'][:count]
  if not image_sizes.has_images(plan.network):
    return plan.state_shape
  if not kept and not plan.network['residual']:
    height, width, *channels = plan.state_shape
    return height, width, math.prod(channels)
  network = {**plan.network, 'convolutions': kept}
  return image_sizes.after(network, plan.state_shape)


def _has_axes(norm: Norm, state_dict: StateDict, size: tuple[int, ...]) -> bool:
  """Whether it is of images, not of what they are once flattened."""
  shapes = [
    state_dict[name].shape
    for leaf in norms.LEAVES[norm.kind]
    if (name := f'{norm.name}.{leaf}') in state_dict and state_dict[name].ndim
  ]
  is_image = len(size) == 3
  return is_image and bool(shapes) and shapes[0] != (math.prod(size),)


def _of_actions(
  found: Placed, taken: np.ndarray, norm: Norm, source: str
) -> Placed:
  """Orders a normalization of a head's outputs as the game's actions are."""
  features = len(found.params['scale'])
  is_same = np.array_equal(taken, np.arange(features))
  is_order = np.array_equal(np.sort(taken), np.arange(features))
  if is_same or (is_order and found.kind == 'layer'):
    return found._replace(
      params={name: array[taken] for name, array in found.params.items()}
    )
  raise MismatchedTeacherError(
    f'{source}: {norm.name} normalizes all {features} outputs of {norm.layer} '
    f'together, but the game has other actions; {ADVICE}'
  )
