"""Teachers by name, the bundled one among them."""

import functools
import json
import os
import pathlib
import shutil

import gin
import jax
import numpy as np
import optax
import pytest
from flax import traverse_util
from safetensors import numpy as safetensors_numpy

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  (before Dopamine)

# isort: split
from dopamine.jax.agents.dqn import dqn_agent  # noqa: F401  (its gin names)

from reincarnating_rl.agents import snapshot
from reincarnating_rl.evaluation.atari_scores import random_score
from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.networks.mlp_networks import (
  MLPDQNNetwork,
  MLPRainbowNetwork,
)
from reincarnating_rl.networks.policy_networks import NaturePolicyNetwork
from reincarnating_rl.runner import factories  # noqa: F401  (gin's names)
from reincarnating_rl.support.errors import MissingFileError, UserError
from reincarnating_rl.teachers import description, factory, native_checkpoint
from reincarnating_rl.teachers.base import (
  ContinuousRandomTeacher,
  RandomTeacher,
)
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  TeacherError,
)
from tests.teachers import networks

_BUNDLED = pathlib.Path(__file__).parents[2] / 'teacher_ckpts' / 'Pong' / '1'
_ATARI = {
  'actions': Discrete(6),
  'observation_shape': (84, 84),
  'stack_size': 4,
}
_CARTPOLE = {
  'actions': Discrete(2),
  'observation_shape': (4,),
  'stack_size': 1,
  'network': functools.partial(MLPDQNNetwork, num_layers=1, hidden_units=64),
}


@pytest.fixture(scope='module')
def pong():
  return factory.create_teacher('auto', _BUNDLED, **_ATARI)


@pytest.fixture(scope='module')
def manifest():
  (path,) = (_BUNDLED / 'checkpoints').glob('*.json')
  return json.loads(path.read_text())


@pytest.fixture
def nature(tmp_path):
  networks.write_nature(tmp_path)
  return tmp_path


def test_the_bundled_teacher_has_its_q_values(pong, manifest):
  told, (name,) = manifest['network'], manifest['files']
  flat = safetensors_numpy.load_file(_BUNDLED / 'checkpoints' / name)
  tree = traverse_util.unflatten_dict(flat, sep='/')['online_params']
  network = description.NETWORKS[told['network']](6, **told['fields'])
  states = np.random.default_rng(0).integers(
    256, size=(4, 84, 84, 4), dtype=np.uint8
  )
  q_values = jax.vmap(lambda state: network.apply(tree, state).q_values)(states)
  assert np.ptp(q_values) > 0.01
  np.testing.assert_allclose(
    0.1 * np.asarray(pong.policy_logits(states)), q_values, atol=1e-5
  )


def test_lineage_tells_where_the_bundled_teacher_is_from(pong, manifest):
  lineage, (name,) = pong.lineage, manifest['files']
  assert lineage['agent'] == manifest['network']['kind'] == 'dqn'
  assert lineage['network'] == manifest['network']['network']
  assert lineage['checkpoint_number'] == manifest['number']
  assert lineage['checkpoint'].endswith(name)
  assert lineage['checkpoint_sha256'] == manifest['files'][name]['sha256']
  assert lineage['fingerprint'] == pong.fingerprint
  assert lineage['trained_on'] == 'Pong'
  assert lineage['described_as'] == manifest['teacher']
  # Its run is told with all that it takes to repeat it.
  run = lineage['parent']
  assert (run['game'], run['teacher']) == ('Pong', None)
  assert 'configs/teacher_dqn_pong.gin' in run['started_as']['command']
  spent = manifest['teacher']['spent']
  assert 0 < spent['training_steps'] <= run['spent']['training_steps']


def test_the_bundled_teachers_score_is_better_than_random(manifest):
  measured = manifest['teacher']['measured']
  score = measured['score']
  assert score['num_episodes'] >= 30
  assert score['mean'] - 3 * score['stderr'] > random_score('Pong')
  assert ' evaluate ' in measured['command']


def test_a_students_lineage_is_the_teachers_parent(tmp_path):
  shutil.copytree(_BUNDLED, tmp_path / 'run')
  (tmp_path / 'run' / 'lineage.json').write_text('{"teacher": "abc"}')
  teacher = factory.create_teacher('dqn', tmp_path / 'run', **_ATARI)
  assert teacher.lineage['parent'] == {'teacher': 'abc'}


