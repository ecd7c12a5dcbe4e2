"""Which parameters of Stable-Baselines3's policies are which layers."""

import re
from typing import Any

from reincarnating_rl.networks.layered import ACTIVATIONS
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign import stable_baselines3_layouts
from reincarnating_rl.teachers.foreign.layers import Layers
from reincarnating_rl.teachers.foreign.stable_baselines3_layouts import (
  WAY_OUT,
  Layout,
)
from reincarnating_rl.teachers.foreign.stable_baselines3_spaces import Spaces
from reincarnating_rl.teachers.foreign.state_dicts import StateDict

_NATURE_STRIDES = (4, 2, 1)
_ACTIVATION = re.compile(
  r"<class 'torch\.nn\.modules\.activation\.(\w{1,20})'>"
)
_ACTIVATIONS = {name.replace('_', ''): name for name in ACTIVATIONS}
_LAYERS = 'stable_baselines3.common.torch_layers'
_EXTRACTORS = tuple(
  f"<class '{_LAYERS}.{name}'>" for name in ('NatureCNN', 'FlattenExtractor')
)
# Of the policies that are read. Others, such as those of ARS, CrossQ and the
# recurrent PPO, can have the same parameters and act in another way.
_MODULES = {
  'stable_baselines3': ('common', 'dqn', 'td3', 'sac'),
  'sb3_contrib': ('qrdqn', 'tqc', 'common.maskable'),
}


def layers(
  state_dict: StateDict, described: dict[str, Any], spaces: Spaces, source: str
) -> Layers:
  """Finds the layers that lead to Q-values, quantiles or logits.

  Args:
    state_dict: the policy's parameters by name.
    described: the agent, from the JSON of its file.
    spaces: of the agent.
    source: the file, for messages.

  Returns:
    Their names, and what the description tells of them.

  Raises:
    MismatchedTeacherError: the policy has other layers than these.
  """
  _check_class(described, source)
  settings = _settings(described)
  _check_noise(described, source)
  policy = stable_baselines3_layouts.find(state_dict, spaces, source)
  _check_extractor(settings, source)
  convolutions = _numbered(state_dict, f'{policy.features}cnn.')
  linear = _numbered(state_dict, f'{policy.features}linear.')
  hidden = [n for p in policy.hidden for n in _numbered(state_dict, p)]
  dense = (*linear, *hidden, *((policy.head,) if policy.head else ()))
  log_std = (policy.log_std,) if policy.log_std else ()
  used = {*convolutions, *dense, *log_std}
  _check_all_used(state_dict, used, policy, source)
  if not dense or len(convolutions) not in (0, len(_NATURE_STRIDES)):
    raise MismatchedTeacherError(
      f'{source} has {len(convolutions)} convolutions and {len(dense)} linear '
      f'layers, unlike NatureCNN; {WAY_OUT}'
    )
  is_scaled = spaces.are_images and settings.get('normalize_images', True)
  num_hidden = len(hidden) - (policy.head is None)
  return Layers(
    kind=policy.kind,
    convolutions=tuple(zip(convolutions, _NATURE_STRIDES, strict=False)),
    dense=dense,
    activation=(
      *('relu',) * (len(convolutions) + len(linear)),
      *(_activation(settings, policy, source),) * num_hidden,
    ),
    scale=255.0 if is_scaled else 1.0,
    num_atoms=_num_quantiles(state_dict, dense[-1], policy, spaces),
    atoms_first=True,
    log_std=policy.log_std,
    log_std_limit=policy.limit,
  )


def _settings(described: dict[str, Any]) -> dict[str, Any]:
  settings = described.get('policy_kwargs')
  return settings if isinstance(settings, dict) else {}


def _check_noise(described: dict[str, Any], source: str) -> None:
  """Refuses noise that depends on states (Raffin et al. 2022)."""
  settings = _settings(described)
  for name in ('use_sde', 'squash_output'):
    if described.get(name) or settings.get(name):
      raise MismatchedTeacherError(
        f'{source} was trained with gSDE ({name}), whose noise depends on '
        'states and cannot be read; give a teacher that was trained without it.'
      )


