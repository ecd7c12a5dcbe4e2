"""Teachers of Stable-Baselines3 and its contrib package: their zip files.

`policy.pth` holds the parameters and `data`, JSON, describes the agent. What is
pickled in `data` is left alone: beside it, the same is told in plain text.
"""

import json
import os
from typing import Any

from reincarnating_rl.importers.formats import torch_file
from reincarnating_rl.importers.formats.zip_members import Members
from reincarnating_rl.support.errors import DamagedFileError
from reincarnating_rl.teachers.foreign import (
  base,
  stable_baselines3_policies,
  stable_baselines3_spaces,
  state_dict_search,
)
from reincarnating_rl.teachers.foreign.base import (
  Foreign,
  Target,
)
from reincarnating_rl.teachers.foreign.conversion import convert

_VERSION = '_stable_baselines3_version'
_ALGORITHMS = {'dqn': 'dqn', 'quantile': 'qr-dqn'}


def read(
  path: str | os.PathLike[str],
  target: Target,
) -> Foreign:
  """Reads a DQN, a QR-DQN, a PPO or an A2C, with a CnnPolicy or an MlpPolicy.

  Args:
    path: of the file that `model.save` wrote.
    target: the game that it is converted for.

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
  spaces.check(target.state_shape, source)
  layers = stable_baselines3_policies.layers(
    state_dict, described, spaces, source
  )
  found = convert(
    state_dict,
    layers,
    target,
    source=source,
  )
  actor_critic = 'ppo' if 'clip_range' in described else 'a2c'
  version = members.read(_VERSION) if _VERSION in members.names else b''
  metadata = {
    'format': 'stable_baselines3',
    'version': version[:20].decode('ascii', 'replace').strip(),
    'algorithm': _ALGORITHMS.get(layers.kind, actor_critic),
    'observations': 'as they are; VecNormalize, if any, is not in the file',
  }
  return found._replace(sha256=sha256, metadata=metadata | found.metadata)


def _description(members: Members, source: str) -> dict[str, Any]:
  if not {'data', 'policy.pth'} <= members.names:
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
