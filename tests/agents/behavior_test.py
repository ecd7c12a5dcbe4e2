"""Behaviour: the choice of an action."""

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.agents import behavior
from reincarnating_rl.learner.types import QOutput


def test_actions_are_greedy_unless_the_key_says_to_explore():
  def output(params, state, key, eval_mode):
    del key, eval_mode
    return QOutput(params * state)

  act = behavior.make_act(output, 3)
  params, state = jnp.array([1.0, 3.0, 2.0]), jnp.ones(())
  for seed in range(20):
    key = jax.random.PRNGKey(seed)
    next_key, explore_key, action_key, _ = jax.random.split(key, 4)
    random = jax.random.randint(action_key, (), 0, 3)
    explores = jax.random.uniform(explore_key) <= 0.5
    kept, action = act(params, state, key, np.float32(0.5), eval_mode=False)
    assert action == (random if explores else 1)
    np.testing.assert_array_equal(kept, next_key)
