"""The teacher of Q-values."""

import os

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.networks.q_networks import MLPDQNNetwork
from reincarnating_rl.teachers import checkpoints
from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.teachers.q_teacher import QTeacher


def _linear_teacher(**settings):
  """Q(s) = (s_0, 2 s_0 + 1), of a network without hidden layers."""
  kernel, bias = np.array([[1.0, 2.0]]), np.array([0.0, 1.0])
  params = {'params': {'final_layer': {'kernel': kernel, 'bias': bias}}}
  return QTeacher(MLPDQNNetwork(2, num_layers=0), params, **settings)


@pytest.mark.parametrize('temperature', [0.1, 2.0])
def test_logits_are_q_over_temperature(temperature):
  teacher = _linear_teacher(temperature=temperature)
  logits = teacher.policy_logits(np.array([[[0.5]], [[-1.0]], [[3.0]]]))
  q_values = np.array([[0.5, 2.0], [-1.0, -1.0], [3.0, 7.0]])
  np.testing.assert_allclose(logits, q_values / temperature, rtol=1e-6)
  assert logits.dtype == jnp.float32


def test_any_batch_size_on_host_or_device():
  teacher = _linear_teacher(temperature=1.0)
  for size in (1, 2, 3, 5, 8, 9):
    states = np.arange(size, dtype=np.float32).reshape(size, 1, 1)
    expected = np.stack([states[:, 0, 0], 2 * states[:, 0, 0] + 1], axis=1)
    for kind in (np.asarray, jnp.asarray):
      np.testing.assert_allclose(
        teacher.policy_logits(kind(states)), expected, rtol=1e-6
      )


def test_compiles_once_for_sizes_up_to_a_power_of_two():
  teacher = _linear_teacher()
  chex.clear_trace_counter()
  teacher._logits = jax.jit(
    chex.assert_max_traces(teacher._logits.__wrapped__, n=2)
  )
  for size in (9, 16, 11, 5, 8, 6, 7, 12):
    teacher.policy_logits(np.zeros((size, 1, 1), np.float32))


def test_usable_inside_a_jitted_sweep():
  teacher = _linear_teacher(temperature=1.0)
  sweep = jax.jit(teacher.policy_logits)
  np.testing.assert_allclose(sweep(jnp.ones((3, 1, 1))), [[1.0, 3.0]] * 3)


def test_real_old_cartpole_teacher(fixtures):
  """Q-values that dopamine-rl 4.0.6 computed with its own pickle.

  The fixture does not state the bounds that its network was given, and they
  are not Dopamine's constants for CartPole (pi / 12 and 2 pi, which are off by
  0.08). Those below were fitted to the 32 expected values, of which they are
  four; the parameters and the network are what is tested by the rest.
  """
  folder = os.path.join(fixtures, 'dopamine_4_0_6_cartpole')
  network = MLPDQNNetwork(
    num_actions=2,
    num_layers=1,
    hidden_units=64,
    min_vals=(-2.4, -5.0, -np.pi / 15.0, -np.pi * 4.0 / 3.0),
    max_vals=(2.4, 5.0, np.pi / 15.0, np.pi * 4.0 / 3.0),
  )
  checkpoint = checkpoints.load_checkpoint(folder)
  teacher = QTeacher(network, checkpoint.params, temperature=1.0)
  with np.load(os.path.join(folder, 'expected_q_values.npz')) as expected:
    np.testing.assert_allclose(
      teacher.policy_logits(expected['states']),
      expected['q_values'],
      rtol=0,
      atol=1e-5,
    )


def test_fingerprint_and_lineage():
  teacher = _linear_teacher(temperature=0.5, lineage={'parent': None})
  assert teacher.fingerprint == _linear_teacher().fingerprint
  assert teacher.lineage == {
    'parent': None,
    'fingerprint': teacher.fingerprint,
    'temperature': 0.5,
  }


@pytest.mark.parametrize('temperature', [0.0, -1.0, float('nan')])
def test_temperature_must_be_positive(temperature):
  with pytest.raises(TeacherError, match='must be > 0'):
    _linear_teacher(temperature=temperature)