def _check_class(described: dict[str, Any], source: str) -> None:
  """Refuses a policy class of one's own, which may compute anything.

  Its parameters can have the names and shapes of the library's own policies and
  yet another activation between them.
  """
  policy = described.get('policy_class')
  module = policy.get('__module__') if isinstance(policy, dict) else None
  library, _, rest = str(module).partition('.')
  if library not in _MODULES:
    raise MismatchedTeacherError(
      f'{source} has a policy class of its own, of the module '
      f'{ascii(str(module)[:80])[1:-1]}, and parameters do not tell what it '
      f'computes; {WAY_OUT}'
    )
  if rest.removesuffix('.policies') not in _MODULES[library]:
    raise MismatchedTeacherError(
      f'{source} has a policy of {ascii(str(module)[:80])[1:-1]}, and those of '
      'DQN, QR-DQN, PPO, A2C, TRPO, TD3, DDPG, SAC and TQC are read; '
      f'{WAY_OUT}'
    )


def algorithm(described: dict[str, Any], kind: str) -> str:
  """Returns the name of the algorithm that trained a policy.

  Args:
    described: the agent, from the JSON of its file.
    kind: of the teacher, a key of `KINDS`.
  """
  if kind in ('dqn', 'quantile'):
    return {'dqn': 'dqn', 'quantile': 'qr-dqn'}[kind]
  if kind == 'td3':
    # DDPG is TD3 with one critic.
    has_one = _settings(described).get('n_critics') == 1
    return 'ddpg' if has_one else 'td3'
  if kind == 'sac':
    return 'tqc' if 'top_quantiles_to_drop_per_net' in described else 'sac'
  if is_masked(described):
    return 'maskable-ppo'
  if 'cg_max_steps' in described:
    return 'trpo'
  return 'ppo' if 'clip_range' in described else 'a2c'


def is_masked(described: dict[str, Any]) -> bool:
  """Tells whether actions were masked in training (Huang & Ontanon 2022)."""
  policy = described.get('policy_class')
  return isinstance(policy, dict) and '.maskable.' in str(
    policy.get('__module__')
  )


def _numbered(state_dict: StateDict, prefix: str) -> list[str]:
  """Returns the layers `PREFIXn` in the order of their numbers."""
  pattern = re.compile(re.escape(prefix) + r'([0-9]{1,4})\.weight')
  matches = [match for name in state_dict if (match := pattern.fullmatch(name))]
  ordered = sorted(matches, key=lambda match: int(match[1]))
  return [match[0].removesuffix('.weight') for match in ordered]


def _check_extractor(settings: dict[str, Any], source: str) -> None:
  extractor = settings.get('features_extractor_class')
  if extractor is not None and str(extractor) not in _EXTRACTORS:
    raise MismatchedTeacherError(
      f'{source} has a features extractor of its own, '
      f'{ascii(str(extractor)[:80])[1:-1]}; {WAY_OUT}'
    )


def _check_all_used(
  state_dict: StateDict, used: set[str], policy: Layout, source: str
) -> None:
  """Checks that no layer was overlooked, such as a normalization."""
  for name in state_dict:
    layer, _, leaf = name.rpartition('.')
    is_used = name in used or (layer in used and leaf in ('weight', 'bias'))
    if not is_used and not name.startswith(policy.unused):
      raise MismatchedTeacherError(
        f'{source} has the parameter {name[:80]!a}, which NatureCNN and plain '
        f'linear layers have not; {WAY_OUT}'
      )


def _activation(settings: dict[str, Any], policy: Layout, source: str) -> str:
  """Returns what follows the hidden layers, but not those of NatureCNN."""
  chosen = settings.get('activation_fn')
  if chosen is None:
    return policy.activation
  name = activation_of(chosen)
  if name is None:
    raise MismatchedTeacherError(
      f'{source} has the activation {ascii(str(chosen)[:80])[1:-1]}, which is '
      f'none of {", ".join(ACTIVATIONS)}; {WAY_OUT}'
    )
  return name


def activation_of(torch_class: Any) -> str | None:
  """Returns which of `ACTIVATIONS` a class of PyTorch is; None if it is none.

  Args:
    torch_class: the class, or the text that Python prints for it.
  """
  match = _ACTIVATION.fullmatch(str(torch_class))
  return _ACTIVATIONS.get(match[1].lower()) if match else None


def _num_quantiles(
  state_dict: StateDict, head: str, policy: Layout, spaces: Spaces
) -> int | None:
  if policy.kind != 'quantile':
    return None
  outputs = state_dict[f'{head}.weight'].shape[:1]
  return max(sum(outputs) // max(spaces.actions.number, 1), 1)
