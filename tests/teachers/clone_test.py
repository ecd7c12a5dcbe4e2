"""The network of a clone, which fits what is observed."""

import jax
import numpy as np
import pytest

from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.learner.kinds import DETERMINISTIC, TANH_GAUSSIAN
from reincarnating_rl.teachers import clone
from reincarnating_rl.teachers.clone import CloneSettings

BOX = Continuous((-1.0, -1.0), (1.0, 1.0))


def parts(shape, dtype='f4', distribution=None, stack=1, **settings):
  told = clone.describe(
    CloneSettings(**settings),
    observation_shape=shape,
    dtype=np.dtype(dtype),
    distribution=distribution,
  )
  actions = BOX if distribution else Discrete(3)
  network = clone.make_network(told, actions)
  state = np.zeros((*shape, stack), dtype)
  made = jax.eval_shape(
    lambda: clone.policy_of(told, network)(
      network.init(jax.random.PRNGKey(0), state), state
    )
  )
  return told, made.shape


@pytest.mark.parametrize(
  ('shape', 'dtype', 'stack', 'hidden', 'convolutions'),
  [
    ((84, 84), 'u1', 4, (512,), 3),
    ((64, 64, 3), 'u1', 1, (512,), 3),
    ((10, 10, 4), 'u1', 1, (128,), 1),
    ((10, 10, 4), 'f4', 1, (256, 256), 0),
    ((128,), 'u1', 1, (256, 256), 0),
    ((2, 2), 'u1', 1, (256, 256), 0),
    ((4,), 'f4', 2, (256, 256), 0),
  ],
)
def test_the_network_fits_the_observations(
  shape, dtype, stack, hidden, convolutions
):
  told, policy = parts(shape, dtype, stack=stack)
  assert policy == (3,) and told.kind == 'ppo'
  assert told.fields['hidden'] == hidden
  assert len(told.fields.get('convolutions', ())) == convolutions
  assert told.fields.get('normalized', False) == (not convolutions)
  assert parts(shape, dtype, stack=stack, hidden=(7,))[0].fields['hidden'] == (
    7,
  )


def test_vectors_are_of_the_kind_of_the_student():
  told, policy = parts((4,), distribution=TANH_GAUSSIAN)
  assert (told.kind, policy) == ('sac', (4,))
  told, policy = parts((4,), distribution=DETERMINISTIC)
  assert (told.kind, policy) == ('td3', (2,))


def test_observations_are_normalised_and_constants_are_left():
  rng = np.random.default_rng(0)
  seen = np.stack([rng.normal(5.0, 3.0, 500), np.full(500, 7.0)], axis=1)
  found = clone.observation_statistics(np.float32(seen), 2)
  assert found['mean'].shape == (2, 2, 2)
  assert found['deviation'].shape == (2, 2)
  mean, deviation = found['mean'].sum(axis=0)[:, 0], found['deviation'][:, 0]
  scaled = (seen - mean) / deviation
  np.testing.assert_allclose(scaled.mean(axis=0), 0.0, atol=1e-5)
  np.testing.assert_allclose(scaled.std(axis=0), [1.0, 0.0], atol=1e-5)
