"""Teachers of Stable-Baselines3 and its contrib package: their zip files.

`policy.pth` holds the parameters and `data`, JSON, describes the agent. What is
pickled in `data` is told in plain text beside it, but for the bounds of
observations; these are read as data.
"""

import json
import os
from typing import Any

from reincarnating_rl.importers.formats import torch_file
from reincarnating_rl.importers.formats.zip_members import Members
from reincarnating_rl.support.errors import DamagedFileError, UserError
from reincarnating_rl.teachers.foreign import (
  base,
  stable_baselines3_policies,
  stable_baselines3_spaces,
  state_dict_search,
)
from reincarnating_rl.teachers.foreign.base import Foreign, Target
from reincarnating_rl.teachers.foreign.conversion import convert
from reincarnating_rl.teachers.foreign.observation_statistics import Statistics

MEMBERS = frozenset(('data', 'policy.pth'))  # That a model cannot do without.
_COLOURS = 3
_VERSION = '_stable_baselines3_version'


def read(
  path: str | os.PathLike[str],
  target: Target,
  statistics: Statistics | None = None,
) -> Foreign:
  """Reads an agent with a CnnPolicy or an MlpPolicy.

  Args:
    path: of the file that `model.save` wrote.
    target: the game that it is converted for.
    statistics: by which its observations are normalized, if they are.

  Returns:
    The teacher.

  Raises:
    MissingFileError: the file cannot be read.
    DamagedFileError: it is cut short, altered or no such file.
    UnsafeFileError: its parameters ask for more than data.
    MismatchedTeacherError: it is none of these agents, or for another game.
  """
  data, sha256 = base.read_file(path)
  source = str(path)
  members = Members(data, source)
  described = _description(members, source)
  weights = torch_file.loads(members.read('policy.pth'), f'{source}/policy.pth')
  state_dict = state_dict_search.flatten(weights, source)
  spaces = stable_baselines3_spaces.read(described, source)
  layers = stable_baselines3_policies.layers(
    state_dict, described, spaces, source
  )
  axes = spaces.axes(
    target.state_shape, source, is_convolved=bool(layers.convolutions)
  )
  found = convert(
    state_dict,
    layers,
    target,
    source=source,
    axes=axes,
    statistics=statistics,
    bounds=spaces.bounds,
  )
  version = members.read(_VERSION) if _VERSION in members.names else b''
  metadata = {
    'format': 'stable_baselines3',
    'version': version[:20].decode('ascii', 'replace').strip(),
    'algorithm': stable_baselines3_policies.algorithm(described, layers.kind),
  }
  if stable_baselines3_policies.is_masked(described):
    metadata[base.MASKS] = 'not used: it may choose actions that were masked'
  return found._replace(sha256=sha256, metadata=metadata | found.metadata)


def state_shape(path: str | os.PathLike[str]) -> tuple[int, ...] | None:
  """Returns the shape of states that a teacher can be of, by its own file.

  Args:
    path: of the file.

  Returns:
    (*O, S), the channels of images as a stack unless they are three colours;
    None where it does not tell.
  """
  source = str(path)
  try:
    members = Members(base.read_file(path)[0], source)
    spaces = stable_baselines3_spaces.read(
      _description(members, source), source
    )
  except UserError:
    return None  # Whoever reads the teacher says why.
  shape = spaces.observation_shape
  if not spaces.are_images:
    return (*shape, 1)
  channels, *sides = shape
  return (*sides, channels, 1) if channels == _COLOURS else (*sides, channels)


def _description(members: Members, source: str) -> dict[str, Any]:
  if not MEMBERS <= members.names:
    raise DamagedFileError(
      f'{source} has no data and policy.pth; give the file that model.save of '
      'Stable-Baselines3 wrote.'
    )
  try:
    described = json.loads(members.read('data'))
  except (ValueError, RecursionError) as error:
    raise DamagedFileError(
      f'{source}: its data are not JSON ({str(error)[:100]}); copy it again '
      'from where it came.'
    ) from error
  if not isinstance(described, dict):
    raise DamagedFileError(
      f'{source}: its data describe no agent; copy it again from where it came.'
    )
  return described
