"""A teacher of Q-values, whose policy is softmax(Q / temperature)."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from reincarnating_rl.teachers import params as params_lib
from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.types import Array, Params


class QTeacher:
  """A Q-network with its own parameters, preprocessing and temperature.

  None of the student's settings reaches it.
  """

  def __init__(
    self,
    network: nn.Module,
    params: Params,
    *,
    temperature: float = 0.1,
    lineage: dict[str, Any] | None = None,
  ) -> None:
    """Makes the teacher.

    Args:
      network: for one state; has `num_actions`, returns `q_values[A]`.
      params: its parameters, `{'params': ...}`.
      temperature: tau of the policy, > 0 (Agarwal et al. 2022, Eq. 2).
      lineage: where the parameters are from; JSON.

    Raises:
      TeacherError: if the temperature is not positive.
    """
    if not temperature > 0:
      raise TeacherError(
        f'The temperature of a teacher must be > 0; it is {temperature}.'
      )
    self.num_actions: int = network.num_actions
    self.fingerprint = params_lib.fingerprint(params)
    self.lineage = {
      **(lineage or {}),
      'fingerprint': self.fingerprint,
      'temperature': temperature,
    }
    self._params = jax.tree.map(jnp.asarray, params)

    def logits(params: Params, states: Array) -> Array:
      q_values = jax.vmap(lambda s: network.apply(params, s).q_values)(states)
      return q_values / temperature

    self._logits = jax.jit(logits)

  def policy_logits(self, states: Array) -> Array:
    """Returns `Q(states) / tau`, [B, A] float32, of `states[B, *O, S]`.

    B is filled up to a power of two, so that batches of all sizes up to B cost
    at most log2(B) + 1 compilations.
    """
    size = len(states)
    filled = 1 << max(size - 1, 0).bit_length()
    if filled > size:
      xp = jnp if isinstance(states, jax.Array) else np
      padding = [(0, filled - size)] + [(0, 0)] * (states.ndim - 1)
      states = xp.pad(states, padding)
    return self._logits(self._params, states)[:size]
