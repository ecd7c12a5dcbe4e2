"""TD losses: how outputs at two states are compared."""

from typing import Any, Protocol

from reincarnating_rl.learner.losses import categorical, quantile, td
from reincarnating_rl.learner.types import Array, Batch
from reincarnating_rl.support.errors import pick

SCALAR_LOSSES = {'huber': td.huber, 'mse': td.mse}


class TDLoss(Protocol):
  """Compares a network's output at one state with that at the next."""

  def __call__(
    self, output: Any, example: Batch, next_output: Any, next_action: Array
  ) -> Array:
    """Returns the loss [] of one example.

    Args:
      output: the online network's, of the example's state.
      example: one row of a batch.
      next_output: the target network's, of the next state.
      next_action: [], the action that is bootstrapped there.
    """
    ...


def scalar_td(loss: str = 'huber') -> TDLoss:
  """TD of DQN: a regression of Q-values.

  Args:
    loss: a key of `SCALAR_LOSSES`.

  Returns:
    The loss of outputs that have `q_values[A]`.

  Raises:
    UnknownNameError: there is no such loss.
  """
  error = pick('TD loss', SCALAR_LOSSES, loss)

  def td_loss(
    output: Any, example: Batch, next_output: Any, next_action: Array
  ) -> Array:
    target = td.q_target(
      example.reward, example.discount, next_output.q_values, next_action
    )
    return error(output.q_values[example.action], target)

  return td_loss


def categorical_td(atoms: Array) -> TDLoss:
  """TD of C51 and Rainbow: a classification of returns.

  Args:
    atoms: [N] returns, ascending and equally spaced.

  Returns:
    The loss of outputs that have `logits[A, N]`.
  """

  def td_loss(
    output: Any, example: Batch, next_output: Any, next_action: Array
  ) -> Array:
    target = categorical.categorical_target(
      example.reward, example.discount, next_output.logits[next_action], atoms
    )
    return categorical.cross_entropy(output.logits[example.action], target)

  return td_loss


def quantile_td(kappa: float = 1.0) -> TDLoss:
  """TD of QR-DQN: a regression of equally probable quantiles.

  Args:
    kappa: up to where an error is squared, > 0.

  Returns:
    The loss of outputs that have `quantiles[A, K]`.
  """

  def td_loss(
    output: Any, example: Batch, next_output: Any, next_action: Array
  ) -> Array:
    quantiles = output.quantiles[example.action]
    return quantile.quantile_huber(
      quantiles,
      quantile.midpoints(len(quantiles)),
      _quantile_target(example, next_output, next_action),
      kappa,
    )

  return td_loss


def implicit_quantile_td(kappa: float = 1.0) -> TDLoss:
  """TD of IQN: a regression of quantiles at sampled fractions.

  Args:
    kappa: up to where an error is squared, > 0; the loss is divided by it.

  Returns:
    The loss of outputs that have `quantiles[A, K]` at `fractions[K]`; those of
    the next state may be of another number.
  """

  def td_loss(
    output: Any, example: Batch, next_output: Any, next_action: Array
  ) -> Array:
    quantiles = output.quantiles[example.action]
    target = _quantile_target(example, next_output, next_action)
    loss = quantile.quantile_huber(quantiles, output.fractions, target, kappa)
    return loss / kappa

  return td_loss


def _quantile_target(
  example: Batch, next_output: Any, next_action: Array
) -> Array:
  return quantile.quantile_target(
    example.reward, example.discount, next_output.quantiles[next_action]
  )
