"""Value functions: how a network is called, and what its outputs mean.

One `ValueFunction` is all that tells a DQN from a Rainbow, a QR-DQN or an IQN
in an update. The constructors take plain settings; `students/` reads those
off Dopamine's agents.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from reincarnating_rl.learner import td_losses
from reincarnating_rl.learner.td_losses import TDLoss
from reincarnating_rl.learner.types import Array, Params, SampledQuantileOutput

BoundNetwork = Callable[..., Any]
"""`(params, state[*O, S], **arguments) -> output` of one state."""

Call = Callable[[BoundNetwork, Params, Array, Array], Any]
"""`(network, params, state, key) -> output` of one state."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ValueFunction:
  """A student's network, as an update and an actor use it.

  Attributes:
    td_loss: compares outputs at two states.
    shapes: that fields of the network's output must have.
    arguments: `(key, eval_mode) -> ` what the network takes beside the state
      when the student acts.
    online: what a loss reads of a state.
    next: what a loss reads of a next state.
    double: whether the online network selects the action of the target.
    key_per_state: whether each state of a batch has randomness of its own, such
      as sampled fractions, or all share one, such as a noisy layer.
    meaning: facts that the shapes of parameters do not show, JSON-able. A
      student must share them to begin with another's parameters.
  """

  td_loss: TDLoss
  shapes: Mapping[str, tuple[int, ...]]
  arguments: Callable[[Array, bool], dict[str, Any]]
  online: Call
  next: Call
  double: bool = False
  key_per_state: bool = False
  meaning: Mapping[str, Any] = dataclasses.field(default_factory=dict)

  def act(
    self,
    network: BoundNetwork,
    params: Params,
    state: Array,
    key: Array,
    eval_mode: bool,
  ) -> Any:
    """Returns the output that an actor reads of one state."""
    return network(params, state, **self.arguments(key, eval_mode))


def _plain(arguments: Callable[[Array, bool], dict[str, Any]]) -> Call:
  """Calls a network as an actor does in training."""

  def call(
    network: BoundNetwork, params: Params, state: Array, key: Array
  ) -> Any:
    return network(params, state, **arguments(key, False))

  return call


def _nothing(key: Array, eval_mode: bool) -> dict[str, Any]:
  del key, eval_mode
  return {}


def scalar(
  num_actions: int, *, loss: str = 'huber', double: bool = False
) -> ValueFunction:
  """The value function of DQN: a Q-value for each action.

  Args:
    num_actions: A.
    loss: a key of `td_losses.SCALAR_LOSSES`.
    double: double Q-learning.
  """
  return ValueFunction(
    td_loss=td_losses.scalar_td(loss),
    shapes={'q_values': (num_actions,)},
    arguments=_nothing,
    online=_plain(_nothing),
    next=_plain(_nothing),
    double=double,
  )


def rainbow(
  num_actions: int,
  support: Array,
  *,
  distributional: bool = True,
  loss: str = 'huber',
  double: bool = False,
) -> ValueFunction:
  """The value function of C51 and Rainbow, whose layers may be noisy.

  Args:
    num_actions: A.
    support: [N] returns, ascending and equally spaced.
    distributional: whether it is a distribution over `support`; otherwise a
      Q-value for each action.
    loss: of Q-values, where it is not distributional.
    double: double Q-learning.
  """

  def arguments(key: Array, eval_mode: bool) -> dict[str, Any]:
    return {'support': support, 'eval_mode': eval_mode, 'key': key}

  shapes = {'q_values': (num_actions,)}
  if distributional:
    shapes['logits'] = (num_actions, len(support))
  return ValueFunction(
    td_loss=td_losses.categorical_td(support)
    if distributional
    else td_losses.scalar_td(loss),
    shapes=shapes,
    arguments=arguments,
    online=_plain(arguments),
    next=_plain(arguments),
    double=double,
    meaning={
      'distributional': distributional,
      'atoms from': float(support[0]),
      'atoms to': float(support[-1]),
    },
  )


def quantile(
  num_actions: int, num_quantiles: int, *, kappa: float = 1.0
) -> ValueFunction:
  """The value function of QR-DQN: equally probable quantiles of the return.

  Args:
    num_actions: A.
    num_quantiles: K.
    kappa: of the quantile Huber loss, > 0.
  """
  return ValueFunction(
    td_loss=td_losses.quantile_td(kappa),
    shapes={
      'q_values': (num_actions,),
      'quantiles': (num_actions, num_quantiles),
    },
    arguments=_nothing,
    online=_plain(_nothing),
    next=_plain(_nothing),
  )


def implicit_quantile(
  num_actions: int,
  *,
  num_samples: int,
  num_next_samples: int,
  num_acting_samples: int,
  kappa: float = 1.0,
  double: bool = False,
) -> ValueFunction:
  """The value function of IQN: quantiles at fractions that are drawn anew.

  Dabney et al. 2018b, https://arxiv.org/abs/1806.06923. A teacher's term reads
  the means over the N fractions of the TD loss, of the same forward pass.

  Args:
    num_actions: A.
    num_samples: N, fractions of a state in the loss.
    num_next_samples: N', fractions of a next state in the loss.
    num_acting_samples: K, fractions whose mean ranks the actions.
    kappa: of the quantile Huber loss, > 0.
    double: double Q-learning.
  """

  def arguments(key: Array, eval_mode: bool) -> dict[str, Any]:
    del eval_mode
    return {'quantiles': _fractions(key, num_acting_samples)}

  def online(
    network: BoundNetwork, params: Params, state: Array, key: Array
  ) -> SampledQuantileOutput:
    fractions = _fractions(key, num_samples)
    output = network(params, state, quantiles=fractions)
    return SampledQuantileOutput(output.q_values, output.quantiles, fractions)

  def next_(
    network: BoundNetwork, params: Params, state: Array, key: Array
  ) -> SampledQuantileOutput:
    # In the order of Dopamine, so that the two can be compared.
    _, choice_key, target_key = jax.random.split(key, 3)
    choice = _fractions(choice_key, num_acting_samples)
    target = _fractions(target_key, num_next_samples)
    # One pass, for the features of the state are the same.
    output = network(params, state, quantiles=jnp.concatenate([choice, target]))
    return SampledQuantileOutput(
      output.quantiles[:, :num_acting_samples].mean(axis=1),
      output.quantiles[:, num_acting_samples:],
      target,
    )

  return ValueFunction(
    td_loss=td_losses.implicit_quantile_td(kappa),
    shapes={
      'q_values': (num_actions,),
      'quantiles': (num_actions, num_acting_samples),
    },
    arguments=arguments,
    online=online,
    next=next_,
    double=double,
    key_per_state=True,
  )


def _fractions(key: Array, number: int) -> Array:
  return jax.random.uniform(key, (number,))
