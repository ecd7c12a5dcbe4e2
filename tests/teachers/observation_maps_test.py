"""What a teacher sees of a game whose observations are not its own."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.networks.mlp_networks import MLPDQNNetwork
from reincarnating_rl.teachers import (
  factory,
  native_checkpoint,
  observation_maps,
)
from reincarnating_rl.teachers.errors import TeacherError

NETWORK = functools.partial(MLPDQNNetwork, num_layers=1, hidden_units=8)
STATES = np.random.default_rng(0).normal(size=(5, 3, 1)).astype('f4')


def write(folder, about=None):
  """Writes a teacher of two numbers and three actions."""
  params = NETWORK(num_actions=3).init(jax.random.PRNGKey(0), STATES[0, :2])
  native_checkpoint.write(folder, 0, jax.device_get(params), about or {})
  return folder


@pytest.fixture
def folder(tmp_path):
  return write(tmp_path)


def make(folder, size=3, number=3, **settings):
  return factory.create_teacher(
    'auto',
    folder,
    actions=Discrete(number),
    observation_shape=(size,),
    stack_size=1,
    network=NETWORK,
    **settings,
  )


@pytest.mark.parametrize(
  'setting', [(2, 0), lambda state: jnp.stack([state[2], state[0]])]
)
def test_a_teacher_sees_what_the_map_makes(setting, folder):
  plain = make(folder, size=2)
  mapped = make(folder, observation_map=setting)
  np.testing.assert_array_equal(
    mapped.policy_logits(STATES), plain.policy_logits(STATES[:, [2, 0]])
  )
  assert mapped.lineage['observation_map'] in ('(2, 0)', '<lambda>')
  assert 'observation_map' not in plain.lineage


@pytest.mark.parametrize(
  ('setting', 'message'),
  [
    ('grey', "is 'grey': choose one of grey_84, .* Did you mean grey_84"),
    ('grey_84', 'grey_84 makes no states of .*: it takes colour images'),
    ((0, 3), r'there is no entry \[3\] in 0 to 2'),
    ((), r'there is no entry  ?in 0 to 2'),
    ((0, 1, 2), r'states of shape \(3, 1\)|parameter layers_0/kernel|expects'),
    (lambda state: state[0, 0], r'it makes \(\) of float32'),
    (lambda state: state / 0.0, 'not all finite'),
    (lambda state: state @ jnp.ones((7, 7)), 'makes no states of those'),
    (lambda state: state.missing, "no attribute 'missing'"),
  ],
)
def test_maps_that_make_no_sense(setting, message, folder):
  with pytest.raises(TeacherError, match=message) as error:
    make(folder, observation_map=setting)
  assert '\n' not in str(error.value)


def test_who_has_no_checkpoint_has_no_map():
  with pytest.raises(TeacherError, match='the random one has none: leave'):
    factory.create_teacher(
      'random',
      None,
      actions=Discrete(2),
      observation_shape=(3,),
      stack_size=1,
      observation_map=(0,),
    )


def test_colours_become_grey_frames():
  rng = np.random.default_rng(0)
  state = rng.integers(0, 256, (210, 160, 3, 4)).astype('u1')
  made = np.asarray(jax.jit(observation_maps.grey_84)(state))
  assert made.shape == (84, 84, 4) and made.dtype == np.uint8
  mean = state.mean(axis=(0, 1)).T @ [0.299, 0.587, 0.114]
  np.testing.assert_allclose(made.mean(axis=(0, 1)), mean, rtol=0.02)
  white = np.full((100, 100, 3, 1), 255, np.uint8)
  assert (np.asarray(observation_maps.grey_84(white)) == 255).all()


def test_actions_by_their_numbers_in_the_game(folder):
  """Of games that do not say what their actions mean."""
  plain = make(folder, size=2)
  logits = np.asarray(plain.policy_logits(STATES[:, :2]))
  mapped = make(folder, size=2, number=2, action_meanings=(1, -1, 0))
  np.testing.assert_array_equal(
    mapped.policy_logits(STATES[:, :2]), logits[:, [2, 0]]
  )
  with pytest.raises(TeacherError, match='give each number from 0 to 1'):
    make(folder, size=2, number=2, action_meanings=(0, 0, 1))
  params = native_checkpoint.read(folder / 'ckpt.0.json')[0]
  told = {'game': {'name': 'x', 'actions': ['1', '-1', '0']}}
  native_checkpoint.write(folder, 1, params, told)
  written = make(folder, size=2, number=2)  # As `convert` writes of it.
  np.testing.assert_array_equal(
    written.policy_logits(STATES[:, :2]), logits[:, [2, 0]]
  )
