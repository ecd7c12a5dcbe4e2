"""Teacher terms: what each compares, by hand, inside the objective."""

import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner import terms
from reincarnating_rl.learner.types import Coefficients
from reincarnating_rl.support.errors import UnknownNameError
from tests.learner import objective_test as tables

# Targets of the table are 2.5 and -1, of actions 1 and 0; the teacher prefers
# action 1 in the first state and, of equals, action 0 in the second.
PARAMS = jnp.array([[0.0, -1.0], [2.0, 1.5]])
TD = (3.5**2 + 3.0**2) / 2
# CQL: ln(1 + e) and ln(1 + e^-0.5).
CQL = (np.log(1 + np.e) + np.log(1 + np.exp(-0.5))) / 2
TERMS = {
  # Excesses (1 + 1, 0) and (0, -0.5 + 1).
  'mean': (terms.large_margin(), 'Loss/Margin', (1.0 + 0.25) / 2),
  'max': (terms.large_margin('max'), 'Loss/Margin', (2.0 + 0.5) / 2),
  'margin 0.25': (
    terms.large_margin(margin=0.25),
    'Loss/Margin',
    (1.25 / 2 + 0.0) / 2,
  ),
  'cql': (terms.conservatism(temperature=1.0), 'Loss/CQL', CQL),
}


def loss_of(term, *, td_coefficient=1.0, weights=(1.0, 1.0), distill=2.0):
  objective = tables.table_objective(
    'mse', teacher_term=term, td_coefficient=td_coefficient
  )
  batch = tables.table_batch(importance_weight=jnp.array(weights))
  return objective(
    PARAMS,
    tables.TARGET_PARAMS,
    batch,
    Coefficients(distill, 1.0),
    tables.KEYS,
  )


@pytest.mark.parametrize('name', TERMS)
def test_lambda_weighs_the_term_once(name):
  # The official DQfD multiplied by the weaned coefficient twice.
  term, metric, expected = TERMS[name]
  loss, report = loss_of(term)
  assert report.metrics[metric] == pytest.approx(expected, rel=1e-6)
  assert report.metrics['Loss/TD'] == pytest.approx(TD)
  assert loss == pytest.approx(TD + 2.0 * expected, rel=1e-6)
  assert loss_of(term, distill=0.5)[0] == pytest.approx(TD + 0.5 * expected)


def test_td_may_weigh_nothing_and_is_still_reported():
  term, _, expected = TERMS['cql']
  loss, report = loss_of(term, td_coefficient=0.0)
  assert loss == pytest.approx(2.0 * expected, rel=1e-6)
  assert report.metrics['Loss/TD'] == pytest.approx(TD)
  np.testing.assert_allclose(report.td_losses, [3.5**2, 3.0**2], rtol=1e-6)


def test_importance_weights_scale_every_term():
  term, _, _ = TERMS['mean']
  loss, report = loss_of(term, weights=(0.5, 0.0))
  assert loss == pytest.approx((0.5 * 3.5**2 + 2.0 * 0.5 * 1.0) / 2)
  np.testing.assert_allclose(report.td_losses, [3.5**2, 3.0**2], rtol=1e-6)


@pytest.mark.parametrize(
  ('make', 'names'),
  [
    (terms.distill, 'policy, best_action, value'),
    (terms.large_margin, 'mean, max'),
  ],
)
def test_an_unknown_kind_is_an_error(make, names):
  with pytest.raises(UnknownNameError, match=f"'hard': choose one of {names}"):
    make('hard')


def test_only_conservatism_does_without_the_teachers_logits():
  needs = {
    name: term.needs_teacher_logits for name, (term, *_) in TERMS.items()
  }
  assert needs.pop('cql') is False
  assert all(needs.values())
  assert terms.distill().needs_teacher_logits