def test_the_students_settings_do_not_reach_the_teacher(pong):
  """The official teacher was an agent, and took the student's bindings."""
  bindings = [
    'JaxDQNAgent.network = @networks.ImpalaDQNNetwork',
    'JaxDQNAgent.gamma = 0.5',
    f'{pong.lineage["network"]}.inputs_preprocessed = True',
  ]
  states = np.full((1, 84, 84, 4), 7, np.uint8)
  try:
    gin.parse_config(bindings)
    bound = factory.create_teacher('auto', _BUNDLED, **_ATARI)
  finally:
    gin.clear_config()
  assert bound.lineage == pong.lineage
  np.testing.assert_array_equal(
    bound.policy_logits(states), pong.policy_logits(states)
  )


def test_a_network_of_the_callers(fixtures):
  folder = os.path.join(fixtures, 'dopamine_4_0_6_cartpole')
  teacher = factory.create_teacher(
    'dqn', folder, checkpoint_number=24, temperature=0.5, **_CARTPOLE
  )
  assert teacher.num_actions == 2
  assert teacher.lineage['temperature'] == 0.5
  assert teacher.policy_logits(np.zeros((3, 4, 1))).shape == (3, 2)


def test_real_old_cartpole_teacher(fixtures):
  """Q-values that dopamine-rl 4.0.6 computed with its own pickle.

  The fixture does not state the bounds that its network was given, and they
  are not Dopamine's constants for CartPole (pi / 12 and 2 pi, which are off by
  0.08). Those below were fitted to the 32 expected values, of which they are
  four; the parameters and the network are what is tested by the rest.
  """
  folder = os.path.join(fixtures, 'dopamine_4_0_6_cartpole')
  high = (2.4, 5.0, np.pi / 15.0, np.pi * 4.0 / 3.0)
  network = functools.partial(
    _CARTPOLE['network'], min_vals=tuple(-x for x in high), max_vals=high
  )
  teacher = factory.create_teacher(
    'dqn', folder, temperature=1.0, **(_CARTPOLE | {'network': network})
  )
  with np.load(os.path.join(folder, 'expected_q_values.npz')) as expected:
    np.testing.assert_allclose(
      teacher.policy_logits(expected['states']),
      expected['q_values'],
      rtol=0,
      atol=1e-5,
    )


_VECTORS = {
  'actions': Discrete(2),
  'observation_shape': (4,),
  'stack_size': 1,
  'network': functools.partial(MLPRainbowNetwork, hidden_units=8),
}


@pytest.mark.parametrize('noisy', [True, False])
def test_a_rainbow_student_is_the_next_teacher(noisy, tmp_path):
  """From what a run of this project leaves; noise is off, vmax counts."""
  network = _VECTORS['network'](2, num_atoms=11, noisy=noisy)
  states = np.random.default_rng(0).random((3, 4, 1), np.float32)
  support = np.linspace(-2.0, 2.0, 11, dtype=np.float32)
  student = network.init(jax.random.key(0), states[0], support)
  trees = {
    'online_params': student,
    'target_params': jax.tree.map(np.zeros_like, student),
    'optimizer_state': optax.adam(1.0).init(student),
  }
  native_checkpoint.write_arrays(
    tmp_path / 'checkpoints', 3, snapshot.flatten(trees), {}, tag='.a'
  )
  teacher = factory.create_teacher('rainbow', tmp_path, vmax=2, **_VECTORS)
  assert teacher.lineage['agent'] == 'rainbow'
  assert teacher.lineage['network'] == 'MLPRainbowNetwork'
  assert teacher.lineage['network_fields']['noisy'] == noisy
  expected = jax.vmap(
    lambda s: network.apply(student, s, support, eval_mode=True).q_values
  )(states)
  np.testing.assert_allclose(
    teacher.policy_logits(states), 10.0 * expected, rtol=1e-5, atol=1e-6
  )


def test_a_dqn_read_as_a_rainbow_has_the_same_policy(nature):
  """A Rainbow of one atom without dueling or noise is a DQN."""
  teacher = factory.create_teacher('rainbow', nature, **_ATARI)
  plain = factory.create_teacher('dqn', nature, **_ATARI)
  states = np.full((1, 84, 84, 4), 7, np.uint8)
  assert 'vmax' not in teacher.lineage
  np.testing.assert_allclose(
    teacher.policy_logits(states), plain.policy_logits(states), rtol=1e-6
  )


