"""Students with an actor and critics, on Dopamine's SAC agent."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reincarnating_rl.learner.kinds import (
  CONTINUOUS,
  DETERMINISTIC,
  TANH_GAUSSIAN,
)
from reincarnating_rl.students.kind import StudentKind
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.support.setting_types import (
  NonNegativeFloat,
  PositiveInt,
)

# The learner imports JAX, which takes longer than `--help` should: functions
# below import it when they are called.
if TYPE_CHECKING:
  from reincarnating_rl.learner.control.actor_critic import ActorCritic


@dataclasses.dataclass(frozen=True, kw_only=True)
class TD3Settings:
  """What TD3 adds to the settings of Dopamine's SAC.

  Attributes:
    exploration_noise: its standard deviation, of actions in [-1, 1].
    target_noise: the same of the noise on target actions.
    target_noise_clip: the most of that noise.
    actor_period: updates of the critics for one of the actor and the targets.
  """

  exploration_noise: NonNegativeFloat = 0.1
  target_noise: NonNegativeFloat = 0.2
  target_noise_clip: NonNegativeFloat = 0.5
  actor_period: PositiveInt = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class D4PGSettings:
  """What D4PG adds to the settings of Dopamine's SAC.

  Attributes:
    num_atoms: of the distribution of returns.
    vmin: the first atom.
    vmax: the last one.
    twin_critics: whether there are two critics, and the smaller mean chooses.
    exploration_noise: its standard deviation, of actions in [-1, 1].
  """

  num_atoms: PositiveInt = 51
  vmin: float = -150.0
  vmax: float = 150.0
  twin_critics: bool = False
  exploration_noise: NonNegativeFloat = 0.2

  def __post_init__(self) -> None:
    """Refuses atoms that no distribution can lie on.

    Raises:
      UserError: there are too few, or they do not ascend.
    """
    if self.num_atoms < 2:
      raise UserError(f'D4PG.num_atoms is {self.num_atoms}: at least 2.')
    if not self.vmin < self.vmax:
      raise UserError(
        f'D4PG.vmin is {self.vmin}, and must be below D4PG.vmax, {self.vmax}.'
      )


def _sac(agent: Any) -> ActorCritic:
  from reincarnating_rl.learner.control import actor_critic

  return actor_critic.sac(
    target_entropy=agent.target_entropy,
    reward_scale=agent.reward_scale_factor,
  )


def _td3(agent: Any) -> ActorCritic:
  from reincarnating_rl.learner.control import actor_critic

  return actor_critic.td3(
    noise=agent.exploration_noise,
    target_noise=agent.target_noise,
    target_noise_clip=agent.target_noise_clip,
    actor_period=agent.actor_period,
    reward_scale=agent.reward_scale_factor,
  )


def _d4pg(agent: Any) -> ActorCritic:
  from reincarnating_rl.learner.control import actor_critic

  return actor_critic.d4pg(
    vmin=agent.vmin,
    vmax=agent.vmax,
    num_atoms=agent.num_atoms,
    noise=agent.exploration_noise,
    twin=agent.twin_critics,
    reward_scale=agent.reward_scale_factor,
  )


def _head(
  policy: str,
  *,
  num_critics: int,
  num_atoms: int = 1,
  value_range: tuple[float, float] | None = None,
) -> dict[str, Any]:
  return {
    'policy': policy,
    'num_critics': num_critics,
    'num_atoms': num_atoms,
    'value_range': value_range,
  }


def _check(
  settings: Mapping[str, Any],
  *,
  shipped: Mapping[str, Any],
  has_entropy: bool = False,
) -> None:
  """Refuses settings that count for nothing.

  Args:
    settings: of `SACAgent`, those that are bound.
    shipped: what the student's file in `configs/students` says of its target,
      which is still bound where a run takes the other type.
    has_entropy: whether the policy is one.

  Raises:
    UserError: there is one.
  """
  if not has_entropy and settings.get('target_entropy') is not None:
    raise UserError(
      'SACAgent.target_entropy is of SAC, and a deterministic policy has no '
      'entropy: leave it out.'
    )
  kind = settings.get('target_update_type', 'soft')
  unread = 'target_smoothing_coefficient'
  if kind == 'soft':
    unread = 'target_update_period'
  given = settings.get(unread)
  if given not in (None, shipped.get(unread)):
    raise UserError(
      f'SACAgent.{unread} is {given}, which nothing reads where '
      f'SACAgent.target_update_type is {kind!r}: leave it out, or change that.'
    )


_FOLLOWS = {'target_smoothing_coefficient': 0.005}
_IS_COPIED = {'target_update_period': 100}
_SHARED = {
  'agent': 'dopamine.jax.agents.sac.sac_agent:SACAgent',
  'actions': CONTINUOUS,
  'network': 'MLPActorCriticNetwork',
  'network_fields': (
    *('policy', 'num_critics', 'num_atoms', 'value_range'),
    *('num_layers', 'hidden_units'),
  ),
  'forwards': False,
}
KINDS = (
  StudentKind(
    name='sac',
    title='SAC',
    class_name='SAC',
    summary='a Gaussian actor and two critics; vectors (Haarnoja et al. 2018)',
    value=_sac,
    head=lambda settings: _head(TANH_GAUSSIAN, num_critics=2),
    check=functools.partial(_check, shipped=_FOLLOWS, has_entropy=True),
    **_SHARED,
  ),
  StudentKind(
    name='td3',
    title='TD3',
    class_name='TD3',
    summary='an actor and two critics; vectors (Fujimoto et al. 2018)',
    value=_td3,
    head=lambda settings: _head(DETERMINISTIC, num_critics=2),
    settings=TD3Settings,
    check=functools.partial(_check, shipped=_FOLLOWS),
    **_SHARED,
  ),
  StudentKind(
    name='d4pg',
    title='D4PG',
    class_name='D4PG',
    summary='an actor, a critic of distributions; vectors (Barth-Maron et al.)',
    value=_d4pg,
    head=lambda settings: _head(
      DETERMINISTIC,
      num_critics=1 + settings.twin_critics,
      num_atoms=settings.num_atoms,
      value_range=(settings.vmin, settings.vmax),
    ),
    settings=D4PGSettings,
    check=functools.partial(_check, shipped=_IS_COPIED),
    **_SHARED,
  ),
)
