"""Teachers of other libraries' files, by nothing but a path."""

import shutil
import zipfile

import jax
import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.support.errors import MissingFileError
from reincarnating_rl.teachers import factory, native_checkpoint
from reincarnating_rl.teachers.actions import ALE_MEANINGS
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  TeacherError,
)
from reincarnating_rl.teachers.foreign.layers import Layers
from tests.teachers.foreign import real_files

_FILES = {  # By name: states, and kind.
  'cleanrl_dqn_atari.cleanrl_model': ('atari', 'dqn'),
  'cleanrl_c51_atari.cleanrl_model': ('atari', 'rainbow'),
  'cleanrl_ppo_atari.cleanrl_model': ('atari', 'ppo'),
  'cleanrl_dqn_atari_jax.cleanrl_model': ('atari', 'dqn'),
  'sb3_qrdqn_cnn.zip': ('small', 'quantile'),
  'sb3_ppo_mlp.zip': ('vector', 'ppo'),
}


def _create(path, states, agent='auto', num_actions=4, **settings):
  *observation_shape, stack_size = real_files.expected(
    f'{states}_states'
  ).shape[1:]
  return factory.create_teacher(
    agent,
    path,
    actions=Discrete(num_actions),
    observation_shape=tuple(observation_shape),
    stack_size=stack_size,
    temperature=0.5,
    **settings,
  )


def _acts(kind):
  return 'sample' if kind == 'ppo' else 'greedy'


def _in_a_folder(name, tmp_path):
  shutil.copy(real_files.FOLDER / name, tmp_path / name)
  (tmp_path / 'README.md').write_text('beside it, as on the hub')
  return tmp_path


