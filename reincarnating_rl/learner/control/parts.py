"""The parts of an actor-critic's parameters, each with an objective."""

from collections.abc import Mapping
from typing import Any

from reincarnating_rl.learner.types import Params

ACTOR, CRITIC, TEMPERATURE = 'actor', 'critic', 'temperature'

# Dopamine's name, so that checkpoints agree.
ACTOR_MODULE = '_actor'
LOG_ALPHA = 'log_alpha'


def split(params: Params) -> dict[str, Any]:
  """Returns the parts: the actor, the critics, and the temperature if any.

  Args:
    params: `{'params': modules}`, of which one is `_actor` and all others are
      critics; and `{'temperature': {'log_alpha': [1]}}` of SAC.
  """
  critics = dict(params['params'])
  parts = {ACTOR: critics.pop(ACTOR_MODULE), CRITIC: critics}
  if TEMPERATURE in params:
    parts[TEMPERATURE] = params[TEMPERATURE]
  return parts


def merged(parts: Mapping[str, Any]) -> Params:
  """Inverse of `split`."""
  rest = {n: x for n, x in parts.items() if n == TEMPERATURE}
  return {'params': {ACTOR_MODULE: parts[ACTOR], **parts[CRITIC]}, **rest}


def networks(params: Params) -> Params:
  """Returns what a target has: all but the temperature."""
  return {'params': params['params']}
