"""Terms of actors and critics, with numbers worked by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner.control import actor_critic, distillation
from reincarnating_rl.learner.control.context import Context, Networks
from reincarnating_rl.learner.control.terms import ControlTerms
from reincarnating_rl.support.errors import UserError
from tests.learner.control import cases

TWO = np.float32([2.0])


def test_the_divergence_of_gaussians_is_exact():
  # Means 0 and 1, deviations 1 and 2.
  student = jnp.float32([0.0, 0.0])
  teacher = jnp.float32([1.0, np.log(2.0)])
  found = distillation.gaussian_kl('tanh_gaussian', student, teacher)
  assert found == pytest.approx(-np.log(2.0) + (4.0 + 1.0) / 2 - 0.5)
  same = distillation.gaussian_kl('tanh_gaussian', teacher, teacher)
  assert same == pytest.approx(0.0, abs=1e-6)
  # With means 0.5 and 2.5 and deviations 2 in a second dimension.
  student = jnp.float32([0.0, 0.5, 0.0, np.log(2.0)])
  teacher = jnp.float32([1.0, 2.5, np.log(2.0), np.log(2.0)])
  found = distillation.gaussian_kl('tanh_gaussian', student, teacher)
  assert found == pytest.approx(2.0 - np.log(2.0) + 0.5)


def test_the_distance_of_actions_is_of_all_dimensions():
  found = distillation.squared_error(
    jnp.float32([0.3, -0.4]), jnp.float32([0.1, 0.5])
  )
  assert found == pytest.approx(0.2**2 + 0.9**2)


def test_a_gaussian_of_actions_is_moved_before_tanh():
  teacher = jnp.float32([0.6, np.log(0.32)])
  student = jnp.float32([np.arctanh(0.6), np.log(0.5)])  # 0.32 / (1 - 0.6^2).
  found = distillation.gaussian_kl('gaussian', student, teacher)
  assert found == pytest.approx(0.0, abs=1e-5)
  beyond = distillation.gaussian_kl(
    'gaussian', student, jnp.float32([5.0, np.log(0.32)])
  )
  assert np.isfinite(beyond) and beyond > 1.0


@pytest.mark.parametrize(
  ('distribution', 'parameters', 'action'),
  [
    ('deterministic', [0.3, -0.4], [0.3, -0.4]),
    ('gaussian', [0.3, -1.7, 0.0, 0.0], [0.3, -1.0]),
    ('tanh_gaussian', [0.3, -1.7, 0.0, 0.0], np.tanh([0.3, -1.7])),
  ],
)
def test_a_deterministic_student_follows_the_mean_action(
  distribution, parameters, action
):
  found = distillation.mean_action(distribution, jnp.float32(parameters))
  np.testing.assert_allclose(found, action, rtol=1e-6)


def context(functions, params, *, network=None, key=0, **fields):
  network = network or cases.Linear()
  networks = Networks(
    actor=lambda p, s: network.apply(p, s, method='actor'),
    critic=lambda p, s, a: network.apply(p, s, a, method='critic'),
  )
  batch = cases.batch([1.0], [0.5], [1.0], [2.0])._replace(**fields)
  row = jax.tree.map(lambda x: x[0], batch)
  return Context(
    functions, networks, params, params, row, jax.random.PRNGKey(key)
  )


def test_a_gaussian_student_of_a_deterministic_teacher_learns_its_mean():
  functions = actor_critic.sac(target_entropy=-1.0)
  term = ControlTerms(functions, 'deterministic').distill(
    'policy', temperature=0.1, weight=2.0
  )
  seen = context(
    functions,
    cases.params([0.7, 0.1], [1.0, 1.0], 0.0),
    network=cases.Linear(policy_width=2),
    teacher_policy=np.float32([[0.9]]),
  )
  assert term.loss(seen) == pytest.approx((np.tanh(0.7) - 0.9) ** 2)
  assert (term.weight, term.is_weaned, term.of) == (2.0, True, 'actor')


def test_kl_and_best_action_differ_where_both_are_gaussian():
  functions = actor_critic.sac(target_entropy=-1.0)
  teacher = np.float32([[1.0, np.log(2.0)]])
  seen = context(
    functions,
    cases.params([0.0, 0.0], [1.0, 1.0], 0.0),
    network=cases.Linear(policy_width=2),
    teacher_policy=teacher,
  )
  made = ControlTerms(functions, 'tanh_gaussian')
  kl = made.distill('policy', temperature=0.1, weight=1.0)
  assert kl.loss(seen) == pytest.approx(2.0 - np.log(2.0))
  best = made.distill('best_action', temperature=0.1, weight=1.0)
  assert best.loss(seen) == pytest.approx(np.tanh(1.0) ** 2)


@pytest.mark.parametrize('kind', ['value', 'policy_and_value', 'polcy'])
def test_what_an_actor_cannot_take_over_is_refused(kind):
  terms = ControlTerms(actor_critic.td3())
  with pytest.raises(UserError, match='policy'):
    terms.distill(kind, temperature=0.1, weight=1.0)


def test_sac_rewards_entropy_and_learns_its_temperature():
  functions = actor_critic.sac(target_entropy=-1.0)
  _, policy, temperature = ControlTerms(functions).own()
  seen = context(
    functions,
    cases.params([0.3, -0.2], [1.0, 2.0], 0.5),
    network=cases.Linear(policy_width=2),
  )
  action, log_density = seen.drawn
  worth = min(1.0 + action[0], 2.0 * (1.0 + action[0]))
  expected = np.exp(0.5) * log_density - worth
  assert policy.loss(seen) == pytest.approx(float(expected), rel=1e-5)
  assert temperature.loss(seen) == pytest.approx(
    float(0.5 * (-log_density + 1.0)), rel=1e-5
  )


def conservative(
  kind, critics, reward_scale=1.0, *, actor=(0.2,), network=None, **fields
):
  functions = actor_critic.td3(noise=1.0, reward_scale=reward_scale)
  term = ControlTerms(functions).conservative(
    kind, temperature=0.5, samples=4000, weight=1.0
  )
  params = cases.params(actor, critics)
  return float(term.loss(context(functions, params, network=network, **fields)))


def test_cql_compares_the_integral_over_actions_with_the_datas_action():
  # Of Q = 0 it is log 2, of Q = 1 + a the integral of exp(2 + 2 a); the action
  # of the data is worth 1.5. It is summed over the two critics.
  integral = np.log((np.exp(4.0) - 1.0) / 2.0)
  expected = np.log(2.0) + integral - 1.5 / 0.5
  found = conservative('plain', [0.0, 1.0])
  assert found == pytest.approx(expected, abs=0.05)


def test_cqls_integral_is_over_all_dimensions():
  # The critics know of the first alone: the second, of length 2, doubles both
  # integrals.
  integral = np.log(np.exp(4.0) - 1.0)
  expected = np.log(4.0) + integral - 1.5 / 0.5
  found = conservative(
    'plain',
    [0.0, 1.0],
    actor=[0.2, -0.4],
    network=cases.Linear(policy_width=2),
    action=np.float32([[0.5, -0.9]]),
  )
  assert found == pytest.approx(expected, abs=0.08)


def test_cal_ql_lifts_the_policys_values_to_the_return():
  # Half the integral is of exp(0), and half of exp(1 / 0.5).
  returns = np.float32([1.0])
  found = conservative('calibrated', [0.0, 0.0], monte_carlo_return=returns)
  assert found == pytest.approx(2 * np.log(1.0 + np.exp(2.0)), abs=0.05)
  # Values are of rewards that are scaled; the return is of the game's.
  found = conservative(
    'calibrated', [0.0, 0.0], 0.1, monte_carlo_return=10 * returns
  )
  assert found == pytest.approx(2 * np.log(1.0 + np.exp(2.0)), abs=0.05)
  unknown = np.float32([-np.inf])
  found = conservative('calibrated', [0.0, 0.0], monte_carlo_return=unknown)
  assert found == pytest.approx(2 * np.log(2.0), abs=0.05)
