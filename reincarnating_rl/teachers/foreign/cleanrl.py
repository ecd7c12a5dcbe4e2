"""Teachers of CleanRL: its `.cleanrl_model` files, of PyTorch or of Flax.

Its agents see four grey frames of 84 x 84 pixels, channels first, divided by
255, or vectors as they are, and have the game's own actions. Actors whose
actions are vectors keep the game's bounds beside their parameters in PyTorch,
but for PPO, and not in Flax.
"""

import math
import os
from collections.abc import Mapping
from typing import Any

from reincarnating_rl.importers.formats import flax_file, torch_file
from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign import actors, base, state_dict_search
from reincarnating_rl.teachers.foreign.base import Foreign, Target
from reincarnating_rl.teachers.foreign.cleanrl_scripts import SCRIPTS, Script
from reincarnating_rl.teachers.foreign.conversion import convert
from reincarnating_rl.teachers.foreign.layers import Layers
from reincarnating_rl.teachers.foreign.observation_statistics import Statistics
from reincarnating_rl.teachers.foreign.state_dicts import StateDict, listing

_STRIDES = (4, 2, 1)
_LEAVES, _ATOMS = ('weight', 'kernel', 'bias'), 'atoms'


def read(
  path: str | os.PathLike[str],
  target: Target,
  statistics: Statistics | None = None,
) -> Foreign:
  """Reads an agent.

  Args:
    path: of the file.
    target: the game that it is converted for.
    statistics: by which its observations are normalized, if they are.

  Returns:
    The teacher.

  Raises:
    MissingFileError: the file cannot be read.
    DamagedFileError: it is cut short, altered or none of CleanRL.
    UnsafeFileError: it asks for more than data.
    MismatchedTeacherError: it is none of these agents, or for another game.
  """
  data, sha256 = base.read_file(path)
  source = str(path)
  if torch_file.is_torch_file(data):
    framework, saved = 'torch', torch_file.loads(data, source)
    is_several = isinstance(saved, list | tuple)  # An actor and its critics.
    find = state_dict_search.flatten if is_several else state_dict_search.find
    state_dict = find(saved, source)
  else:
    framework, saved = 'flax', flax_file.loads(data, source)
    tree = saved.get('model_weights', saved)
    state_dict = state_dict_search.flatten(tree, source)
  if statistics is None:
    state_dict_search.check_no_statistics(saved, state_dict, source)
  settings = _settings(saved)
  script = _script(state_dict, source)
  layers = _layers(script, state_dict, settings, source)
  found = convert(
    state_dict,
    layers,
    target,
    source=source,
    statistics=statistics,
    bounds=_bounds(script, state_dict, source),
  )
  described = {
    'format': 'cleanrl',
    'framework': framework,
    'algorithm': _algorithm(script, layers),
    'trained_on': str(settings.get('env_id', 'unknown'))[:100],
  }
  return found._replace(sha256=sha256, metadata=described | found.metadata)


def _settings(saved: Any) -> Mapping[str, Any]:
  """Returns the arguments of the script; some save them first in a list."""
  if isinstance(saved, dict):
    for name in ('args', '0'):
      if isinstance(saved.get(name), dict):
        return saved[name]
  return {}


def _script(state_dict: StateDict, source: str) -> Script:
  names = {
    # Whatever else there is, no script of these has.
    f'{layer}.' if leaf in _LEAVES else name
    for name in state_dict
    for layer, _, leaf in (name.rpartition('.'),)
  } - {_ATOMS}
  for script in SCRIPTS:
    if names == script.names():
      return script
  raise MismatchedTeacherError(
    f'{source} is no DQN, C51, PPO, TD3, DDPG or SAC of CleanRL: it has '
    f'{listing(state_dict)}; declare which are its layers with '
    'create_teacher.layers.'
  )


def _bounds(
  script: Script, state_dict: StateDict, source: str
) -> Continuous | None:
  if script.prefix is None:
    return None
  return actors.told_by_buffers(state_dict, script.prefix, source)


def _algorithm(script: Script, layers: Layers) -> str:
  if layers.kind == 'rainbow':
    return 'c51'
  return script.algorithm or layers.kind.removeprefix('gaussian_')


def _layers(
  script: Script,
  state_dict: StateDict,
  settings: Mapping[str, Any],
  source: str,
) -> Layers:
  has_values = script.kind == 'dqn'
  atoms = _atoms(state_dict, settings, source) if has_values else {}
  are_images = script.convolutions or script.residual
  return Layers(
    scale=255.0 if are_images else 1.0,
    kind='rainbow' if atoms else script.kind,
    residual=script.residual,
    pool_padding=script.pool_padding,
    convolutions=tuple(zip(script.convolutions, _STRIDES, strict=False)),
    dense=script.dense,
    activation=script.activation,
    log_std=script.log_std,
    log_std_limit=script.limit,
    **atoms,
  )


def _atoms(
  state_dict: StateDict, settings: Mapping[str, Any], source: str
) -> dict[str, Any]:
  """Returns what `Layers` has for C51: PyTorch saves the atoms, Flax not."""
  support = state_dict.get(_ATOMS)
  if support is not None and support.ndim == 1 and support.size:
    lowest, highest, count = support[0], support[-1], support.size
  elif 'n_atoms' in settings:
    names = ('v_min', 'v_max', 'n_atoms')
    lowest, highest, count = (settings.get(name) for name in names)
  else:
    return {}
  try:
    lowest, highest, count = float(lowest), float(highest), int(count)
    if count < 1 or not -math.inf < lowest < highest < math.inf:
      raise ValueError(f'{count} atoms from {lowest:g} to {highest:g}')
  except (TypeError, ValueError, OverflowError) as error:
    raise MismatchedTeacherError(
      f'{source} has an n_atoms, v_min or v_max that makes no sense '
      f'({ascii(str(error)[:80])[1:-1]}); give the file of c51_atari.py or '
      'c51_atari_jax.py.'
    ) from error
  return {'num_atoms': count, 'value_range': (lowest, highest)}
