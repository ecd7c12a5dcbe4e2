"""Random teachers, and what any teacher is asked."""

import jax
import numpy as np

from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.teachers import base

_VECTORS = Continuous((-2.0, 0.0), (2.0, 1.0))


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


def test_what_a_teacher_is_asked():
  discrete, continuous = map(base.random_teacher, (Discrete(4), _VECTORS))
  assert base.actions_of(discrete) == Discrete(4)
  assert base.asked(discrete) == discrete.policy_logits
  assert base.actions_of(continuous) == _VECTORS
  assert base.asked(continuous) == continuous.policy_parameters
  assert discrete.fingerprint != continuous.fingerprint
  assert continuous.acts == continuous.lineage['acts'] == 'sample'


def test_a_random_teacher_of_vectors_is_nearly_uniform():
  """Of all Gaussians under a tanh, no other makes uniform numbers likelier."""
  said = base.random_teacher(_VECTORS).policy_parameters(np.zeros((5, 3, 1)))
  assert said.shape == (5, 4) and np.ptp(np.asarray(said), axis=0).max() == 0
  mean, log_std = said[0, 0], said[0, 2]
  uniform = jax.random.uniform(jax.random.key(0), (20_000,), minval=-1.0)
  drawn = np.arctanh(np.asarray(uniform))

  def likelihood(mean, log_std):
    return -np.mean(((drawn - mean) / np.exp(log_std)) ** 2 / 2) - log_std

  best = likelihood(mean, log_std)
  for change in ((0.1, 0.0), (-0.1, 0.0), (0.0, 0.1), (0.0, -0.1)):
    assert likelihood(mean + change[0], log_std + change[1]) < best
