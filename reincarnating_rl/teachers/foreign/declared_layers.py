"""Whether a declaration of layers leaves out parameters that matter."""

import re
from collections.abc import Collection

import numpy as np

from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign import norms
from reincarnating_rl.teachers.foreign.actors import BIAS, SCALE
from reincarnating_rl.teachers.foreign.layers import POLICIES, Layers
from reincarnating_rl.teachers.foreign.state_dicts import StateDict, listing

_LEAVES = ('weight', 'kernel', 'bias')
_WORDS = re.compile(r'[a-z]+')
# Words in the names of modules.
_CRITIC = frozenset('critic value values val vf v baseline'.split())
_NO_CRITIC = frozenset(
  (
    *'actor policy pi q advantage adv action'.split(),
    *'proj projection attn attention'.split(),
  )
)
_CRITIC_OF_ACTIONS = frozenset('q qf qnet critic critics'.split())
_ENTROPY = ('log_alpha', 'log_ent_coef')
_ATOMS = frozenset('atoms support supports z'.split())
_EXTRACTOR = 'features_extractor'


def check(state_dict: StateDict, layers: Layers, source: str) -> None:
  """Refuses a declaration that does without a part of the network.

  A normalization or a hidden layer that was forgotten leaves shapes that fit,
  and another policy.

  Args:
    state_dict: the parameters by name.
    layers: that were declared, and found.
    source: the file, for messages.

  Raises:
    MismatchedTeacherError: a parameter is left out. Critics of a policy, target
      networks, copies, counters and what `layers.unused` names may be.
  """
  names = left_out(state_dict, layers)
  if names:
    left = {name: state_dict[name] for name in names}
    raise MismatchedTeacherError(
      f'{source} has parameters that create_teacher.layers leaves out: '
      f'{listing(left)}; declare their layers, normalizations with '
      'Layers.batch_norms, layer_norms or group_norms, or what the policy does '
      'without with Layers.unused; recurrent layers cannot be read.'
    )


def left_out(state_dict: StateDict, layers: Layers) -> list[str]:
  """Returns the parameters that matter and are in no declared layer.

  Args:
    state_dict: the parameters by name.
    layers: that were declared.
  """
  used = {f'{name}.{leaf}' for name in layers.names() for leaf in _LEAVES}
  if layers.log_std is not None:
    used.add(layers.log_std)
  for norm in layers.norms():
    used |= {f'{norm.name}.{leaf}' for leaf in norms.LEAVES[norm.kind]}
  rest = [name for name in state_dict if name not in used]
  return [
    name
    for name in rest
    if not (
      is_copy(name, state_dict, used)
      or _is_among(name, layers.unused)
      or (layers.kind in POLICIES and is_critic(name))
      or (layers.is_actor and is_beside_actor(name))
      or is_target(name, state_dict, used)
      or _is_counter(state_dict[name])
      or (
        layers.kind == 'rainbow' and _is_support(name, state_dict[name], layers)
      )
    )
  ]


def _is_among(name: str, modules: tuple[str, ...]) -> bool:
  return any(
    name == module or name.startswith(f'{module.removesuffix(".")}.')
    for module in modules
  )


def is_critic(name: str) -> bool:
  """Tells whether a parameter is of a critic, by a name such as `value_net`."""
  for part in name.split('.')[:-1]:
    found = words(part)
    if found & _CRITIC and not found & _NO_CRITIC:
      return True
  return False


def is_beside_actor(name: str) -> bool:
  """Tells whether a parameter is one that training keeps beside an actor.

  That is a critic of actions by a name such as `qf1`, the temperature of the
  entropy, or a bound of the actions, which is read apart.
  """
  *modules, leaf = name.split('.')
  return leaf in (*_ENTROPY, SCALE, BIAS) or any(
    words(part) & _CRITIC_OF_ACTIONS for part in modules
  )


def words(part: str) -> set[str]:
  """Returns the words in a part of a name, such as `value_net`."""
  return set(_WORDS.findall(part.lower()))


def is_target(name: str, state_dict: StateDict, among: Collection[str]) -> bool:
  """Tells whether a parameter is of a target network.

  Args:
    name: of the parameter.
    state_dict: the parameters by name.
    among: names of others; one has the same end, as layers of a copy do, and
      the same shape.
  """
  if not any('target' in words(part) for part in name.split('.')[:-1]):
    return False
  shape = state_dict[name].shape
  return any(
    _end(other) == _end(name) and state_dict[other].shape == shape
    for other in state_dict.keys() & set(among)
  )


def _end(name: str) -> str:
  """Returns the last two parts of a name, of a layer in a sequence of them."""
  return '.'.join(name.split('.')[-2:])


def is_copy(name: str, state_dict: StateDict, among: Collection[str]) -> bool:
  """Tells whether a parameter is of a shared features extractor.

  Stable-Baselines3 saves it three times, under names such as
  `pi_features_extractor`. Equal layers of other names may be computed twice.

  Args:
    name: of the parameter.
    state_dict: the parameters by name.
    among: names of others.
  """
  module, _, rest = name.partition('.')
  return module.endswith(_EXTRACTOR) and any(
    other.endswith(f'{_EXTRACTOR}.{rest}')
    and other.count('.') == name.count('.')
    and np.array_equal(state_dict[name], state_dict[other])
    for other in state_dict.keys() & set(among)
  )


def _is_counter(array: np.ndarray) -> bool:
  return not array.ndim and array.dtype.kind in 'iu'


def _is_support(name: str, array: np.ndarray, layers: Layers) -> bool:
  """Whether it is what the declared atoms stand for."""
  if not is_atoms(name, array) or array.size != layers.num_atoms:
    return False
  expected = np.linspace(*layers.value_range, layers.num_atoms)
  return np.allclose(array.reshape(-1), expected, rtol=1e-4, atol=1e-4)


def is_atoms(name: str, array: np.ndarray) -> bool:
  """Tells whether an array can be the atoms of categorical returns."""
  return (
    name.rpartition('.')[2] in _ATOMS
    and array.dtype.kind == 'f'
    and array.size > 1
  )
