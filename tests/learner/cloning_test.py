"""What a clone minimises, beside numbers of other makers."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy import stats

from reincarnating_rl.learner import cloning
from reincarnating_rl.learner.kinds import DETERMINISTIC, TANH_GAUSSIAN
from reincarnating_rl.learner.types import Batch, LearnerState, Weights


def batch(states, actions):
  others = {name: None for name in Batch._fields[2:8]}
  return Batch(state=states, action=actions, **others)


def test_losses_are_the_surprise_at_an_action():
  logits, action = jnp.float32([[1.0, 3.0, 2.0]]), jnp.int32([2])
  wide = jnp.float32([[0.5, -1.0, 0.0, -1.0]])
  cases = [
    (None, logits, action, np.log(np.exp([-1.0, 1.0, 0.0]).sum())),
    (DETERMINISTIC, logits, jnp.float32([[1.0, 1.0, 1.0]]), 5.0),
    (
      TANH_GAUSSIAN,
      wide,
      jnp.tanh(jnp.float32([[0.7, -2.0]])),
      -stats.norm.logpdf([0.7, -2.0], [0.5, -1.0], np.exp([0.0, -1.0])).sum(),
    ),
  ]
  for distribution, output, taken, expected in cases:
    loss = cloning.make_loss(lambda params, state: state, distribution)
    found = loss({}, batch(output, taken))
    assert found.shape == (1,)
    assert found[0] == pytest.approx(expected, rel=1e-4)


def test_actions_at_a_bound_are_finite():
  parameters = jnp.zeros(2)
  at_bound = cloning.gaussian_surprise(parameters, jnp.float32([1.0]))
  near = cloning.gaussian_surprise(parameters, jnp.float32([0.99]))
  assert np.isfinite(at_bound) and at_bound == near


def test_an_update_is_a_step_down_the_mean_loss():
  loss = cloning.make_loss(lambda params, state: params * state, DETERMINISTIC)
  data = batch(jnp.ones((4, 1)), jnp.full((4, 1), 3.0))
  optimizer = optax.sgd(1.0)
  params = jnp.zeros(1)
  state = LearnerState(params, {}, optimizer.init(params), jnp.zeros(0))
  update = jax.jit(cloning.make_update(loss, optimizer))
  state, report = update(state, data, Weights({}, jnp.float32(0.1)))
  np.testing.assert_allclose(state.params, 0.6)  # 0.1 of the slope, -6.
  assert report.metrics['Loss/Clone'] == 9.0
