"""Updates of TD3 and D4PG, with numbers worked by hand."""

import jax
import numpy as np
import optax
import pytest

from reincarnating_rl.learner.control import actor_critic
from reincarnating_rl.learner.control.learner import make_control_learner
from reincarnating_rl.learner.control.terms import ControlTerms
from tests.learner.control import cases

QUIET = {'noise': 0.0, 'target_noise': 0.0}
ATOMS = {'vmin': 0.0, 'vmax': 2.0, 'num_atoms': 3}
EXAMPLE = cases.batch([1.0], [0.5], [1.0], [2.0], teacher=1.0)


def learner(functions, network, *, distribution=None, smoothing=None):
  terms = ControlTerms(functions).own()
  if distribution:
    vocabulary = ControlTerms(functions, distribution)
    terms += (vocabulary.distill('policy', temperature=0.1, weight=3.0),)
  made = make_control_learner(
    functions,
    network,
    terms,
    optax.sgd(1.0),
    example=np.zeros(1, np.float32),
    smoothing=smoothing,
  )
  return made, cases.weights(terms, 0.1)


def state_of(made, params, target):
  fresh = made.init(jax.random.PRNGKey(0))
  return fresh._replace(params=params, target_params=target)


def numbers(params, name):
  return np.asarray(params['params'][name]['w'])


ONLINE = cases.params([0.5], [1.0, 2.0])
TARGET = cases.params([0.25], [2.0, 1.0])


def test_td3_moves_critics_to_the_smaller_value_and_its_actor_later():
  # The target's action is 0.25 * 2; its values are 2 * 2.5 and 1 * 2.5. So the
  # target is 1 + 0.5 * 2.5 = 2.25, and the critics say 1.5 and 3.
  made, weights = learner(
    actor_critic.td3(actor_period=2, **QUIET), cases.Linear(), smoothing=0.5
  )
  state = state_of(made, ONLINE, TARGET)
  update = jax.jit(made.update)
  first, report = update(state, EXAMPLE, weights)
  np.testing.assert_allclose(report.td_losses, [2 * 0.75**2])
  assert report.metrics['Loss/TD'] == pytest.approx(1.125)
  assert report.metrics['Loss/Policy'] == pytest.approx(-1.5)
  # Minus 0.1 * 2 * error * 1.5.
  np.testing.assert_allclose(
    numbers(first.params, '_critics'), [1.225, 1.775], rtol=1e-6
  )
  assert numbers(first.params, '_actor') == 0.5  # Only every other update.
  assert numbers(first.target_params, '_actor') == 0.25
  second, _ = update(first, EXAMPLE, weights)
  # d(-Q_1)/dw = -q_1 * state.
  assert numbers(second.params, '_actor') == pytest.approx(0.5 + 0.1225)
  assert numbers(second.target_params, '_actor') == pytest.approx(
    0.5 * 0.25 + 0.5 * 0.6225
  )
  third, _ = update(second, EXAMPLE, weights)
  np.testing.assert_array_equal(
    numbers(third.params, '_actor'), numbers(second.params, '_actor')
  )
  assert update._cache_size() == 1


@pytest.mark.parametrize(
  ('weight', 'errors'),
  [
    # Actions 0.4 and 0.6 make targets 1 + 0.5 * 2.4 and 1 + 0.5 * 2.6.
    (0.25, (0.7, 0.8)),
    # Actions 0.85 and, for 1.05, 1.0: 1 + 0.5 * 2.85 and 1 + 0.5 * 3.
    (0.475, (0.925, 1.0)),
  ],
)
def test_the_noise_on_td3s_target_actions_is_clipped(weight, errors):
  made, weights = learner(
    actor_critic.td3(noise=0.0, target_noise=1e3, target_noise_clip=0.1),
    cases.Linear(),
    smoothing=0.5,
  )
  target = cases.params([weight], [2.0, 1.0])
  state = state_of(made, cases.params([0.5], [1.0, 1.0]), target)
  many = jax.tree.map(lambda x: np.repeat(x, 32, axis=0), EXAMPLE)
  _, report = made.update(state, many, weights)
  found = np.unique(np.round(report.td_losses, 4))
  np.testing.assert_allclose(found, 2 * np.square(errors), rtol=1e-4)