def _assert_policy(teacher, name, states, kind):
  assert teacher.acts == _acts(kind)
  logits = teacher.policy_logits(real_files.expected(f'{states}_states'))
  wanted = real_files.expected(name.split('.')[0])
  if kind == 'ppo':  # Stable-Baselines3 has them normalised.
    logits, wanted = jax.nn.log_softmax(logits), jax.nn.log_softmax(wanted)
  else:
    wanted = (wanted.mean(axis=1) if kind == 'quantile' else wanted) / 0.5
  np.testing.assert_allclose(logits, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('name', _FILES)
def test_a_file_or_its_folder_is_all_that_is_needed(name, tmp_path):
  states, kind = _FILES[name]
  for path in (real_files.FOLDER / name, _in_a_folder(name, tmp_path)):
    teacher = _create(path, states)
    _assert_policy(teacher, name, states, kind)
    assert teacher.lineage['agent'] == kind
    assert teacher.lineage['network'] == 'LayeredNetwork'
    assert teacher.lineage['described_as']['format'] in (
      'cleanrl',
      'stable_baselines3',
    )
    assert ('temperature' in teacher.lineage) == (kind != 'ppo')


def test_statistics_are_converted_with_the_parameters(tmp_path):
  model = real_files.FOLDER / 'normalized_below' / 'model.zip'
  states = real_files.expected('normalized_states')
  settings = {
    'actions': Discrete(4),
    'observation_shape': (3,),
    'stack_size': 2,
  }
  teacher = factory.create_teacher('auto', model, **settings)
  network = {
    'kind': 'ppo',
    'network': 'LayeredNetwork',
    'fields': teacher.lineage['network_fields'],
  }
  about = {'network': network, 'teacher': teacher.lineage['described_as']}
  native_checkpoint.write(tmp_path, 1, teacher._params, about)
  again = factory.create_teacher('auto', tmp_path, **settings)
  np.testing.assert_array_equal(
    again.policy_logits(states), teacher.policy_logits(states)
  )
  assert again.fingerprint == teacher.fingerprint
  described = again.lineage['described_as']
  assert described['observation_statistics']['clip'] == 1.5


@pytest.mark.parametrize('name', _FILES)
def test_converted_once_it_is_a_checkpoint_of_ours(name, tmp_path):
  states, kind = _FILES[name]
  teacher = _create(real_files.FOLDER / name, states)
  network = {
    'kind': kind,
    'network': 'LayeredNetwork',
    'fields': teacher.lineage['network_fields'],
  }
  native_checkpoint.write(tmp_path, 1, teacher._params, {'network': network})
  _assert_policy(_create(tmp_path, states), name, states, kind)


def test_the_kind_may_be_named_but_not_mistaken():
  path = real_files.FOLDER / 'cleanrl_ppo_atari.cleanrl_model'
  assert _create(path, 'atari', 'ppo').lineage['agent'] == 'ppo'
  with pytest.raises(MismatchedTeacherError, match="kind 'ppo', not dqn"):
    _create(path, 'atari', 'dqn')


def test_several_files_are_no_answer(tmp_path):
  for name in ('sb3_ppo_mlp.zip', 'cleanrl_dqn.cleanrl_model'):
    _in_a_folder(name, tmp_path)
  with pytest.raises(MissingFileError, match=r'cleanrl_dqn\..*, sb3_ppo_mlp'):
    _create(tmp_path, 'vector')


def test_files_of_the_hub_beside_a_model(tmp_path):
  """As the zoo of Stable-Baselines3 pushes them."""
  _in_a_folder('sb3_ppo_mlp.zip', tmp_path)
  with zipfile.ZipFile(tmp_path / 'train_eval_metrics.zip', 'w') as file:
    file.writestr('evaluations.npz', b'')
  (tmp_path / 'policy.optimizer.pth').write_bytes(b'')
  (tmp_path / 'pytorch_variables.pth').write_bytes(b'')
  teacher = _create(tmp_path, 'vector')
  _assert_policy(teacher, 'sb3_ppo_mlp.zip', 'vector', 'ppo')
  (tmp_path / 'damaged.zip').write_bytes(b'PK')
  with pytest.raises(MissingFileError, match=r'damaged\.zip, sb3_ppo_mlp'):
    _create(tmp_path, 'vector')


def test_checkpoints_come_before_files(tmp_path):
  native_checkpoint.write(tmp_path, 1, {'params': {'a': np.ones(2)}}, {})
  _in_a_folder('sb3_ppo_mlp.zip', tmp_path)
  with pytest.raises(MismatchedTeacherError, match='ckpt.1.safetensors does n'):
    _create(tmp_path, 'vector')


def test_layers_are_declared_where_nothing_tells(tmp_path):
  path = _in_a_folder('plain.pt', tmp_path)
  with pytest.raises(TeacherError, match=r'create_teacher\.layers') as caught:
    _create(path, 'atari')
  assert 'Layers(kind=' in str(caught.value)


def test_actions_by_what_they_mean():
  path = real_files.FOLDER / 'cleanrl_dqn_atari.cleanrl_model'
  own, game = ('NOOP', 'FIRE', 'RIGHT', 'LEFT'), ('LEFT', 'NOOP', 'RIGHT')
  with pytest.raises(MismatchedTeacherError, match='create_teacher.action_mea'):
    _create(path, 'atari', num_actions=3)
  teacher = _create(
    path, 'atari', num_actions=3, action_meanings=own, game_actions=game
  )
  states = real_files.expected('atari_states')
  wanted = 2.0 * real_files.expected('cleanrl_dqn_atari')[:, [3, 0, 2]]
  np.testing.assert_allclose(
    teacher.policy_logits(states), wanted, rtol=1e-5, atol=1e-5
  )


def test_actions_that_a_manifest_names(tmp_path):
  """A teacher of all 18 actions, in a game with four of them."""
  rng = np.random.default_rng(0)
  params = {
    'params': {
      'Dense_0': {
        'kernel': rng.standard_normal((5, 18), np.float32),
        'bias': rng.standard_normal(18, np.float32),
      }
    }
  }
  network = {'kind': 'dqn', 'network': 'LayeredNetwork', 'fields': {}}
  game = {'name': 'Pong', 'actions': list(ALE_MEANINGS)}
  native_checkpoint.write(
    tmp_path, 1, params, {'network': network, 'game': game}
  )
  states = rng.random((3, 5, 1), np.float32)
  teacher = factory.create_teacher(
    'auto',
    tmp_path,
    actions=Discrete(4),
    observation_shape=(5,),
    stack_size=1,
    temperature=1.0,
    game_actions=('NOOP', 'DOWN', 'FIRE', 'DOWNLEFTFIRE'),
  )
  layer = params['params']['Dense_0']
  wanted = states[..., 0] @ layer['kernel'] + layer['bias']
  np.testing.assert_allclose(
    teacher.policy_logits(states), wanted[:, [0, 5, 1, 17]], rtol=1e-5
  )
  assert teacher.lineage['actions'] == [0, 5, 1, 17]


def test_declared_layers_reach_the_reader():
  layers = Layers(
    kind='ppo',
    convolutions=(('network.0', 4), ('network.2', 2), ('network.4', 1)),
    dense=('network.7', 'actor'),
    scale=255.0,
  )
  path = real_files.FOLDER / 'cleanrl_ppo_atari.cleanrl_model'
  teacher = _create(path, 'atari', layers=layers)
  _assert_policy(teacher, path.name, 'atari', 'ppo')
  assert teacher.lineage['described_as']['format'] == 'torch'
