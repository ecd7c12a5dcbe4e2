"""Dopamine's SAC, from the checkpoint that its agent wrote."""

import shutil

import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.kinds import TANH_GAUSSIAN
from reincarnating_rl.teachers import factory
from reincarnating_rl.teachers.errors import TeacherError
from tests.teachers.foreign import real_actors, real_files

_FOLDER = real_files.FOLDER / 'dopamine_sac'


def _create(path=_FOLDER, agent='auto', actions=None, shape=(3,)):
  return factory.create_teacher(
    agent,
    path,
    actions=actions or real_actors.bounds(),
    observation_shape=shape,
    stack_size=1,
  )


def _expected(name):
  return real_actors.expected(name, _FOLDER)


@pytest.mark.parametrize('agent', ['auto', 'sac'])
def test_it_plays_as_dopamines(agent):
  teacher = _create(agent=agent)
  assert teacher.distribution == TANH_GAUSSIAN
  assert teacher.lineage['network_fields'] == {
    'num_layers': 2,
    'hidden_units': 12,
  }
  real_actors.assert_played(teacher, _expected('states'), _expected)


@pytest.mark.parametrize(
  ('others', 'message'),
  [
    ({'actions': Discrete(4)}, 'are vectors of 2, but the game has 4 discrete'),
    (
      {'actions': Discrete(4), 'agent': 'sac'},
      'are vectors of 2, but the game has 4 discrete',
    ),
    (
      {'actions': real_actors.bounds((-1,) * 5, (1,) * 5)},
      'are vectors of 2, but the game has 5 continuous',
    ),
    ({'shape': (4,)}, '_actor/Dense_0/kernel has the shape'),
    ({'agent': 'dqn'}, 'not of the kind dqn but looks like sac; pass'),
    ({'agent': 'td3'}, 'not of the kind td3 but looks like sac; pass'),
  ],
)
def test_another_game_or_kind(others, message):
  with pytest.raises(TeacherError, match=message) as error:
    _create(**others)
  assert '\n' not in str(error.value)


def test_what_is_no_actor(tmp_path):
  """A DQN of vectors, in a game whose actions are vectors too."""
  cartpole = real_files.FOLDER.parent / 'dopamine_4_0_6_cartpole'
  shutil.copytree(cartpole / 'checkpoints', tmp_path / 'checkpoints')
  with pytest.raises(TeacherError, match='none that is known') as error:
    _create(tmp_path, shape=(4,))
  assert '2 continuous actions' in str(error.value)


def test_states_of_any_number():
  said = [
    _create().policy_parameters(_expected('states')[:size]) for size in (1, 5)
  ]
  np.testing.assert_allclose(said[0], said[1][:1], rtol=1e-6)
