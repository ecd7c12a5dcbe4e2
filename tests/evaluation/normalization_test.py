"""Tests for reincarnating_rl.evaluation.normalization."""

import math

import pytest

from reincarnating_rl.evaluation import normalization
from reincarnating_rl.support import errors


@pytest.mark.parametrize(
  ('score', 'expected'),
  [(-20.0, 0.0), (20.0, 1.0), (0.0, 0.5), (40.0, 1.5), (-40.0, -0.5)],
)
def test_normalized_score(score, expected):
  assert normalization.normalized_score(score, -20.0, 20.0) == expected


@pytest.mark.parametrize(
  ('random_score', 'teacher_score'),
  [(10.0, 9.5), (10.0, 10.0), (10.0, math.nan), (math.nan, 10.0)],
)
def test_a_teacher_no_better_than_random(random_score, teacher_score):
  # The official code divided by the negative difference: the sign flipped.
  with pytest.raises(normalization.TeacherTooWeakError) as error:
    normalization.normalized_score(5.0, random_score, teacher_score)
  assert isinstance(error.value, errors.UserError)
  assert f'{random_score:g}' in str(error.value)
  assert f'{teacher_score:g}' in str(error.value)


def test_summary():
  summary = normalization.summarize([1.0, 2.0, 3.0, 6.0])
  assert summary.mean == 3.0
  assert summary.std == pytest.approx(math.sqrt(14 / 3))
  assert summary.stderr == pytest.approx(math.sqrt(14 / 3) / 2)
  assert (summary.num_episodes, summary.min, summary.max) == (4, 1.0, 6.0)


def test_summary_of_one_episode_has_no_spread():
  summary = normalization.summarize([5.0])
  assert (summary.mean, summary.num_episodes) == (5.0, 1)
  assert (summary.std, summary.stderr) == (None, None)


def test_a_score_needs_an_episode():
  with pytest.raises(ValueError, match='at least one'):
    normalization.summarize([])
