"""Actors of other libraries, against these libraries' own outputs."""

import copy
import json

import numpy as np
import pytest

from reincarnating_rl.importers.formats import torch_file
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.kinds import (
  DETERMINISTIC,
  GAUSSIAN,
  TANH_GAUSSIAN,
)
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import base, factory
from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.teachers.foreign import actors, stable_baselines3
from reincarnating_rl.teachers.foreign.base import Target
from reincarnating_rl.teachers.foreign.layers import Layers
from tests.importers.formats import torch_files
from tests.teachers.foreign import real_actors, real_files
from tests.teachers.foreign.real_actors import FOLDER, bounds, expected

_FILES = {
  'sb3_td3.zip': 'td3',
  'sb3_td3_elu.zip': 'td3',
  'sb3_ddpg.zip': 'ddpg',
  'sb3_sac.zip': 'sac',
  'sb3_sac_linear.zip': 'sac',
  'sb3_tqc.zip': 'tqc',
  'sb3_ppo.zip': 'ppo',
  'sb3_a2c.zip': 'a2c',
  'sb3_trpo.zip': 'trpo',
  'cleanrl_td3.cleanrl_model': 'td3',
  'cleanrl_td3_alone.cleanrl_model': 'td3',
  'cleanrl_td3_jax.cleanrl_model': 'td3',
  'cleanrl_ddpg.cleanrl_model': 'ddpg',
  'cleanrl_ddpg_jax.cleanrl_model': 'ddpg',
  'cleanrl_sac.cleanrl_model': 'sac',
  'cleanrl_sac_alone.cleanrl_model': 'sac',
  'cleanrl_ppo.cleanrl_model': 'ppo',
}
_DISTRIBUTIONS = {
  **dict.fromkeys(('td3', 'ddpg'), DETERMINISTIC),
  **dict.fromkeys(('sac', 'tqc'), TANH_GAUSSIAN),
  **dict.fromkeys(('ppo', 'a2c', 'trpo'), GAUSSIAN),
}


def create(name, actions=None, **settings):
  return factory.create_teacher(
    settings.pop('agent', 'auto'),
    FOLDER / name,
    actions=actions or bounds(),
    observation_shape=(3,),
    stack_size=1,
    **settings,
  )


def assert_played(teacher, name, states='states'):
  real_actors.assert_played(
    teacher, expected(states), lambda what: expected(f'{name}_{what}')
  )


@pytest.mark.parametrize('name', _FILES)
def test_parameters_are_those_of_the_library(name):
  teacher, algorithm = create(name), _FILES[name]
  assert teacher.distribution == _DISTRIBUTIONS[algorithm]
  assert base.asked(teacher) == teacher.policy_parameters
  assert base.actions_of(teacher) == bounds()
  told = teacher.lineage['described_as']
  assert told['algorithm'] == algorithm
  has_bounds = 'jax' not in name and name != 'cleanrl_ppo.cleanrl_model'
  by = 'as its file says' if has_bounds else 'its file tells none'
  assert told['actions'].endswith(by)
  json.dumps(teacher.lineage)
  assert teacher.acts == 'greedy'
  assert_played(teacher, name.partition('.')[0])


def test_statistics_of_observations_are_applied():
  teacher = create('normalized/model.zip')
  assert 'observation_statistics' in teacher.lineage['described_as']
  assert_played(teacher, 'normalized', 'normalized_states')


@pytest.mark.parametrize(
  ('layers', 'name'),
  [
    (
      {
        'kind': 'gaussian_ppo',
        'dense': ('body.0', 'mean'),
        'log_std': 'deviation',
        'unused': ('both',),
      },
      'own',
    ),
    (
      {
        'kind': 'sac',
        'dense': ('body.0', 'both'),
        'log_std_limit': ('clip', -0.5, 0.2),
        'unused': ('mean', 'deviation'),
      },
      'both',
    ),
    (
      {
        'kind': 'td3',
        'dense': ('body.0', 'mean'),
        'squash': 'clip',
        'unused': ('both', 'deviation'),
      },
      'own',
    ),
  ],
  ids=lambda value: value['kind'] if isinstance(value, dict) else value,
)
def test_declared_actors(layers, name):
  """The LayerNorm is computed after the activation, before the head."""
  norms = (('body.2', layers['dense'][-1]),)
  declared = Layers(activation='silu', layer_norms=norms, **layers)
  assert_played(create('own.pt', layers=declared), name)


def test_an_actor_of_the_unit_box():
  """What it clips is [-1, 1], whatever the game's bounds."""
  declared = Layers(
    kind='td3',
    dense=('body.0', 'mean'),
    activation='silu',
    layer_norms=(('body.2', 'mean'),),
    squash='clip',
    within='unit',
    unused=('both', 'deviation'),
  )
  teacher = create('own.pt', layers=declared)
  np.testing.assert_allclose(
    teacher.policy_parameters(expected('states')),
    np.clip(expected('own_mean'), -1, 1),
    rtol=1e-5,
    atol=1e-6,
  )


@pytest.mark.parametrize(
  ('name', 'drafted'),
  [
    (
      'cleanrl_td3_alone',
      "Layers(kind='td3', squash='tanh', dense=('fc1', 'fc2', 'fc_mu',), "
      "activation='relu')",
    ),
    (
      'cleanrl_sac_alone',
      "Layers(kind='sac', log_std='fc_logstd', log_std_limit=('clip', LOW, "
      "HIGH), dense=('fc1', 'fc2', 'fc_mean',), activation='relu')",
    ),
    (
      'cleanrl_ppo',
      "Layers(kind='gaussian_ppo', log_std='actor_logstd', dense=('actor_mean.0"
      "', 'actor_mean.2', 'actor_mean.4',), activation='relu')",
    ),
  ],
)
def test_a_declaration_is_drafted(name, drafted, tmp_path):
  path = tmp_path / 'actor.pt'
  path.write_bytes((FOLDER / f'{name}.cleanrl_model').read_bytes())
  text = _refused(path)
  assert f'such as {drafted}, with its own strides' in text
  assert 'no place in it' not in text


