"""Where a torso is from: layers of a checkpoint of any sort."""

import pathlib
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from flax import linen as nn
from flax import traverse_util

from reincarnating_rl.learner.types import Array, Params
from reincarnating_rl.networks.layered import LayeredNetwork
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import checkpoint_files, checkpoints
from reincarnating_rl.teachers.checkpoints import TeacherCheckpoint
from reincarnating_rl.teachers.description import NETWORKS
from reincarnating_rl.teachers.errors import OtherGameError
from reincarnating_rl.teachers.foreign.base import Target
from reincarnating_rl.teachers.kinds import KINDS

Path = tuple[str, ...]
Flat = dict[Path, np.ndarray]
Shapes = Mapping[Path, Mapping[str, tuple[int, ...]]]
"""Shapes of the parameters of each layer, by their names in it."""

_NOT_TORSO = ('_critic', 'observations')
# Which layers come first, by their names in all networks that there are.
_FIRST = (r'encoder|_stacks_\d+|_shared_network', r'Conv_\d+', r'layers_\d+')
_SMALL_SIDE = 16  # Of images whose entries are 0 and 1.
_VMAX = 10.0  # Of no consequence before the head.


class Inputs(NamedTuple):
  """What a student's network takes of one state.

  Attributes:
    state: [*O, S], as the game gives it.
    arguments: beside the state.
    preprocess: of the state.
  """

  state: Array
  arguments: dict[str, Any]
  preprocess: Callable[[Array], Array] = lambda state: state

  @property
  def seen(self) -> Array:
    """What the network is given of the state."""
    return self.preprocess(self.state)

  def with_something_to_see(self) -> 'Inputs':
    """Returns inputs of another state: random pixels, or random numbers."""
    rng, shape = np.random.default_rng(0), self.state.shape
    dtype = np.asarray(self.state).dtype
    if dtype.kind not in 'bu':
      return self._replace(state=rng.normal(size=shape).astype(dtype))
    most = 255 if dtype == np.uint8 and max(shape) > _SMALL_SIDE else 1
    bits = rng.integers(0, 2, shape).astype(dtype)
    return self._replace(state=bits * dtype.type(most))


class TorsoSource(NamedTuple):
  """The layers of a checkpoint."""

  path: str
  sha256: str
  arrays: Flat  # by path, without 'params'
  output: Callable[[Array, Path], Array | None]
  """`(state[*O, S], layer) -> ` what the layer returns; None where the file
  does not tell its network."""


def read(path: str, state_shape: tuple[int, ...], actions: Any) -> TorsoSource:
  """Reads the layers of a checkpoint.

  Args:
    path: as in `checkpoints.load_checkpoint`.
    state_shape: (*O, S), of one state of the student's game.
    actions: of that game; those of the checkpoint may be others.

  Raises:
    UserError: it cannot be read.
  """
  try:
    found = _load(path, Target(actions, state_shape))
  except OtherGameError as error:  # Of a file that is converted for a game.
    found = _load(path, Target(error.actions, state_shape))
  flat = traverse_util.flatten_dict(found.params['params'])
  arrays = {p: np.asarray(x) for p, x in flat.items() if _may_be_torso(p)}
  return TorsoSource(
    found.path,
    found.sha256,
    arrays,
    lambda state, layer: _output(found, state, layer),
  )


def _load(path: str, target: Target) -> TeacherCheckpoint:
  prefix, folder = 'ckpt', pathlib.Path(path).expanduser()
  if folder.is_dir():
    folder = checkpoint_files.find_folder(folder)
    of_tensorflow = checkpoint_files.PREFIXES[1]
    if not checkpoint_files.available(folder, prefix) and (
      checkpoint_files.available(folder, of_tensorflow)
    ):
      prefix = of_tensorflow
  return checkpoints.load_checkpoint(path, None, prefix, target=target)


def _may_be_torso(path: Path) -> bool:
  return not path[0].startswith(_NOT_TORSO) and len(path) > 1


def _order(layer: Path) -> tuple[Any, ...]:
  """Returns what sorts layers as they are computed."""
  ranks = [i for i, p in enumerate(_FIRST) if re.fullmatch(p, layer[0])]
  parts = [re.split(r'(\d+)', part) for part in layer]
  counted = [[(int(x) if x.isdigit() else x) for x in p] for p in parts]
  return (ranks[0] if ranks else len(_FIRST), counted)


def paired(layers: Shapes, source: TorsoSource) -> dict[Path, Path]:
  """Returns the layer of a source for each of a student's torso.

  Layers of the same names belong together; else those of the same order.

  Args:
    layers: of the student, in order of computation.
    source: what it begins with.

  Raises:
    UserError: a layer has no equal; naming both and their shapes.
  """
  theirs: dict[Path, dict[str, tuple[int, ...]]] = {}
  for path, array in source.arrays.items():
    theirs.setdefault(path[:-1], {})[path[-1]] = array.shape
  names = sorted(theirs, key=_order)
  if layers.keys() <= theirs.keys():
    names = [*layers]
  found = dict(zip(layers, names, strict=False))
  for layer, shapes in layers.items():
    other = found.get(layer)
    if other is None or theirs[other] != shapes:
      has = f'{_told(other, theirs[other])} there' if other else 'nothing there'
      raise UserError(
        f"The torso of {source.path} is not the student's: it has "
        f'{_told(layer, shapes)}, and {has} in its place; bind the network '
        'that the file is of, or leave out Student.torso_from.'
      )
  return found


def _told(layer: Path, shapes: Mapping[str, tuple[int, ...]]) -> str:
  listed = ', '.join(
    f'{name} {shape}' for name, shape in sorted(shapes.items())
  )
  return f'{"/".join(layer)} ({listed})'


def _output(
  found: TeacherCheckpoint, state: Array, layer: Path
) -> Array | None:
  told = found.description
  if told is None:
    return None
  network = NETWORKS[told.network](num_actions=1, **told.fields)
  arguments = {}
  if told.network != LayeredNetwork.__name__:
    arguments = KINDS[told.kind].inputs(told.fields, told.vmax or _VMAX)
  try:
    outputs(network, found.params, state, arguments, until=layer)
  except _Reached as reached:
    return reached.output
  return None


class _Reached(Exception):  # noqa: N818
  """The layer that was waited for has been computed; what follows is not."""

  def __init__(self, output: Array) -> None:
    super().__init__()
    self.output = output


def outputs(
  network: nn.Module,
  params: Params,
  state: Array,
  arguments: Mapping[str, Any],
  until: Path | None = None,
) -> dict[Path, Array]:
  """Returns what each layer of a network returns, in order of computation.

  Args:
    network: whose layers are modules with parameters of their own.
    params: of it.
    state: one, [*O, S].
    arguments: beside the state.
    until: a layer after which nothing is computed.

  Raises:
    _Reached: with the output of that layer.
  """
  layers = {p[:-1] for p in traverse_util.flatten_dict(params['params'])}
  found: dict[Path, Array] = {}

  def intercept(call: Any, given: Any, named: Any, context: Any) -> Any:
    output = call(*given, **named)
    path = tuple(context.module.path)
    if context.method_name == '__call__' and path and path in layers:
      found.setdefault(path, output)
      if path == until:
        raise _Reached(output)
    return output

  with nn.intercept_methods(intercept):
    network.apply(params, state, **arguments)
  return found
