"""Behaviour cloning: a network learns to act as the data do."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax

from reincarnating_rl.learner.control import distillation
from reincarnating_rl.learner.control.policies import split
from reincarnating_rl.learner.kinds import DETERMINISTIC, TANH_GAUSSIAN
from reincarnating_rl.learner.types import (
  Array,
  Batch,
  LearnerState,
  Params,
  Report,
  Weights,
)
from reincarnating_rl.learner.update import Update, step

Apply = Callable[[Params, Array], Array]
"""`(params, state[*O, S]) -> [W]`, what says the policy in one state."""
Loss = Callable[[Params, Batch], Array]
"""`(params, batch) -> losses[B]`."""


def cross_entropy(logits: Array, action: Array) -> Array:
  """`-log pi(a)`, [], of `logits[A]` and an integer."""
  return optax.losses.softmax_cross_entropy_with_integer_labels(logits, action)


def gaussian_surprise(parameters: Array, action: Array) -> Array:
  """`-log p(a)` for a policy that is `tanh` of a Gaussian.

  It is that of the Gaussian, at `atanh(a)`: the slope of `tanh` there is no
  matter of the parameters. Actions beyond +-0.99 count as +-0.99.

  Args:
    parameters: [2D], means, then log standard deviations.
    action: [D] in [-1, 1].

  Returns:
    [], in nats.
  """
  mean, log_std = split(parameters)
  distance = (distillation.before_tanh(action) - mean) / jnp.exp(log_std)
  nats = log_std + 0.5 * jnp.square(distance) + 0.5 * math.log(2.0 * math.pi)
  return jnp.sum(nats)


_OF_ONE = {
  None: cross_entropy,
  DETERMINISTIC: distillation.squared_error,
  TANH_GAUSSIAN: gaussian_surprise,
}
DISTRIBUTIONS = tuple(_OF_ONE)
"""What a clone's output may be of; None: logits of discrete actions."""


def make_loss(apply: Apply, distribution: str | None) -> Loss:
  """Returns what a clone minimises, of each element.

  Args:
    apply: the clone's policy.
    distribution: one of `DISTRIBUTIONS`.
  """
  of_one = _OF_ONE[distribution]

  def loss(params: Params, batch: Batch) -> Array:
    outputs = jax.vmap(apply, in_axes=(None, 0))(params, batch.state)
    return jax.vmap(of_one)(outputs, batch.action)

  return loss


def make_update(loss: Loss, optimizer: optax.GradientTransformation) -> Update:
  """Builds the gradient update of a clone, for `update.make_scanned_update`.

  Args:
    loss: from `make_loss`.
    optimizer: with a learning rate of 1.
  """

  def mean(params: Params, batch: Batch) -> tuple[Array, Array]:
    losses = loss(params, batch)
    return jnp.mean(losses), losses

  def update(
    state: LearnerState, batch: Batch, weights: Weights
  ) -> tuple[LearnerState, Report]:
    gradient, losses = jax.grad(mean, has_aux=True)(state.params, batch)
    params, moments = step(
      optimizer,
      gradient,
      state.optimizer_state,
      state.params,
      weights.learning_rate,
    )
    state = state._replace(params=params, optimizer_state=moments)
    return state, Report(losses, {'Loss/Clone': jnp.mean(losses)})

  return update
