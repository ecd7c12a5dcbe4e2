"""A Q-table as a student: losses that can be worked out by hand."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.learner import terms, value_function
from reincarnating_rl.learner.objective import make_objective
from reincarnating_rl.learner.types import Batch, QOutput, UpdateKeys, Weights

KEY = jax.random.PRNGKey(0)
KEYS = UpdateKeys(KEY, KEY)
PARAMS = jnp.array([[0.0, 0.0], [2.0, 2.0]])
TARGET_PARAMS = jnp.array([[8.0, 9.0], [1.0, 3.0]])


def table(params, state):
  """A Q-table: one row for each value of the state."""
  return QOutput(params[state[0]])


def weights(learning_rate=1.0, **terms):
  """Weights of an update; that of `td` is 1 unless it is given."""
  values = {'td': 1.0} | terms
  return Weights(
    {name: np.float32(x) for name, x in values.items()},
    np.float32(learning_rate),
  )


def table_objective(
  loss='huber', *more_terms, network=table, double=False, **changes
):
  """The objective of a table.

  Args:
    loss: of TD.
    *more_terms: beside TD.
    network: the table.
    double: double Q-learning.
    **changes: of the value function.
  """
  value = value_function.scalar(2, loss=loss, double=double)
  value = dataclasses.replace(value, **changes)
  return make_objective(value, network, (terms.td(value.td_loss), *more_terms))


def table_batch(**changes):
  """Two transitions: targets are 2.5 and -1 by `TARGET_PARAMS`."""
  batch = Batch(
    state=jnp.array([[0], [1]]),
    action=jnp.array([1, 0]),
    reward=jnp.array([1.0, -1.0]),
    discount=jnp.array([0.5, 0.0]),
    next_state=jnp.array([[1], [0]]),
    is_terminal=jnp.array([False, True]),
    teacher_policy=jnp.array([[0.0, np.log(3.0)], [0.0, 0.0]]),
    importance_weight=jnp.ones(2),
  )
  return batch._replace(**changes)
