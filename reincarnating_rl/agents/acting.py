"""Acting: epsilon-greedy choices from a Q-function, as pure functions."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from reincarnating_rl.objectives import QFunction
from reincarnating_rl.types import Array, Params

Act = Callable[[Params, Array, Array, Array], tuple[Array, Array]]


def make_act(q_function: QFunction, num_actions: int) -> Act:
  """Builds a jitted epsilon-greedy choice of one action.

  Args:
    q_function: the student, for one state.
    num_actions: A.

  Returns:
    `(params, state[*O, S], key, epsilon[]) -> (key, action[])`; the greedy
    action is the first of the best.
  """

  @jax.jit
  def act(
    params: Params, state: Array, key: Array, epsilon: Array
  ) -> tuple[Array, Array]:
    key, explore_key, action_key = jax.random.split(key, 3)
    greedy = jnp.argmax(q_function(params, state))
    random = jax.random.randint(action_key, (), 0, num_actions)
    explore = jax.random.uniform(explore_key) <= epsilon
    return key, jnp.where(explore, random, greedy)

  return act
