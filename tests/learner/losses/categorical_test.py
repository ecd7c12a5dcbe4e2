"""The loss of return distributions, by hand and against Dopamine's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  isort: skip
from dopamine.jax.agents.rainbow import rainbow_agent

from reincarnating_rl.learner.losses import categorical

ATOMS = jnp.array([-1.0, 0.0, 1.0])


def test_a_return_between_two_atoms_is_shared_by_nearness():
  projected = categorical.project(
    jnp.array([-0.25, 0.5, 7.0]), jnp.array([0.4, 0.4, 0.2]), ATOMS
  )
  np.testing.assert_allclose(projected, [0.1, 0.3 + 0.2, 0.2 + 0.2], rtol=1e-6)


def test_a_terminal_target_is_the_reward():
  target = categorical.categorical_target(
    jnp.float32(-0.5), jnp.float32(0.0), jnp.array([0.3, -2.0, 1.0]), ATOMS
  )
  np.testing.assert_allclose(target, [0.5, 0.5, 0.0], atol=1e-6)


def test_projection_keeps_probability_and_is_dopamines():
  rng = np.random.default_rng(0)
  atoms = jnp.linspace(-10.0, 10.0, 51)
  for _ in range(20):
    returns = jnp.asarray(rng.normal(scale=8.0, size=51), jnp.float32)
    p = jnp.asarray(rng.dirichlet(np.ones(51)), jnp.float32)
    ours = categorical.project(returns, p, atoms)
    assert float(jnp.sum(ours)) == pytest.approx(1.0, abs=1e-5)
    with jax.numpy_rank_promotion('allow'):
      theirs = rainbow_agent.project_distribution(returns, p, atoms)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_cross_entropy_by_hand():
  logits = jnp.log(jnp.array([0.5, 0.25, 0.25]))
  value = categorical.cross_entropy(logits, jnp.array([0.0, 1.0, 0.0]))
  assert value == pytest.approx(np.log(4.0), rel=1e-6)


def test_no_gradient_flows_through_the_target():
  def loss(logits_t):
    target = categorical.categorical_target(
      jnp.float32(0.1), jnp.float32(0.9), logits_t, ATOMS
    )
    return categorical.cross_entropy(jnp.zeros(3), target)

  gradient = jax.grad(loss)(jnp.array([0.1, 0.2, 0.3]))
  np.testing.assert_array_equal(gradient, np.zeros(3))


def test_a_batch_is_refused_where_one_example_is_meant():
  with pytest.raises(AssertionError):
    categorical.project(jnp.zeros((2, 3)), jnp.zeros((2, 3)), ATOMS)
