"""Actors: the choice of an action."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.agents import actor, roll_ins
from reincarnating_rl.envs import policies
from reincarnating_rl.learner.types import QOutput
from reincarnating_rl.methods.settings import JSRLSettings
from reincarnating_rl.support.errors import DivergedError
from tests import toys


def test_actions_are_greedy_unless_the_key_says_to_explore():
  def output(params, state, key, eval_mode):
    del key, eval_mode
    return QOutput(params * state)

  act = actor.make_act(output, 3)
  params, state = jnp.array([1.0, 3.0, 2.0]), jnp.ones(())
  for seed in range(20):
    key = jax.random.PRNGKey(seed)
    next_key, explore_key, action_key, _ = jax.random.split(key, 4)
    random = jax.random.randint(action_key, (), 0, 3)
    explores = jax.random.uniform(explore_key) <= 0.5
    kept, action = act(params, state, key, np.float32(0.5), eval_mode=False)
    assert action == (random if explores else 1)
    np.testing.assert_array_equal(kept, next_key)


@pytest.mark.parametrize('broken', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('eval_mode', [False, True])
def test_values_that_are_no_numbers_are_an_error(broken, eval_mode):
  """An all-NaN student once played action 0, and nobody noticed."""

  def output(params, state, key, eval_mode):
    del key, eval_mode
    return QOutput(params * state)

  acts = actor.StudentActs(output, 3)
  params = jnp.array([1.0, broken, 2.0])
  with pytest.raises(DivergedError, match='learning_rate'):
    acts(params, jnp.ones(()), jax.random.PRNGKey(0), 0.0, eval_mode)


@pytest.mark.parametrize('epsilon', [0.0, 0.3])
def test_equal_values_are_played_alike_in_training_and_evaluation(epsilon):
  """Of equally good actions the first: a collapsed student once looked random.

  Both are greedy in the same way; only their random actions differ.
  """
  values = np.float32([[1.0, 1.0, 1.0], [0.0, 2.0, 2.0]])

  def output(params, state, key, eval_mode):
    del params, key, eval_mode
    return QOutput(state)

  acts = actor.StudentActs(output, 3)
  policy = policies.epsilon_greedy_policy(lambda states: states, epsilon)
  keys = np.full((2, 2), 2**32 - 1, np.uint32)  # Of no random action.
  evaluated, _ = policy(values, keys)
  trained = [
    int(acts({}, row, jax.random.PRNGKey(0), 0.0, False)[1]) for row in values
  ]
  assert list(evaluated) == trained == [0, 1]


def test_a_teacher_that_samples_rolls_in_by_sampling():
  class Torn(toys.ScriptedTeacher):
    acts = 'sample'

    def policy_logits(self, states):
      return np.zeros((len(states), 2), np.float32)

  begins = roll_ins.TeacherBegins(
    None,
    policies.teacher_policy(Torn(), 0.0),
    JSRLSettings(max_roll_in_steps=10**6),
    seed=0,
  )
  begins.begin_episode(training=True)
  played = [
    int(begins({}, np.zeros((5, 1)), None, 0.0, False)[1]) for _ in range(200)
  ]
  assert 60 < sum(played) < 140
