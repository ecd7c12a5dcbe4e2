"""Where the layers of Stable-Baselines3's policies are, by their names."""

from typing import NamedTuple

from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign.stable_baselines3_spaces import Spaces
from reincarnating_rl.teachers.foreign.state_dicts import StateDict

WAY_OUT = (
  'unzip its policy.pth and declare its layers with create_teacher.layers.'
)


class Layout(NamedTuple):
  """Where the layers of a policy are."""

  kind: str
  features: str  # prefix
  hidden: tuple[str, ...]  # prefixes
  head: str | None  # None: the last of the hidden ones
  unused: tuple[str, ...]  # prefixes
  activation: str  # unless another is chosen
  log_std: str | None = None  # of a Gaussian
  limit: tuple[str, float, float] | None = None  # of that


_DQN = Layout(
  'dqn',
  'q_net.features_extractor.',
  ('q_net.q_net.',),
  None,
  ('q_net_target.',),
  'relu',
)
_QR_DQN = Layout(
  'quantile',
  'quantile_net.features_extractor.',
  ('quantile_net.quantile_net.',),
  None,
  ('quantile_net_target.',),
  'relu',
)
_ACTOR_CRITIC = Layout(
  'ppo',
  'features_extractor.',
  # The first are of before 1.8.
  ('mlp_extractor.shared_net.', 'mlp_extractor.policy_net.'),
  'action_net',
  ('vf_features_extractor.', 'mlp_extractor.value_net.', 'value_net.'),
  'tanh',
)
# Since 1.7 the actor's features have a name of their own.
_OWN_FEATURES = _ACTOR_CRITIC._replace(
  features='pi_features_extractor.',
  unused=(*_ACTOR_CRITIC.unused, 'features_extractor.'),
)
# The same with the log standard deviations of actions that are vectors.
_GAUSSIAN, _GAUSSIAN_OWN_FEATURES = (
  layout._replace(kind='gaussian_ppo', log_std='log_std')
  for layout in (_ACTOR_CRITIC, _OWN_FEATURES)
)
# Of TD3 and DDPG; of SAC and TQC.
_DETERMINISTIC = Layout(
  'td3',
  'actor.features_extractor.',
  ('actor.mu.',),
  None,
  ('actor_target.', 'critic.', 'critic_target.'),
  'relu',
)
_TANH_GAUSSIAN = _DETERMINISTIC._replace(
  kind='sac',
  hidden=('actor.latent_pi.',),
  head='actor.mu',
  log_std='actor.log_std',
  limit=('clip', -20.0, 2.0),
)


def find(state_dict: StateDict, spaces: Spaces, source: str) -> Layout:
  """Finds the layout of a policy.

  Args:
    state_dict: the policy's parameters by name.
    spaces: of the agent.
    source: the file, for messages.

  Raises:
    MismatchedTeacherError: it has none of those that are known for its actions.
  """
  if spaces.bounds is None:
    known, of = (_DQN, _QR_DQN, _OWN_FEATURES, _ACTOR_CRITIC), 'discrete'
    named = 'DQN, QR-DQN, PPO or A2C'
  else:
    known = (_GAUSSIAN_OWN_FEATURES, _GAUSSIAN, _TANH_GAUSSIAN, _DETERMINISTIC)
    of, named = 'continuous', 'TD3, DDPG, SAC, TQC, PPO or A2C'
  for layout in known:
    if any(name.startswith(_first(layout)) for name in state_dict):
      return layout
  raise MismatchedTeacherError(
    f'{source} is no {named} of {of} actions of Stable-Baselines3; {WAY_OUT}'
  )


def _first(layout: Layout) -> str:
  """Returns how a name begins that no policy before it has."""
  if layout.features == _OWN_FEATURES.features:
    return layout.features
  if layout.kind == 'sac':
    return f'{layout.log_std}.'
  return layout.head or layout.hidden[0]
