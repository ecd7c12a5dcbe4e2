"""What a teacher is that is cloned from data: its settings and its network."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Annotated, Any

import jax
import numpy as np

from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.learner.kinds import DETERMINISTIC, TANH_GAUSSIAN
from reincarnating_rl.learner.types import Params
from reincarnating_rl.networks.layered import LayeredNetwork
from reincarnating_rl.support.setting_types import (
  PositiveFloat,
  PositiveInt,
  Range,
)
from reincarnating_rl.teachers import kinds
from reincarnating_rl.teachers.description import Description

NAME = 'clone'
"""The value of `--teacher_agent` that asks for it."""

# Of Mnih et al. 2015, without padding; of Young & Tian 2019.
_FRAMES = ((32, (8, 8), 4, 0), (64, (4, 4), 2, 0), (64, (3, 3), 1, 0))
_SMALL = ((16, (3, 3), 1, 0),)
_LEAST_FRAME, _LEAST_SMALL = 36, 3  # Sides that these convolutions take.
_KINDS = {None: 'ppo', DETERMINISTIC: 'td3', TANH_GAUSSIAN: 'sac'}
_LOG_STD = ('clip', -5.0, 2.0)
_MOST_DEVIATIONS = 10.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class CloneSettings:
  """How a policy is cloned from data.

  Attributes:
    hidden: units of each hidden layer; None for 512 on frames, 128 on small
      images, and two of 256 on vectors.
    learning_rate: of Adam.
    batch_size: elements per update.
    num_updates: at most.
    check_period: updates between looks at the episodes that are held out.
    patience: looks without a better loss after which training stops.
    held_out: share of the episodes that are not trained on.
    max_steps: the newest steps of the data that are read, at most.
  """

  hidden: tuple[PositiveInt, ...] | None = None
  learning_rate: PositiveFloat = 3e-4
  batch_size: PositiveInt = 256
  num_updates: PositiveInt = 20_000
  check_period: PositiveInt = 500
  patience: PositiveInt = 5
  held_out: Annotated[float, Range(above=0, below=1)] = 0.1
  max_steps: PositiveInt = 1_000_000


def describe(
  settings: CloneSettings,
  *,
  observation_shape: tuple[int, ...],
  dtype: np.dtype,
  distribution: str | None,
) -> Description:
  """Returns a clone's network.

  Args:
    settings: of the clone.
    observation_shape: *O.
    dtype: of an observation.
    distribution: one of `learner.cloning.DISTRIBUTIONS`.
  """
  fields = _body(observation_shape, dtype)
  if settings.hidden is not None:
    fields['hidden'] = tuple(settings.hidden)
  fields['output'] = distribution or 'policy'
  if distribution == TANH_GAUSSIAN:
    fields['log_std_limit'] = _LOG_STD
  return Description(_KINDS[distribution], LayeredNetwork.__name__, fields)


def _body(shape: tuple[int, ...], dtype: np.dtype) -> dict[str, Any]:
  is_image = len(shape) in (2, 3) and dtype.kind in 'bu'
  side = min(shape[:2]) if is_image else 0
  if side >= _LEAST_FRAME:
    return {'convolutions': _FRAMES, 'hidden': (512,), 'scale': 255.0}
  if side >= _LEAST_SMALL:
    return {'convolutions': _SMALL, 'hidden': (128,)}
  return {'hidden': (256, 256), 'normalized': True, 'clip': _MOST_DEVIATIONS}


def make_network(told: Description, actions: Actions) -> LayeredNetwork:
  """Makes the network that a description tells of.

  Args:
    told: from `describe`.
    actions: of the game.
  """
  return LayeredNetwork(num_actions=kinds.count(actions), **told.fields)


def policy_of(told: Description, network: LayeredNetwork) -> Any:
  """Returns `(params, state[*O, S]) -> [W]`, which says the policy.

  Args:
    told: from `describe`.
    network: from `make_network`.
  """
  kind = kinds.KINDS[told.kind]
  return lambda params, state: kind.policy(network.apply(params, state), 1.0)


def initial(
  network: LayeredNetwork, state: np.ndarray, statistics: Mapping[str, Any]
) -> Params:
  """Returns parameters that have learnt nothing but what is observed.

  Args:
    network: from `make_network`.
    state: one, [*O, S].
    statistics: from `observation_statistics`; read where they are asked for.
  """
  params = network.init(jax.random.PRNGKey(0), state)
  if not network.normalized:
    return params
  return {'params': {**params['params'], 'observations': dict(statistics)}}


def observation_statistics(
  observations: np.ndarray, stack_size: int
) -> dict[str, np.ndarray]:
  """Returns the parameters of `networks.layered.ObservationStatistics`.

  Args:
    observations: [T, *O] of the data.
    stack_size: S.
  """
  mean = observations.mean(axis=0, dtype=np.float64)
  deviation = observations.std(axis=0, dtype=np.float64)
  # What never varies says nothing, and must not be divided by next to nothing.
  floor = math.sqrt(np.finfo(np.float32).eps) * np.maximum(np.abs(mean), 1.0)
  deviation = np.where(deviation > floor, deviation, 1.0)
  upper = np.float32(mean)
  both = np.stack([upper, np.float32(mean - upper)])
  return {
    'mean': np.repeat(both[..., None], stack_size, axis=-1),
    'deviation': np.repeat(
      np.float32(deviation)[..., None], stack_size, axis=-1
    ),
  }