def test_the_actor_alone_is_distilled():
  functions = actor_critic.td3(actor_period=1, **QUIET)
  made, weights = learner(
    functions, cases.Linear(), distribution='deterministic', smoothing=0.5
  )
  state, report = made.update(state_of(made, ONLINE, TARGET), EXAMPLE, weights)
  assert report.metrics['Loss/Distill'] == pytest.approx(0.25)
  # The gradient is -1 of -Q_1, and 3 * 2 * (0.5 - 1) of the squared error.
  assert numbers(state.params, '_actor') == pytest.approx(0.5 + 0.4)
  np.testing.assert_allclose(
    numbers(state.params, '_critics'), [1.225, 1.775], rtol=1e-6
  )
  assert report.metrics['Loss/Total'] == pytest.approx(1.125 - 1.5 + 0.75)


def test_d4pg_projects_the_targets_distribution():
  # The target's action is 0, so that its three atoms are equally likely. The
  # returns 0.5 + 0.5 * (0, 1, 2) lie halfway, on, and halfway between atoms.
  made, weights = learner(actor_critic.d4pg(**ATOMS, noise=0.0), cases.Atoms())
  zero = cases.params([0.0], np.zeros(3))
  batch = cases.batch([1.0], [0.5], [0.5], [1.0])
  state, report = jax.jit(made.update)(
    state_of(made, zero, zero), batch, weights
  )
  target = np.array([1 / 6, 2 / 3, 1 / 6])
  weight = np.exp([0.0, 0.0, 0.5])
  predicted = weight / weight.sum()
  assert report.td_losses[0] == pytest.approx(-target @ np.log(predicted))
  np.testing.assert_allclose(
    numbers(state.params, '_critics'), 0.1 * (target - predicted), atol=1e-6
  )
  # The mean is 1; the last atom's logit moves it by p * (2 - 1).
  assert report.metrics['Loss/Policy'] == pytest.approx(-1.0)
  assert numbers(state.params, '_actor') == pytest.approx(0.1 / 3)
  assert numbers(state.target_params, '_actor') == 0.0  # Until it is synced.
  synced = made.sync_target(state)
  assert numbers(synced.target_params, '_actor') == pytest.approx(0.1 / 3)


def test_the_critic_of_the_smaller_mean_makes_d4pgs_target():
  functions = actor_critic.d4pg(**ATOMS, noise=0.0, twin=True)
  made, weights = learner(functions, cases.Atoms(num_critics=2))
  zero = cases.params([0.0], np.zeros(6))
  # Means 1 and 0.3: probabilities 0.8, 0.1 and 0.1.
  target = cases.params([0.0], [0.0, 0.0, 0.0, np.log(8.0), 0.0, 0.0])
  batch = cases.batch([1.0], [0.0], [0.5], [1.0])
  state, report = made.update(state_of(made, zero, target), batch, weights)
  assert report.td_losses[0] == pytest.approx(2 * np.log(3.0))
  projected = np.array([0.4, 0.55, 0.05])
  np.testing.assert_allclose(
    numbers(state.params, '_critics'),
    np.tile(0.1 * (projected - 1 / 3), 2),
    atol=1e-6,
  )


def test_terminals_bootstrap_nothing_and_weights_count():
  made, weights = learner(
    actor_critic.td3(**QUIET), cases.Linear(), smoothing=0.5
  )
  batch = cases.batch([1.0, 1.0], [0.5, 0.5], [1.0, 1.0], [2.0, 9.0])
  batch = batch._replace(
    discount=np.float32([0.5, 0.0]), importance_weight=np.float32([1.0, 0.5])
  )
  _, report = made.update(state_of(made, ONLINE, TARGET), batch, weights)
  np.testing.assert_allclose(report.td_losses, [1.125, 0.5**2 + 2.0**2])
  assert report.metrics['Loss/TD'] == pytest.approx((1.125 + 0.5 * 4.25) / 2)


def test_moments_can_begin_anew():
  made, weights = learner(
    actor_critic.td3(**QUIET), cases.Linear(), smoothing=0.5
  )
  state, _ = made.update(state_of(made, ONLINE, TARGET), EXAMPLE, weights)
  assert state.optimizer_state['updates'] == 1
  assert made.reset_optimizer(state).optimizer_state['updates'] == 0