def _given(states):
  return np.zeros((len(states), 6))


@pytest.mark.parametrize(
  ('agent', 'settings', 'usual'),
  [
    ('auto', {}, 'greedy'),
    ('callable', {'policy': _given}, 'greedy'),
    ('random', {}, 'sample'),
  ],
)
def test_how_a_teacher_plays(agent, settings, usual):
  path = _BUNDLED if agent == 'auto' else None
  make = functools.partial(
    factory.create_teacher, agent, path, **_ATARI, **settings
  )
  for acts in (None, 'sample'):
    teacher = make(acts=acts)
    assert teacher.acts == teacher.lineage['acts'] == (acts or usual)


def test_a_policy_samples_and_may_be_greedy(tmp_path):
  network = NaturePolicyNetwork(6)
  params = networks.random_params(network)
  told = description.describe('ppo', network)
  native_checkpoint.write(tmp_path, 1, params, {'network': told._asdict()})
  make = functools.partial(factory.create_teacher, 'auto', tmp_path, **_ATARI)
  assert make().lineage['acts'] == make().acts == 'sample'
  assert make(acts='greedy').lineage['acts'] == 'greedy'


def test_a_way_to_play_that_there_is_not():
  with pytest.raises(TeacherError, match='leave out create_teacher.acts'):
    factory.create_teacher('random', None, **_ATARI, acts='greedy')


def test_another_game():
  settings = _ATARI | {'actions': Discrete(4)}
  with pytest.raises(MismatchedTeacherError, match='has 6 actions, but the ga'):
    factory.create_teacher('dqn', _BUNDLED, **settings)


def test_another_stack_and_another_network(nature):
  with pytest.raises(
    MismatchedTeacherError, match='Conv_0/kernel has the shap'
  ):
    factory.create_teacher('dqn', nature, **(_ATARI | {'stack_size': 3}))
  with pytest.raises(MismatchedTeacherError, match='no parameter params/final'):
    factory.create_teacher('dqn', nature, **_CARTPOLE)


def test_random_only_when_asked_for_by_name():
  """The official code made a random teacher when it found no checkpoint."""
  teacher = factory.create_teacher('random', None, **_ATARI)
  assert isinstance(teacher, RandomTeacher)
  assert teacher.num_actions == 6
  for kind in set(factory.TEACHERS) - set(factory.PATHLESS):
    with pytest.raises(TeacherError, match='needs --teacher_checkpoint_dir'):
      factory.create_teacher(kind, None, **_ATARI)
  with pytest.raises(MissingFileError, match='no directory'):
    factory.create_teacher('dqn', _BUNDLED.with_name('2'), **_ATARI)


@pytest.mark.parametrize(
  ('name', 'near'),
  [
    ('dqnn', 'dqn'),
    ('DQN', 'dqn'),
    ('ramdon', 'random'),
    ('full_rainbow', 'rainbow'),
    ('jax_implicit_quantile', 'implicit_quantile'),
  ],
)
def test_unknown_names_are_answered_with_the_nearest(name, near):
  with pytest.raises(UserError) as error:
    factory.create_teacher(name, None, **_ATARI)
  assert f'did you mean {near!r}' in str(error.value)
  assert str(error.value).endswith(
    'there are: auto, dqn, rainbow, implicit_quantile, quantile, ppo, sac, '
    'td3, d4pg, gaussian_ppo, random, callable, perciatelli44, station_seeker.'
  )


def _middle(states):
  return np.full((len(states), 2), 0.5)


def _vectors(agent, **settings):
  return factory.create_teacher(
    agent,
    None,
    actions=Continuous((0.0, 0.5), (1.0, 1.5)),
    observation_shape=(3,),
    stack_size=1,
    **settings,
  )


def test_teachers_of_vectors_without_a_checkpoint():
  states = np.zeros((4, 3, 1), np.float32)
  teacher = _vectors('callable', policy=_middle)
  np.testing.assert_allclose(teacher.policy_parameters(states), [[0, -1]] * 4)
  assert isinstance(_vectors('random'), ContinuousRandomTeacher)
  with pytest.raises(TeacherError, match='nothing to draw from'):
    _vectors('callable', policy=_middle, acts='sample')
  with pytest.raises(TeacherError, match='prefers no action'):
    _vectors('random', acts='greedy')
