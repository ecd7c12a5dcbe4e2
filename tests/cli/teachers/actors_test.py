"""Teachers whose actions are vectors, inspected and converted."""

import json

import numpy as np
import pytest

from reincarnating_rl.cli.teachers import identify
from reincarnating_rl.envs.facts import GameFacts
from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.learner.kinds import TANH_GAUSSIAN
from reincarnating_rl.teachers import factory
from reincarnating_rl.teachers.errors import TeacherError
from tests.teachers.foreign import real_actors
from tests.teachers.foreign.real_actors import FOLDER, bounds, expected


def _create(path, actions=None):
  return factory.create_teacher(
    'auto',
    path,
    actions=actions or bounds(),
    observation_shape=(3,),
    stack_size=1,
  )


def _manifest(out):
  return json.loads((out / 'checkpoints' / 'ckpt.0.json').read_text())


def test_inspect_tells_the_distribution_and_the_bounds(call):
  found = json.loads(call('inspect', FOLDER / 'sb3_tqc.zip', '--json'))
  teacher = found['teacher']
  assert (teacher['kind'], teacher['teacher_agent']) == ('tqc', 'sac')
  assert teacher['distribution'] == TANH_GAUSSIAN
  assert teacher['action_size'] == 2
  assert teacher['bounds'] == {'low': [-2.0, -0.5], 'high': [2.0, 1.5]}
  assert 'num_actions' not in teacher
  printed = call('inspect', FOLDER / 'sb3_tqc.zip')
  assert 'tanh_gaussian' in printed and '-2.0 -0.5' in printed


@pytest.mark.parametrize('name', ['sb3_td3', 'sb3_sac', 'sb3_ppo'])
def test_what_is_converted_plays_the_same(tmp_path, call, name):
  out = tmp_path / 'out'
  call('convert', FOLDER / f'{name}.zip', out)
  told = _manifest(out)
  assert told['game']['bounds'] == {'low': [-2.0, -0.5], 'high': [2.0, 1.5]}
  source, ours = _create(FOLDER / f'{name}.zip'), _create(out)
  assert ours.distribution == source.distribution
  np.testing.assert_array_equal(
    *(t.policy_parameters(expected('states')) for t in (source, ours))
  )
  # Without a game, its manifest tells its actions.
  teacher = json.loads(call('inspect', out, '--json'))['teacher']
  assert teacher['bounds'] == told['game']['bounds']
  for actions, message in (
    (Discrete(2), 'the game has 2 discrete actions'),
    (Continuous((-1.0,) * 2, (1.0,) * 2), r'in \[-2, 2\]'),
  ):
    with pytest.raises(TeacherError, match=message):
      _create(out, actions)


@pytest.fixture
def of_a_toy(monkeypatch):
  """Says of what shape states are, which files of CleanRL do not tell."""

  def use(actions=None):
    facts = GameFacts('a toy', actions, (3,), None, 1)
    monkeypatch.setattr(identify, 'facts', lambda settings, replay: facts)

  return use


def test_bounds_that_nobody_tells(tmp_path, call, fail, of_a_toy):
  """Those of a tanh do without; those of a clipped Gaussian cannot."""
  of_a_toy()
  line = fail('convert', FOLDER / 'cleanrl_ppo.cleanrl_model', tmp_path / 'ppo')
  assert 'does not tell the bounds of its actions: name the game' in line
  out = tmp_path / 'td3'
  call('convert', FOLDER / 'cleanrl_td3_jax.cleanrl_model', out)
  assert 'game' not in _manifest(out)
  real_actors.assert_played(
    _create(out),
    expected('states'),
    lambda what: expected(f'cleanrl_td3_jax_{what}'),
  )
  of_a_toy(bounds())
  out = tmp_path / 'known'
  call('convert', FOLDER / 'cleanrl_ppo.cleanrl_model', out)
  assert _manifest(out)['game']['bounds']['high'] == [2.0, 1.5]
  real_actors.assert_played(
    _create(out),
    expected('states'),
    lambda what: expected(f'cleanrl_ppo_{what}'),
  )