def _refused(name, **settings):
  with pytest.raises(UserError) as error:
    create(name, **settings)
  text = str(error.value)
  assert '\n' not in text and 'teacher' in text
  return text


@pytest.mark.parametrize('name', _FILES)
def test_games_of_other_actions(name):
  text = _refused(name, actions=Discrete(4))
  assert 'vectors of 2, but the game has 4 discrete actions' in text
  text = _refused(name, actions=bounds((-1, -1, -1), (1, 1, 1)))
  assert 'vectors of 2, but the game has 3 continuous actions' in text
  has_bounds = 'jax' not in name and name != 'cleanrl_ppo.cleanrl_model'
  if has_bounds:
    text = _refused(name, actions=bounds((-1, -1), (1, 1)))
    assert 'in [-2, 2], [-0.5, 1.5], but the game has' in text


@pytest.mark.parametrize(
  'name',
  ['sb3_dqn_mlp.zip', 'sb3_ppo_mlp.zip', 'cleanrl_dqn.cleanrl_model'],
)
def test_discrete_teachers_in_a_game_of_vectors(name):
  shape = {'stack_size': 2} if 'dqn_mlp' in name else {'stack_size': 1}
  with pytest.raises(TeacherError) as error:
    factory.create_teacher(
      *('auto', real_files.FOLDER / name),
      actions=bounds(),
      observation_shape=(3,),
      **shape,
    )
  assert 'chooses among 4 discrete actions' in str(error.value)
  assert '\n' not in str(error.value)


@pytest.mark.parametrize(
  ('name', 'message'),
  [
    ('sb3_sac_sde.zip', r'trained with gSDE \(use_sde\)'),
    ('sb3_ppo_sde.zip', r'trained with gSDE \(use_sde\)'),
    ('sb3_ppo_squashed.zip', 'gSDE'),
    ('sb3_crossq.zip', 'a policy of sb3_contrib.crossq.policies, and'),
    ('sb3_ppo_several.zip', 'acts in a MultiDiscrete, but'),
  ],
)
def test_what_is_not_read(name, message):
  with pytest.raises(UserError, match=message) as error:
    create(name)
  assert '\n' not in str(error.value)


def test_a_deterministic_teacher_has_nothing_to_draw_from():
  assert 'create_teacher.acts' in _refused('sb3_td3.zip', acts='sample')
  assert create('sb3_sac.zip', acts='sample').acts == 'sample'


def test_another_kind_than_the_files():
  text = _refused('sb3_td3.zip', agent='sac')
  assert "of the kind 'td3', not sac" in text
  assert 'action_meanings' in _refused('sb3_td3.zip', action_meanings='full')


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'low': '[0. 0.]'}, None),  # Text for people.
    ({':serialized:': 'gASVAA=='}, 'a Box of no bounds that can be read'),
    ({'_shape': [2, 1]}, 'acts in a Box, but'),
    ({'_shape': [3]}, 'a Box of no bounds that can be read'),
  ],
)
def test_spaces_of_actions(change, message, tmp_path):
  def altered(members):
    told = json.loads(members['data'])
    told['action_space'] |= change
    members['data'] = json.dumps(told).encode()

  path = real_files.altered_zip(FOLDER / 'sb3_ppo.zip', tmp_path, altered)
  if message is None:
    create(path)
  else:
    with pytest.raises(TeacherError, match=message):
      create(path)


def test_a_policy_of_the_other_sort_of_actions(tmp_path):
  """Its layers are there, but its action space says something else."""
  for name, other, message in (
    ('actors/sb3_sac', 'sb3_ppo_mlp', 'no DQN, QR-DQN, PPO or A2C of discrete'),
    ('actors/sb3_ppo', 'sb3_ppo_mlp', "has the parameter 'log_std'"),
    ('sb3_dqn_mlp', 'actors/sb3_sac', 'no TD3, DDPG, SAC, TQC, PPO or A2C of'),
    ('sb3_ppo_mlp', 'actors/sb3_sac', 'has no parameter log_std'),
  ):
    members = torch_files.unzipped(
      (real_files.FOLDER / f'{other}.zip').read_bytes()
    )
    space = json.loads(members['data'])['action_space']

    def altered(members, space=space):
      told = json.loads(members['data']) | {'action_space': space}
      members['data'] = json.dumps(told).encode()

    path = real_files.FOLDER / f'{name}.zip'
    changed = real_files.altered_zip(path, tmp_path, altered)
    game = Target(bounds(), (3, 2) if 'dqn' in name else (3, 1))
    with pytest.raises(TeacherError, match=message) as error:
      stable_baselines3.read(changed, game)
    assert '\n' not in str(error.value)


def test_buffers_that_are_no_bounds():
  path = FOLDER / 'cleanrl_td3_alone.cleanrl_model'
  saved = copy.deepcopy(torch_file.loads(path.read_bytes(), str(path)))
  assert actors.told_by_buffers(saved, '', 'file') == bounds()
  saved['action_scale'] = -saved['action_scale']
  with pytest.raises(TeacherError, match='are no bounds of actions'):
    actors.told_by_buffers(saved, '', 'file')
  assert actors.told_by_buffers(saved, '0.', 'file') is None
