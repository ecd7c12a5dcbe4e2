import pytest

from reincarnating_rl.evaluation import scales
from reincarnating_rl.evaluation.normalization import TeacherTooWeakError
from reincarnating_rl.evaluation.run import Run, Score
from reincarnating_rl.support.errors import UserError


def make(path='a', teacher=(10.0, 30), random=0.0, **changes):
  return Run(
    path=path,
    method='m',
    game='Pong',
    seed=1,
    evaluations=(),
    teacher=teacher and Score(teacher[0], 1.0, teacher[1]),
    random=random if teacher else None,
    random_source='published',
    fingerprint='abc',
    seconds={},
    planned={},
    summary={},
    lineage={},
  )._replace(**changes)


def test_the_teacher_is_the_mean_over_all_episodes():
  scale = scales.pool([make(teacher=(10.0, 30)), make(teacher=(16.0, 10))])
  assert scale == scales.Scale(0.0, 'published', 11.5, 40, 'abc')
  assert scale.normalize(23.0) == 2.0


def test_equal_evaluations_count_once():
  runs = [make(teacher=(10.0, 30))] * 3 + [make(teacher=(12.0, 30))]
  assert scales.pool(runs).teacher == 11.0
  assert scales.pool(runs).teacher_episodes == 60


def test_the_order_of_runs_does_not_matter():
  runs = [make(teacher=(1 / 3 + i, 7 + i)) for i in range(5)]
  assert scales.pool(runs) == scales.pool(runs[::-1])


def test_measured_random_scores_are_pooled():
  runs = [
    make(random=random, random_source='measured') for random in (1.0, 3.0)
  ]
  assert scales.pool(runs).random == 2.0


def test_runs_without_a_teacher_add_nothing():
  assert scales.pool([make(teacher=None)]) is None
  runs = [make(teacher=None, fingerprint=None), make()]
  assert scales.pool(runs) == scales.pool([make()])


def test_other_teachers_are_not_mixed():
  with pytest.raises(
    UserError, match='^b has another teacher than a, and both'
  ):
    scales.pool([make('a'), make('b', fingerprint='other')])


@pytest.mark.parametrize(
  'other',
  [
    {'random': 1.0},
    {'random_source': 'measured'},
    {'random': 1.0, 'random_source': 'given'},
  ],
)
def test_other_random_scores_are_not_mixed(other):
  with pytest.raises(UserError, match=r'^b takes [01] \(\w+\) for the random'):
    scales.pool([make('a'), make('b', **other)])


def test_a_teacher_that_is_too_weak_is_an_error():
  with pytest.raises(TeacherTooWeakError, match='^a, Pong: The teacher sc'):
    scales.pool([make(random=10.0)])
