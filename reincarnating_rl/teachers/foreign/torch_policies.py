"""Teachers of any PyTorch network whose layers are declared."""

import dataclasses
import os

from reincarnating_rl.importers.formats import safetensors_file, torch_file
from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  TeacherError,
)
from reincarnating_rl.teachers.foreign import (
  actors,
  base,
  declared_layers,
  layers_draft,
  state_dict_search,
)
from reincarnating_rl.teachers.foreign.base import Foreign, Target
from reincarnating_rl.teachers.foreign.conversion import convert
from reincarnating_rl.teachers.foreign.layers import Layers
from reincarnating_rl.teachers.foreign.observation_statistics import Statistics
from reincarnating_rl.teachers.foreign.state_dicts import StateDict, listing

_NOISY = ('weight_mu', 'bias_mu')


def read(
  path: str | os.PathLike[str],
  layers: Layers | None,
  target: Target,
  statistics: Statistics | None = None,
) -> Foreign:
  """Reads a `state_dict`, of `torch.save` or of safetensors.

  Args:
    path: of the file.
    layers: which parameters are which layers; None raises an error that tells
      which parameters there are.
    target: the game that it is converted for.
    statistics: by which its observations are normalized, if they are.

  Returns:
    The teacher.

  Raises:
    MissingFileError: the file cannot be read.
    DamagedFileError: it is cut short, altered, or holds no parameters.
    UnsafeFileError: it asks for more than data.
    TeacherError: `layers` is None.
    MismatchedTeacherError: the network has other layers, or is for another
      game.
  """
  data, sha256 = base.read_file(path)
  source = str(path)
  if safetensors_file.is_safetensors(data):
    name, saved = 'safetensors', safetensors_file.loads(data, source)
  else:
    name, saved = 'torch', torch_file.loads(data, source)
  state_dict = state_dict_search.find(saved, source)
  if statistics is None:
    state_dict_search.check_no_statistics(saved, state_dict, source)
  state_dict = _without_noise(state_dict)
  if layers is None:
    raise _undeclared(state_dict, target, source)
  found = convert(
    state_dict,
    _scaled(layers, target, source),
    target,
    source=source,
    statistics=statistics,
    bounds=_bounds(state_dict, layers, source),
  )
  declared_layers.check(state_dict, layers, source)
  metadata = {'format': name, 'algorithm': layers.kind}
  if layers.assumed:
    metadata[base.ASSUMED] = ' and '.join(
      f'Layers.{field} = {getattr(layers, field)!r}' for field in layers.assumed
    )
  return found._replace(sha256=sha256, metadata=metadata | found.metadata)


def _without_noise(state_dict: StateDict) -> StateDict:
  """Makes linear layers of noisy ones (Fortunato et al. 2018).

  Their noise, of `weight_sigma` and `weight_epsilon`, is off where one plays.
  """
  means = {
    name: layer
    for name in state_dict
    for layer in (name.removesuffix('_mu'),)
    if name.rpartition('.')[2] in _NOISY
    and f'{layer}_sigma' in state_dict
    and layer not in state_dict
  }
  noise = {f'{x}_{of}' for x in means.values() for of in ('sigma', 'epsilon')}
  return {
    means.get(name, name): array
    for name, array in state_dict.items()
    if name not in noise
  }


def _bounds(
  state_dict: StateDict, layers: Layers, source: str
) -> Continuous | None:
  """Reads the bounds that an actor keeps beside its parameters, if it does."""
  if not layers.is_actor:
    return None
  told = {
    actors.told_by_buffers(state_dict, name.removesuffix(actors.SCALE), source)
    for name in state_dict
    if name.rpartition('.')[2] == actors.SCALE
  } - {None}
  if len(told) > 1:
    raise MismatchedTeacherError(
      f'{source} has several actors, of {" and ".join(map(str, told))}; save '
      'the parameters of the teacher alone.'
    )
  return next(iter(told), None)


def _scaled(layers: Layers, target: Target, source: str) -> Layers:
  """Says what a network of images divides states by, where that is certain."""
  is_told = layers.scale is not None
  if is_told or not (layers.convolutions or layers.residual):
    return layers
  if target.are_pixels:
    return dataclasses.replace(layers, scale=255.0)
  raise TeacherError(
    f'{source} does not tell what its network divides states by, and the '
    "game's observations are not bytes up to 255, as far as is known: declare "
    'it with Layers.scale, which is 1.0 where they are taken as they are.'
  )


def _undeclared(
  state_dict: StateDict, target: Target, source: str
) -> TeacherError:
  """Shows a declaration that names what could be layers."""
  drafted = layers_draft.draft(
    state_dict, of_vectors=isinstance(target.actions, Continuous)
  )
  text = (
    f'{source} does not tell which of its parameters are which layers; it has '
    f'{listing(state_dict)}; declare them with create_teacher.layers, such as '
    f'{drafted.text}, with its own strides and activation'
  )
  if 'convolutions=' in drafted.text and not target.are_pixels:
    text += (
      ', and what it divides states by as scale, such as 1.0: the game shows '
      'no bytes up to 255, as far as is known'
    )
  if drafted.norms:
    text += (
      f', and {drafted.norms} if each is computed right after its layer or '
      'right before it, in that order; name what follows an activation before '
      'the next layer, and GroupNorms in Layers.group_norms with their groups'
    )
  if not drafted.is_chain:
    text += (
      '; their sizes form no chain, so leave out what is no part of the '
      "policy, and name a dueling network's value stream in Layers.value"
    )
  if drafted.left_out:
    left = {name: state_dict[name] for name in drafted.left_out}
    text += (
      f'; {listing(left)} have no place in it: name them in Layers.unused if '
      'the policy does without them'
    )
  return TeacherError(f'{text}.')
