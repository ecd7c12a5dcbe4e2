"""Weaning: the weights of terms and the learning rate, schedule by schedule."""

import dataclasses

import numpy as np
import pytest

from reincarnating_rl.learner import td_losses, terms
from reincarnating_rl.learner.weaner import Weaner
from reincarnating_rl.learner.weaning import SCHEDULES, WeaningSettings
from reincarnating_rl.support.errors import UnknownNameError

TD = terms.td(td_losses.scalar_td())
TERMS = (TD, terms.distill(weight=3.0))
PERIOD = 1_500_000


def make_weaner(
  schedule='score', *, of=TERMS, rates=(1e-4, 1e-5), teacher=True, **settings
):
  settings = {'decay_period': PERIOD} | settings
  return Weaner(
    of,
    schedule,
    WeaningSettings(**settings),
    learning_rate=rates[0],
    final_learning_rate=rates[1],
    has_teacher=teacher,
  )


def wean(score, *, before=1.0, steps=0, **settings):
  weaner = make_weaner(**settings)
  weaner.load_state_dict({'fraction': before, 'returns': []})
  weaner.after_evaluation(score, steps)
  return weaner.coefficient


@pytest.mark.parametrize(
  ('score', 'expected'),
  [(0.0, 3.0), (0.25, 2.25), (1.0, 0.0), (1.7, 0.0), (-1.0, 3.0)],
)
def test_lambda_falls_with_the_score(score, expected):
  assert wean(score) == pytest.approx(expected)


def test_it_can_rise_again_before_it_reaches_zero():
  assert wean(0.5, before=0.1) == pytest.approx(1.5)


def test_it_latches_at_zero_unless_it_is_told_otherwise():
  assert wean(0.2, before=0.0) == 0.0
  assert wean(0.2, before=0.0, latch=False) == pytest.approx(2.4)


def test_the_teacher_is_dropped_after_the_decay_period():
  assert wean(0.0, steps=PERIOD - 1) == 3.0
  assert wean(0.0, steps=PERIOD) == 0.0


def test_a_floor_keeps_the_teacher_until_the_decay_period_is_over():
  assert wean(1.7, floor=0.1) == pytest.approx(0.3)
  assert wean(0.95, before=0.1, floor=0.1) == pytest.approx(0.3)
  assert wean(0.5, before=0.1, floor=0.1) == pytest.approx(1.5)
  assert wean(-1.0, before=0.1, floor=0.1) == 3.0
  assert wean(1.7, before=0.1, floor=0.1, steps=PERIOD + 1) == 0.0


def test_a_dropped_teacher_is_recalled_below_a_score_alone():
  """Hysteresis: it goes at 1, and comes back only far below."""
  weaner = make_weaner(recall_below=0.6)
  found = []
  for score in (0.9, 1.1, 0.7, 0.6, 0.5, 0.9, 1.0):
    weaner.after_evaluation(score, 10)
    found.append(weaner.coefficient / 3.0)
  assert found == pytest.approx([0.1, 0.0, 0.0, 0.0, 0.5, 0.1, 0.0])
  weaner.after_evaluation(0.0, PERIOD + 1)
  assert weaner.coefficient == 0.0


def test_a_mean_of_evaluations_weans():
  weaner = make_weaner(evaluations=2, latch=False)
  found = []
  for score in (0.5, 1.5, 0.6, 0.0):
    weaner.after_evaluation(score, 10)
    found.append(weaner.coefficient / 3.0)
  assert found == pytest.approx([0.5, 0.0, 0.0, 0.7])


def test_an_unknown_schedule_is_an_error():
  with pytest.raises(UnknownNameError, match='score, running_return'):
    make_weaner('scores')


@pytest.mark.parametrize(
  ('fraction', 'expected'), [(1.0, 1e-4), (0.0, 1e-5), (0.5, 5.5e-5)]
)
def test_the_learning_rate_falls_with_lambda(fraction, expected):
  weaner = make_weaner()
  weaner.load_state_dict({'fraction': fraction, 'returns': []})
  assert weaner.learning_rate == pytest.approx(expected)
  assert weaner.weights.learning_rate == np.float32(expected)


