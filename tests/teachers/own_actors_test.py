"""Our own students of vectors as teachers, by what their checkpoints say."""

import types

import jax
import numpy as np
import pytest

from reincarnating_rl.agents import snapshot
from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.networks.control_networks import (
  LayerNormActorCriticNetwork,
)
from reincarnating_rl.runner import manifests
from reincarnating_rl.teachers import factory, native_checkpoint
from reincarnating_rl.teachers.errors import TeacherError
from tests.agents import control_toys

_STATES = np.random.default_rng(0).normal(size=(32, 3, 1)).astype(np.float32)


def _write(folder, agent):
  """Writes a checkpoint as a run does, without its replay."""
  about = manifests.of_student(
    types.SimpleNamespace(name='Toy', module=None),
    types.SimpleNamespace(actions=control_toys.ACTIONS, action_meanings=None),
    agent,
  )
  arrays, _ = snapshot.take(agent)
  native_checkpoint.write_arrays(folder / 'checkpoints', 3, arrays, about)


def _create(folder, agent='auto', actions=control_toys.ACTIONS, **settings):
  return factory.create_teacher(
    agent,
    folder,
    actions=actions,
    observation_shape=(3,),
    stack_size=1,
    **settings,
  )


@pytest.mark.parametrize(
  ('name', 'distribution'),
  [
    ('sac', 'tanh_gaussian'),
    ('td3', 'deterministic'),
    ('d4pg', 'deterministic'),
  ],
)
@pytest.mark.parametrize('network', [None, LayerNormActorCriticNetwork])
def test_students_as_teachers(tmp_path, name, distribution, network):
  given = {'SACAgent': {'network': network}} if network else {}
  agent = control_toys.make_agent(name, teacher=None, **given)
  _write(tmp_path, agent)
  teacher = _create(tmp_path, game_name='Toy')
  assert teacher.lineage['agent'] == name
  assert teacher.distribution == distribution
  expected = jax.vmap(
    lambda state: agent.network_def.apply(
      agent.trainer.state.params, state, method='actor'
    )
  )(_STATES)
  assert np.ptp(expected, axis=0).min() > 0.01
  np.testing.assert_allclose(
    teacher.policy_parameters(_STATES), expected, rtol=1e-5, atol=1e-6
  )


@pytest.mark.parametrize(
  ('others', 'message'),
  [
    ({'actions': Discrete(4)}, 'vectors of 2, but the game has 4 discrete'),
    (
      {'actions': Continuous((-1.0,) * 3, (1.0,) * 3)},
      'vectors of 2, but the game has 3 continuous',
    ),
    (
      {'actions': Continuous((-1.0,) * 2, (1.0,) * 2)},
      r'2 continuous actions in \[-2, 2\], \[0, 1\], but the game',
    ),
    ({'agent': 'sac'}, "of the kind 'd4pg', not sac"),
    ({'game_name': 'Other'}, 'was trained on Toy'),
    ({'acts': 'sample'}, 'nothing to draw from'),
  ],
)
def test_other_games_and_kinds(tmp_path, others, message):
  _write(tmp_path, control_toys.make_agent('d4pg', teacher=None))
  with pytest.raises(TeacherError, match=message) as error:
    _create(tmp_path, **others)
  assert '\n' not in str(error.value)
