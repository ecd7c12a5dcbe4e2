"""Teachers of CleanRL: its `.cleanrl_model` files, of PyTorch or of Flax.

Its agents see four grey frames of 84 x 84 pixels, channels first, divided by
255, or vectors as they are, and have the game's own actions.
"""

import math
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from reincarnating_rl.importers.formats import flax_file, torch_file
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign import base, state_dict_search
from reincarnating_rl.teachers.foreign.base import Foreign, Target
from reincarnating_rl.teachers.foreign.conversion import convert
from reincarnating_rl.teachers.foreign.layers import Layers
from reincarnating_rl.teachers.foreign.observation_statistics import Statistics
from reincarnating_rl.teachers.foreign.state_dicts import StateDict, listing

_STRIDES = (4, 2, 1)
_LEAVES, _ATOMS = ('weight', 'kernel', 'bias'), 'atoms'
# Of ppo_continuous_action.py; ddpg_, td3_ and sac_continuous_action.py.
_CONTINUOUS = ('actor_mean', 'actor_logstd', 'fc_mu', 'fc_mean', '0.fc_mu')


class _Script(NamedTuple):
  """The layers that one of its training scripts saves."""

  kind: str
  convolutions: tuple[str, ...]
  dense: tuple[str, ...]
  critic: tuple[str, ...] = ()
  activation: str = 'relu'
  residual: tuple[tuple[str, ...], ...] = ()
  pool_padding: int | str = 'SAME'

  def names(self) -> set[str]:
    """Returns the names of all layers."""
    stacks = (name for stack in self.residual for name in stack)
    return {*stacks, *self.convolutions, *self.dense, *self.critic}


def _numbered(prefix: str, *numbers: int) -> tuple[str, ...]:
  return tuple(f'{prefix}{number}' for number in numbers)


def _stacks(prefix: str, *names: str) -> tuple[tuple[str, ...], ...]:
  return tuple(
    tuple(f'{prefix}{stack}.{name}' for name in names) for stack in range(3)
  )


_TORCH_STACKS = _stacks(
  'network.',
  'conv',
  *(f'res_block{block}.conv{number}' for block in (0, 1) for number in (0, 1)),
)
_FLAX_STACK = (
  'Conv_0',
  *(f'ResidualBlock_{block}.Conv_{n}' for block in (0, 1) for n in (0, 1)),
)
_SCRIPTS = (
  # dqn_atari.py, c51_atari.py; dqn.py, c51.py; ppo_atari.py; ppo.py.
  _Script('dqn', _numbered('network.', 0, 2, 4), _numbered('network.', 7, 9)),
  _Script('dqn', (), _numbered('network.', 0, 2, 4)),
  _Script(
    'ppo', _numbered('network.', 0, 2, 4), ('network.7', 'actor'), ('critic',)
  ),
  _Script(
    'ppo',
    (),
    _numbered('actor.', 0, 2, 4),
    _numbered('critic.', 0, 2, 4),
    activation='tanh',
  ),
  # dqn_atari_jax.py, c51_atari_jax.py; dqn_jax.py, c51_jax.py.
  _Script(
    'dqn',
    _numbered('params.Conv_', 0, 1, 2),
    _numbered('params.Dense_', 0, 1),
  ),
  _Script('dqn', (), _numbered('params.Dense_', 0, 1, 2)),
  # ppo_atari_envpool_xla_jax.py
  _Script(
    'ppo',
    _numbered('1.0.params.Conv_', 0, 1, 2),
    ('1.0.params.Dense_0', '1.1.params.Dense_0'),
    ('1.2.params.Dense_0',),
  ),
  # qdagger_dqn_atari_impalacnn.py, and its JAX; cleanba's PPO.
  _Script(
    'dqn',
    (),
    _numbered('network.', 5, 7),
    residual=_TORCH_STACKS,
    pool_padding=1,
  ),
  _Script(
    'dqn',
    (),
    _numbered('params.Dense_', 0, 1),
    residual=_stacks('params.ConvSequence_', *_FLAX_STACK),
  ),
  _Script(
    'ppo',
    (),
    ('1.0.params.Dense_0', '1.1.params.Dense_0'),
    ('1.2.params.Dense_0',),
    residual=_stacks('1.0.params.ConvSequence_', *_FLAX_STACK),
  ),
)


def read(
  path: str | os.PathLike[str],
  target: Target,
  statistics: Statistics | None = None,
) -> Foreign:
  """Reads a DQN, a C51 or a PPO of discrete actions.

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
    state_dict = state_dict_search.find(saved, source)
  else:
    framework, saved = 'flax', flax_file.loads(data, source)
    tree = saved.get('model_weights', saved)
    state_dict = state_dict_search.flatten(tree, source)
  if statistics is None:
    state_dict_search.check_no_statistics(saved, state_dict, source)
  settings = _settings(saved)
  layers = _layers(state_dict, settings, source)
  found = convert(
    state_dict,
    layers,
    target,
    source=source,
    statistics=statistics,
  )
  described = {
    'format': 'cleanrl',
    'framework': framework,
    'algorithm': 'c51' if layers.kind == 'rainbow' else layers.kind,
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


def _layers(
  state_dict: StateDict, settings: Mapping[str, Any], source: str
) -> Layers:
  names = {
    # Whatever else there is, no script of these has.
    layer if leaf in _LEAVES else name
    for name in state_dict
    for layer, _, leaf in (name.rpartition('.'),)
  } - {_ATOMS}
  for script in _SCRIPTS:
    if names == script.names():
      break
  else:
    if any(name.startswith(_CONTINUOUS) for name in names):
      raise MismatchedTeacherError(
        f'{source} is of a script of CleanRL whose actions are continuous, but '
        'students choose among discrete actions; give a DQN, a C51 or a PPO of '
        'discrete actions.'
      )
    raise MismatchedTeacherError(
      f'{source} is no DQN, C51 or PPO of CleanRL: it has '
      f'{listing(state_dict)}; declare which are its layers with '
      'create_teacher.layers.'
    )
  is_policy = script.kind == 'ppo'
  atoms = {} if is_policy else _atoms(state_dict, settings, source)
  return Layers(
    kind='rainbow' if atoms else script.kind,
    residual=script.residual,
    pool_padding=script.pool_padding,
    convolutions=tuple(zip(script.convolutions, _STRIDES, strict=False)),
    dense=script.dense,
    activation=script.activation,
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
