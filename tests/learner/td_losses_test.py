"""Heads of quantiles by hand; the others' are in the objective's tests."""

import jax.numpy as jnp
import pytest

from reincarnating_rl.learner import td_losses
from reincarnating_rl.learner.types import (
  Batch,
  QuantileOutput,
  SampledQuantileOutput,
)

EXAMPLE = Batch(
  state=None,
  action=jnp.int32(1),
  reward=jnp.float32(1.0),
  discount=jnp.float32(0.5),
  next_state=None,
  is_terminal=False,
  teacher_policy=None,
  importance_weight=1.0,
)
# Targets of action 0: 1 + 0.5 * (-2, 2, 4) = 0, 2, 3.
NEXT = QuantileOutput(None, jnp.array([[-2.0, 2.0, 4.0], [9.0, 9.0, 9.0]]))


def test_quantile_td_by_hand():
  quantiles = jnp.array([[9.0, 9.0], [0.0, 2.5]])
  loss = td_losses.quantile_td()(
    QuantileOutput(None, quantiles), EXAMPLE, NEXT, jnp.int32(0)
  )
  # At 1/4, errors 0, 2 and 3; at 3/4, errors -2.5, -0.5 and 0.5.
  first = 0.25 * (0.0 + 1.5 + 2.5) / 3
  second = (0.25 * 2.0 + 0.25 * 0.125 + 0.75 * 0.125) / 3
  assert loss == pytest.approx(first + second)


def test_implicit_quantile_td_by_hand():
  output = SampledQuantileOutput(
    None, jnp.array([[9.0], [2.5]]), jnp.array([0.9])
  )
  at = lambda kappa: td_losses.implicit_quantile_td(kappa)(  # noqa: E731
    output, EXAMPLE, NEXT, jnp.int32(0)
  )
  assert at(1.0) == pytest.approx((0.1 * 2.0 + 0.1 * 0.125 + 0.9 * 0.125) / 3)
  # Squared as far as 2, and divided by it.
  squares = (0.1 * (2.5 - 1.0) * 2.0 + 0.1 * 0.125 + 0.9 * 0.125) / 3
  assert at(2.0) == pytest.approx(squares / 2.0)
