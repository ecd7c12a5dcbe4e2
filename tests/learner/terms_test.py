"""Loss terms: what each compares, by hand, inside the objective."""

import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner import td_losses, terms
from reincarnating_rl.learner.types import Lookahead
from reincarnating_rl.support.errors import UnknownNameError, UserError
from tests.learner import tables

# Targets of the table are 2.5 and -1, of actions 1 and 0; the teacher prefers
# action 1 in the first state and, of equals, action 0 in the second.
PARAMS = jnp.array([[0.0, -1.0], [2.0, 1.5]])
TD = (3.5**2 + 3.0**2) / 2
# CQL: ln(1 + e) and ln(1 + e^-0.5).
CQL = (np.log(1 + np.e) + np.log(1 + np.exp(-0.5))) / 2
# The data's returns are 1.5 in the first state and unknown in the second:
# ln(2 e^1.5) - (-1), and CQL.
CAL_QL = (np.log(2 * np.exp(1.5)) + 1.0 + np.log(1 + np.exp(-0.5))) / 2
# KL of (1/4, 3/4) and (1/2, 1/2) from softmax(0, -1) and softmax(2, 1.5).
KL = (
  (0.25 * np.log(0.25) + 0.75 * np.log(0.75))
  - (0.25 * np.log(1 / (1 + np.exp(-1))) + 0.75 * np.log(1 / (1 + np.e)))
  + np.log(0.5)
  - 0.5 * (np.log(1 / (1 + np.exp(-0.5))) + np.log(1 / (1 + np.exp(0.5))))
) / 2
# Teacher's Q-values, 2 x logits: (0, 2.197) and (0, 0).
VALUE = ((0.0 + (1 + 2 * np.log(3.0)) ** 2) / 2 + (4.0 + 2.25) / 2) / 2
TERMS = {
  # Excesses (1 + 1, 0) and (0, -0.5 + 1).
  'mean': (terms.large_margin(), 'Loss/Margin', (1.0 + 0.25) / 2),
  'max': (terms.large_margin('max'), 'Loss/Margin', (2.0 + 0.5) / 2),
  'margin 0.25': (
    terms.large_margin(margin=0.25),
    'Loss/Margin',
    (1.25 / 2 + 0.0) / 2,
  ),
  'cql': (terms.conservative(temperature=1.0), 'Loss/CQL', CQL),
  'cal-ql': (terms.calibrated(temperature=1.0), 'Loss/CalQL', CAL_QL),
  'policy': (terms.distill(temperature=1.0), 'Loss/Distill', KL),
  'value': (
    terms.distill('value', temperature=1.0, teacher_temperature=2.0),
    'Loss/Distill',
    VALUE,
  ),
  'policy and value': (
    terms.distill('policy_and_value', temperature=1.0, teacher_temperature=2.0),
    'Loss/Distill',
    KL + VALUE,
  ),
}


def loss_of(term, *, td=1.0, importance=(1.0, 1.0), weight=2.0):
  objective = tables.table_objective('mse', term)
  batch = tables.table_batch(
    importance_weight=jnp.array(importance),
    monte_carlo_return=jnp.array([1.5, -jnp.inf]),
  )
  return objective(
    PARAMS,
    tables.TARGET_PARAMS,
    batch,
    tables.weights(td=td, **{term.name: weight}),
    tables.KEYS,
  )


@pytest.mark.parametrize('name', TERMS)
def test_its_weight_counts_once(name):
  # The official DQfD multiplied by the weaned coefficient twice.
  term, metric, expected = TERMS[name]
  loss, report = loss_of(term)
  assert report.metrics[metric] == pytest.approx(expected, rel=1e-6)
  assert report.metrics['Loss/TD'] == pytest.approx(TD)
  assert loss == pytest.approx(TD + 2.0 * expected, rel=1e-6)
  assert loss_of(term, weight=0.5)[0] == pytest.approx(TD + 0.5 * expected)


def test_td_may_weigh_nothing_and_is_still_reported():
  term, _, expected = TERMS['cql']
  loss, report = loss_of(term, td=0.0)
  assert loss == pytest.approx(2.0 * expected, rel=1e-6)
  assert report.metrics['Loss/TD'] == pytest.approx(TD)
  np.testing.assert_allclose(report.td_losses, [3.5**2, 3.0**2], rtol=1e-6)


def test_importance_weights_scale_every_term():
  term, _, _ = TERMS['mean']
  loss, report = loss_of(term, importance=(0.5, 0.0))
  assert loss == pytest.approx((0.5 * 3.5**2 + 2.0 * 0.5 * 1.0) / 2)
  np.testing.assert_allclose(report.td_losses, [3.5**2, 3.0**2], rtol=1e-6)


@pytest.mark.parametrize(
  ('make', 'names'),
  [
    (terms.distill, 'policy, best_action, value, policy_and_value'),
    (terms.large_margin, 'mean, max'),
  ],
)
def test_an_unknown_kind_is_an_error(make, names):
  with pytest.raises(UnknownNameError, match=f"'hard': choose one of {names}"):
    make('hard')


def test_each_says_what_it_reads():
  reads = {name: set(term.reads) for name, (term, *_) in TERMS.items()}
  assert reads.pop('cql') == set()
  assert reads.pop('cal-ql') == {terms.MONTE_CARLO_RETURN}
  assert all(x == {terms.TEACHER_POLICY} for x in reads.values())


def test_equal_q_values_cost_nothing_whatever_the_temperatures():
  """The student's temperature was once used to undo the teacher's."""
  term = terms.distill('value', temperature=1.0, teacher_temperature=0.1)
  batch = tables.table_batch(
    state=jnp.array([[1], [1]]), teacher_policy=PARAMS[jnp.array([1, 1])] / 0.1
  )
  _, report = tables.table_objective('mse', term)(
    PARAMS,
    tables.TARGET_PARAMS,
    batch,
    tables.weights(distill=1.0),
    tables.KEYS,
  )
  assert report.metrics['Loss/Distill'] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize('kind', ['value', 'policy_and_value'])
def test_a_policy_has_no_values_to_distil(kind):
  with pytest.raises(UserError, match='no Q-values'):
    terms.distill(kind, teacher_temperature=None)


def test_the_second_td_loss_looks_another_number_of_steps_ahead():
  """Hester et al. 2018: each horizon has its own return and bootstrap."""
  second = terms.second_td(td_losses.scalar_td('mse'), weight=0.5)
  # The best action is 1 in the next state, and 0 in the second one.
  target_params = jnp.array([[9.0, 8.0], [1.0, 3.0]])
  assert second.weight == 0.5 and not second.is_weaned
  objective = tables.table_objective('mse', second)
  batch = tables.table_batch(
    second=Lookahead(
      reward=jnp.array([3.0, -4.0]),
      discount=jnp.array([0.25, 0.0]),
      next_state=jnp.array([[0], [0]]),
    )
  )
  loss, report = objective(
    PARAMS,
    target_params,
    batch,
    tables.weights(second_td=0.5),
    tables.KEYS,
  )
  # Targets: 3 + 0.25 * 9 = 5.25 and -4; errors 6.25 and 6.
  expected = (6.25**2 + 6.0**2) / 2
  assert report.metrics['Loss/SecondTD'] == pytest.approx(expected)
  assert report.metrics['Loss/TD'] == pytest.approx(TD)
  assert loss == pytest.approx(TD + 0.5 * expected)
  np.testing.assert_allclose(report.td_losses, [3.5**2, 3.0**2], rtol=1e-6)
