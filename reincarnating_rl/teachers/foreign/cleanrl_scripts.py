"""What CleanRL's training scripts save: the names of their layers."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from reincarnating_rl.teachers.foreign.actors import BIAS, SCALE


class Script(NamedTuple):
  """What one of its training scripts saves.

  Attributes:
    kind: of the teacher, a key of `kinds.KINDS`.
    convolutions: names of these layers.
    dense: of the linear ones, the head last.
    critic: of the layers that only training needs.
    activation: between layers.
    residual: of Impala's residual stacks.
    pool_padding: of the poolings in them.
    algorithm: what trained it, where the kind does not tell.
    log_std: of a Gaussian, a linear layer of SAC and a parameter of PPO.
    limit: of that.
    prefix: of an actor with buffers of its own.
  """

  kind: str
  convolutions: tuple[str, ...]
  dense: tuple[str, ...]
  critic: tuple[str, ...] = ()
  activation: str = 'relu'
  residual: tuple[tuple[str, ...], ...] = ()
  pool_padding: int | str = 'SAME'
  algorithm: str | None = None
  log_std: str | None = None
  limit: tuple[str, float, float] | None = None
  prefix: str | None = None

  def names(self) -> set[str]:
    """Returns the names of all layers, `fc1.`, and of what is in none."""
    stacks = (name for stack in self.residual for name in stack)
    layers = {*stacks, *self.convolutions, *self.dense, *self.critic}
    beside = set()
    if self.log_std is not None:
      (layers if self.kind == 'sac' else beside).add(self.log_std)
    if self.prefix is not None:
      beside |= {f'{self.prefix}{name}' for name in (SCALE, BIAS)}
    return {f'{layer}.' for layer in layers} | beside


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


def _off_policy() -> Iterator[Script]:
  """Yields those that save an actor, or a list of an actor and its critics."""
  for critics in (0, 1, 2):
    prefix = '0.' if critics else ''
    critic = [
      f'{number}.fc{layer}'
      for number in range(1, critics + 1)
      for layer in (1, 2, 3)
    ]
    hidden = (f'{prefix}fc1', f'{prefix}fc2')
    # td3_ and ddpg_continuous_action.py; sac_continuous_action.py
    algorithm = 'ddpg' if critics == 1 else 'td3'
    yield Script(
      'td3',
      (),
      (*hidden, f'{prefix}fc_mu'),
      tuple(critic),
      algorithm=algorithm,
      prefix=prefix,
    )
    yield Script(
      'sac',
      (),
      (*hidden, f'{prefix}fc_mean'),
      tuple(critic),
      log_std=f'{prefix}fc_logstd',
      limit=('tanh', -5.0, 2.0),
      prefix=prefix,
    )
    if critics:  # td3_ and ddpg_continuous_action_jax.py
      flax = [
        _numbered(f'{number}.params.Dense_', 0, 1, 2)
        for number in range(critics + 1)
      ]
      yield Script(
        'td3',
        (),
        flax[0],
        tuple(itertools.chain(*flax[1:])),
        algorithm=algorithm,
      )


SCRIPTS = (
  # dqn_atari.py, c51_atari.py; dqn.py, c51.py; ppo_atari.py; ppo.py.
  Script('dqn', _numbered('network.', 0, 2, 4), _numbered('network.', 7, 9)),
  Script('dqn', (), _numbered('network.', 0, 2, 4)),
  Script(
    'ppo', _numbered('network.', 0, 2, 4), ('network.7', 'actor'), ('critic',)
  ),
  Script(
    'ppo',
    (),
    _numbered('actor.', 0, 2, 4),
    _numbered('critic.', 0, 2, 4),
    activation='tanh',
  ),
  # dqn_atari_jax.py, c51_atari_jax.py; dqn_jax.py, c51_jax.py.
  Script(
    'dqn',
    _numbered('params.Conv_', 0, 1, 2),
    _numbered('params.Dense_', 0, 1),
  ),
  Script('dqn', (), _numbered('params.Dense_', 0, 1, 2)),
  # ppo_atari_envpool_xla_jax.py
  Script(
    'ppo',
    _numbered('1.0.params.Conv_', 0, 1, 2),
    ('1.0.params.Dense_0', '1.1.params.Dense_0'),
    ('1.2.params.Dense_0',),
  ),
  # qdagger_dqn_atari_impalacnn.py, and its JAX; cleanba's PPO.
  Script(
    'dqn',
    (),
    _numbered('network.', 5, 7),
    residual=_TORCH_STACKS,
    pool_padding=1,
  ),
  Script(
    'dqn',
    (),
    _numbered('params.Dense_', 0, 1),
    residual=_stacks('params.ConvSequence_', *_FLAX_STACK),
  ),
  Script(
    'ppo',
    (),
    ('1.0.params.Dense_0', '1.1.params.Dense_0'),
    ('1.2.params.Dense_0',),
    residual=_stacks('1.0.params.ConvSequence_', *_FLAX_STACK),
  ),
  # ppo_continuous_action.py and rpo_continuous_action.py
  Script(
    'gaussian_ppo',
    (),
    _numbered('actor_mean.', 0, 2, 4),
    _numbered('critic.', 0, 2, 4),
    activation='tanh',
    log_std='actor_logstd',
  ),
  *_off_policy(),
)