@pytest.mark.parametrize(
  'settings',
  [
    {'of': (TD,)},  # Tabula rasa, JSRL, Rehearsal, fine-tuning.
    {'of': (TD, terms.distill(weight=0.0))},
    {'teacher': False},
  ],
)
def test_where_nothing_is_weaned_the_first_learning_rate_stays(settings):
  # It was the final one, so that `Student.learning_rate` counted for nothing.
  weaner = make_weaner(**settings)
  weaner.after_evaluation(1.0, 10)
  assert weaner.learning_rate == 1e-4
  assert not weaner.is_listening


def test_weights_are_typed_and_only_weaned_terms_fall():
  weaner = make_weaner(of=(*TERMS, terms.second_td(TD.loss, weight=0.5)))
  weaner.after_evaluation(0.75, 10)
  weights = weaner.weights
  assert weights.terms == {'td': 1.0, 'distill': 0.75, 'second_td': 0.5}
  for value in (*weights.terms.values(), weights.learning_rate):
    assert type(value) is np.float32


def test_without_a_teacher_its_terms_weigh_nothing():
  assert make_weaner(teacher=False).weights.terms['distill'] == 0.0


def test_a_running_return_moves_lambda_before_each_update():
  """CleanRL's: 1 until ten episodes are over, then 1 less their mean."""
  weaner = make_weaner('running_return')
  for _ in range(9):
    weaner.after_episode(0.5)
    weaner.before_update(100)
  assert weaner.coefficient == 3.0
  weaner.after_episode(0.5)
  assert weaner.coefficient == 3.0  # Until the next update.
  weaner.before_update(101)
  assert weaner.coefficient == pytest.approx(1.5)
  weaner.after_evaluation(1.0, 101)  # Evaluations say nothing.
  assert weaner.coefficient == pytest.approx(1.5)
  for _ in range(10):
    weaner.after_episode(1.5)
  weaner.before_update(102)
  assert weaner.coefficient == 0.0
  for _ in range(10):
    weaner.after_episode(0.0)
  weaner.before_update(103)
  assert weaner.coefficient == 3.0  # CleanRL's does not latch.
  weaner.before_update(PERIOD)
  assert weaner.coefficient == 0.0


def test_a_linear_schedule_falls_with_the_steps():
  weaner = make_weaner('linear', decay_period=100)
  found = []
  for steps in (0, 25, 100, 101):
    weaner.before_update(steps)
    found.append(weaner.coefficient)
  assert found == pytest.approx([3.0, 2.25, 0.0, 0.0])


@pytest.mark.parametrize('schedule', ['constant', 'offline_only'])
def test_some_do_not_heed_scores(schedule):
  weaner = make_weaner(schedule, floor=0.1)
  weaner.after_episode(1.0)
  weaner.before_update(PERIOD - 1)
  weaner.after_evaluation(1.0, PERIOD - 1)
  assert weaner.coefficient == 3.0
  weaner.at_switch()
  assert weaner.coefficient == (0.0 if schedule == 'offline_only' else 3.0)


@pytest.mark.parametrize(('period', 'expected'), [(PERIOD, 0.0), (None, 3.0)])
def test_a_constant_weight_ends_with_the_decay_period(period, expected):
  weaner = make_weaner('constant', decay_period=period)
  weaner.before_update(PERIOD)
  assert weaner.coefficient == expected


def test_a_term_of_logits_needs_a_teacher_whether_it_is_weaned_or_not():
  steady = dataclasses.replace(TERMS[1], is_weaned=False)
  taught, alone = (make_weaner(of=(TD, steady), teacher=t) for t in (1, 0))
  assert taught.weights.terms == {'td': 1.0, 'distill': 3.0}
  assert alone.weights.terms == {'td': 1.0, 'distill': 0.0}


@pytest.mark.parametrize('schedule', SCHEDULES)
def test_a_restored_weaner_goes_on_alike(schedule):
  one = make_weaner(schedule, evaluations=2)
  for score in np.linspace(0.0, 0.6, 12):
    one.after_episode(score)
  one.before_update(50)
  one.after_evaluation(0.4, 50)
  other = make_weaner(schedule, evaluations=2)
  other.load_state_dict(one.state_dict())
  for weaner in (one, other):
    weaner.after_episode(0.3)
    weaner.before_update(60)
    weaner.after_evaluation(0.9, 60)
  assert one.weights == other.weights
  assert one.state_dict() == other.state_dict()


def test_every_schedule_says_what_it_does():
  for schedule in SCHEDULES.values():
    assert schedule.summary
    assert schedule.hears in ('evaluation', 'update', 'switch')
