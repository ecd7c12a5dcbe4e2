"""The teacher that is a network."""

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.teachers.network_teacher import NetworkTeacher


def _linear_teacher(**settings):
  """The logits (s, 2 s + 1)."""
  params = {'params': {'kernel': np.array([1.0, 2.0], np.float32)}}

  def policy(params, state):
    return params['params']['kernel'] * state[0] + jnp.array([0.0, 1.0])

  return NetworkTeacher(policy, params, num_actions=2, **settings)


def test_any_batch_size_on_host_or_device():
  teacher = _linear_teacher()
  for size in (1, 2, 3, 5, 8, 9):
    states = np.arange(size, dtype=np.float32).reshape(size, 1, 1)
    expected = np.stack([states[:, 0, 0], 2 * states[:, 0, 0] + 1], axis=1)
    for kind in (np.asarray, jnp.asarray):
      np.testing.assert_allclose(
        teacher.policy_logits(kind(states)), expected, rtol=1e-6
      )


def test_compiles_once_for_sizes_up_to_a_power_of_two():
  traces = []

  def policy(params, state):
    traces.append(state.shape)
    return params['a'] * state

  teacher = NetworkTeacher(policy, {'a': np.ones(2)}, num_actions=2)
  for size in (9, 16, 11, 5, 8, 6, 7, 12):
    teacher.policy_logits(np.zeros((size, 2), np.float32))
  assert traces == [(2,), (2,)]  # of 16 and of 8


def test_usable_inside_a_jitted_sweep():
  teacher = _linear_teacher()
  sweep = jax.jit(teacher.policy_logits)
  np.testing.assert_allclose(sweep(jnp.ones((3, 1, 1))), [[1.0, 3.0]] * 3)


def test_fingerprint_and_lineage():
  teacher = _linear_teacher(lineage={'parent': None})
  assert teacher.num_actions == 2
  assert teacher.fingerprint == _linear_teacher().fingerprint
  assert teacher.lineage == {
    'parent': None,
    'fingerprint': teacher.fingerprint,
    'acts': 'greedy',
  }
  teacher = _linear_teacher(acts='sample')
  assert teacher.acts == teacher.lineage['acts'] == 'sample'
