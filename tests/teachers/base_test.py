"""Random teachers."""

import numpy as np

from reincarnating_rl.teachers import base


def test_random_teacher_prefers_nothing():
  logits = base.RandomTeacher(4).policy_logits(np.zeros((20, 2, 1)))
  np.testing.assert_array_equal(logits, np.zeros((20, 4)))


def test_random_teacher_says_that_it_is_random():
  teacher = base.RandomTeacher(4)
  assert teacher.lineage['agent'] == 'random'
  assert teacher.fingerprint == base.RandomTeacher(4).fingerprint
  assert teacher.fingerprint != base.RandomTeacher(5).fingerprint


def test_random_teacher_plays_by_draws():
  teacher = base.RandomTeacher(4)
  assert teacher.acts == teacher.lineage['acts'] == 'sample'
