"""The settings of methods reach losses and weaners; nothing is compiled."""

from types import SimpleNamespace

import numpy as np
import pytest

from reincarnating_rl.learner.control import terms as control_terms
from reincarnating_rl.learner.control.terms import ControlTerms
from reincarnating_rl.learner.vocabulary import ValueTerms
from reincarnating_rl.learner.weaning import WeaningSettings
from reincarnating_rl.methods.settings import (
  DQfDSettings,
  PretrainedSettings,
  QDaggerSettings,
)
from reincarnating_rl.methods.table import METHODS

# Q-values of an action that was taken, and of the teacher's.
SEEN = SimpleNamespace(
  output=SimpleNamespace(q_values=np.float32([0.0, -1.0])),
  example=SimpleNamespace(
    action=np.int32(0),
    teacher_policy=np.float32([0.0, np.log(3.0)]),
    monte_carlo_return=np.float32(1.0),
  ),
)
DISTILLED = {
  'distill_type': 'value',
  'distill_temperature': 0.25,
  'distill_loss_coefficient': 5.0,
}
MARGIN = {'margin_type': 'max', 'margin': 0.25, 'margin_coefficient': 2.0}
PULLED = {'cql_temperature': 0.5, 'cql_coefficient': 7.0}


class Told:
  """A vocabulary that repeats what it is asked for."""

  has_temperature = True

  def own(self, **told):
    return (told,)

  def distill(self, kind, **told):
    return kind, told


@pytest.mark.parametrize(
  ('name', 'own'),
  [
    ('qdagger', {}),
    ('kickstarting', {}),
    ('ql_dagger', {}),
    ('dagger', {'weight': 0.0}),
  ],
)
def test_distillation_is_as_it_is_set(name, own):
  found = METHODS[name].terms(QDaggerSettings(**DISTILLED), Told())
  assert found == (own, ('value', {'temperature': 0.25, 'weight': 5.0}))


def terms_of(name, settings):
  """Returns the terms by name, their weights, and their losses."""
  made = METHODS[name].terms(
    settings, ValueTerms(lambda *_: 4.0, teacher_temperature=0.2)
  )
  assert made[0].name == 'td'
  return {term.name: (term.weight, term.loss) for term in made}


@pytest.mark.parametrize(
  ('settings', 'weight', 'expected'),
  [
    (DQfDSettings(**MARGIN), 2.0, 1.25),
    (DQfDSettings(**MARGIN | {'margin_type': 'mean'}), 2.0, 1.25 / 2),
    (DQfDSettings(), 1.0, 2.0 / 2),
  ],
)
def test_the_margin_is_as_it_is_set(settings, weight, expected):
  found = terms_of('dqfd', settings)
  assert set(found) == {'td', 'margin'}
  assert found['margin'][0] == weight
  assert found['margin'][1](SEEN) == pytest.approx(expected)


def test_the_second_loss_is_as_it_is_set():
  found = terms_of(
    'dqfd', DQfDSettings(second_update_horizon=4, second_td_coefficient=0.5)
  )
  assert set(found) == {'td', 'margin', 'second_td'}
  assert (found['td'][0], found['second_td'][0]) == (1.0, 0.5)


@pytest.mark.parametrize(
  ('settings', 'weight', 'expected'),
  [
    (PretrainedSettings(**PULLED), 7.0, np.log(1 + np.exp(-2.0))),
    # Both actions are lifted to the return, 1.
    (
      PretrainedSettings(**PULLED, cql_type='calibrated'),
      7.0,
      np.log(2.0) + 2.0,
    ),
    (PretrainedSettings(), 1.0, np.log(1 + np.exp(-10.0))),
  ],
)
def test_the_regularizer_is_as_it_is_set(settings, weight, expected):
  found = terms_of('pretrained', settings)
  assert set(found) == {'td', 'cql'}
  assert found['cql'][0] == weight
  assert found['cql'][1](SEEN) == pytest.approx(expected, rel=1e-3)


def test_the_regularizer_of_vectors_is_as_it_is_set(monkeypatch):
  monkeypatch.setattr(
    control_terms, 'conservative', lambda kind, **told: (kind, told)
  )
  vocabulary = ControlTerms(SimpleNamespace(td_weight=0.5, target_entropy=None))
  settings = PretrainedSettings(**PULLED, cql_samples=6, cql_type='calibrated')
  found = METHODS['pretrained'].terms(settings, vocabulary)
  assert [term.weight for term in found[:-1]] == [0.5, 1.0]
  assert found[-1] == (
    'calibrated',
    {'temperature': 0.5, 'samples': 6, 'weight': 7.0},
  )


@pytest.mark.parametrize(
  ('name', 'settings', 'expected'),
  [
    *(
      (
        name,
        QDaggerSettings(
          distill_decay_period=70,
          distill_latch=True,
          distill_floor=0.1,
          distill_evaluations=3,
        ),
        WeaningSettings(decay_period=70, latch=True, floor=0.1, evaluations=3),
      )
      for name in ('qdagger', 'kickstarting')
    ),
    (
      'qdagger',
      QDaggerSettings(distill_latch=False, distill_recall_below=0.5),
      WeaningSettings(decay_period=1_500_000, latch=False, recall_below=0.5),
    ),
    ('qdagger', QDaggerSettings(), WeaningSettings(decay_period=1_500_000)),
    # A teacher who is never dropped.
    ('ql_dagger', QDaggerSettings(distill_floor=0.1), WeaningSettings()),
    ('dagger', QDaggerSettings(distill_floor=0.1), WeaningSettings()),
    (
      'dqfd',
      DQfDSettings(margin_decay_period=80),
      WeaningSettings(decay_period=80),
    ),
    ('pretrained', PretrainedSettings(), WeaningSettings()),
  ],
)
def test_weaning_is_as_it_is_set(name, settings, expected):
  assert METHODS[name].weaning(settings) == expected
