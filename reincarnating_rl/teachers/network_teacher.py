"""Teachers that are a network with parameters, whatever they compute."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.learner.types import Array, Params
from reincarnating_rl.teachers import params as params_lib
from reincarnating_rl.teachers.base import GREEDY

Policy = Callable[[Params, Array], Array]
"""`(params, state[*O, S]) -> [W]`, pure, of one state: logits, or what else
says what the policy is."""


class _Network:
  """A policy with its own parameters; no setting of the student reaches it."""

  def __init__(
    self,
    policy: Policy,
    params: Params,
    acts: str,
    lineage: dict[str, Any] | None,
  ) -> None:
    self.acts = acts
    self.fingerprint = params_lib.fingerprint(params)
    own = {'fingerprint': self.fingerprint, 'acts': acts}
    self.lineage = {**(lineage or {}), **own}
    self._params = jax.tree.map(jnp.asarray, params)
    self._policy = jax.jit(jax.vmap(policy, in_axes=(None, 0)))

  @property
  def function(self) -> Callable[[Array], Array]:
    """`states[B, *O, S] -> [B, W]`, pure: what it says, to be traced."""
    return functools.partial(self._policy, self._params)

  @property
  def params(self) -> Params:
    """Its parameters."""
    return self._params

  def _asked(self, states: Array) -> Array:
    """Returns what the network says, [B, W] float32, of `states[B, *O, S]`.

    B is filled up to a power of two, so that batches of all sizes up to B cost
    at most log2(B) + 1 compilations.
    """
    size = len(states)
    filled = 1 << max(size - 1, 0).bit_length()
    if filled > size:
      xp = jnp if isinstance(states, jax.Array) else np
      padding = [(0, filled - size)] + [(0, 0)] * (states.ndim - 1)
      states = xp.pad(states, padding)
    said = self._policy(self._params, states)
    # To slice costs as much as a small network.
    return said if filled == size else said[:size]


class NetworkTeacher(_Network):
  """A network that chooses one of several actions."""

  def __init__(
    self,
    policy: Policy,
    params: Params,
    *,
    num_actions: int,
    acts: str = GREEDY,
    lineage: dict[str, Any] | None = None,
  ) -> None:
    """Makes the teacher.

    Args:
      policy: finished logits of one state.
      params: what it takes, `{'params': ...}`.
      num_actions: A.
      acts: how it plays, one of `base.ACTS`.
      lineage: where the parameters are from; JSON.
    """
    super().__init__(policy, params, acts, lineage)
    self.num_actions = num_actions

  def policy_logits(self, states: Array) -> Array:
    """Returns the logits [B, A] float32 of `states[B, *O, S]`."""
    return self._asked(states)


class ContinuousNetworkTeacher(_Network):
  """A network whose actions are vectors."""

  def __init__(
    self,
    policy: Policy,
    params: Params,
    *,
    actions: Continuous,
    distribution: str,
    acts: str = GREEDY,
    lineage: dict[str, Any] | None = None,
  ) -> None:
    """Makes the teacher.

    Args:
      policy: parameters of the distribution in one state.
      params: what it takes, `{'params': ...}`.
      actions: D, and the bounds of the game.
      distribution: one of `learner.kinds.DISTRIBUTIONS`.
      acts: how it plays, one of `base.ACTS`.
      lineage: where the parameters are from; JSON.
    """
    super().__init__(policy, params, acts, lineage)
    self.actions, self.distribution = actions, distribution

  def policy_parameters(self, states: Array) -> Array:
    """Returns the parameters [B, W] float32 of `states[B, *O, S]`."""
    return self._asked(states)
