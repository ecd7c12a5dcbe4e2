"""Teachers that gin declares, for a real game."""

import gin
import numpy as np
import pytest

from reincarnating_rl.runner import factories, teacher_choice
from reincarnating_rl.settings import gin_parsing
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import native_checkpoint
from reincarnating_rl.teachers.base import RandomTeacher
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.sources import TeacherSettings
from tests.teachers.foreign import real_files

_CLEANRL = real_files.FOLDER / 'cleanrl_ppo_atari.cleanrl_model'


def _create(settings, *bindings, game='Breakout'):
  name = f'create_atari_environment.game_name="{game}"'
  try:
    gin_parsing.load(
      [], [name, *bindings], network_parameter='JaxDQNAgent.network'
    )
    made = factories.gin_names.create_game()
    return teacher_choice.create_teacher(settings, made, needed=True)
  finally:
    gin.clear_config()


def _logits(teacher):
  return teacher.policy_logits(real_files.expected('atari_states'))


def test_layers_that_gin_declares(tmp_path):
  """As the README's table says."""
  path = tmp_path / 'policy.pt'
  path.write_bytes(_CLEANRL.read_bytes())
  teacher = _create(
    TeacherSettings(checkpoint_dir=str(path)),
    'create_teacher.layers=@Layers()',
    'Layers.kind="ppo"',
    'Layers.convolutions=(("network.0",4), ("network.2",2), ("network.4",1))',
    'Layers.dense=("network.7", "actor")',
  )
  expected = _create(TeacherSettings(checkpoint_dir=str(_CLEANRL)))
  np.testing.assert_array_equal(_logits(teacher), _logits(expected))
  with pytest.raises(UserError, match="Layers.kind is 'pppo': .* Write 'ppo'"):
    _create(
      TeacherSettings(checkpoint_dir=str(path)),
      'create_teacher.layers=@Layers()',
      'Layers.kind="pppo"',
      'Layers.dense=("a", "b")',
    )


def test_the_actions_of_the_game_are_known():
  """Pong has two actions that this teacher of Breakout never heard of."""
  settings = TeacherSettings(checkpoint_dir=str(_CLEANRL))
  meanings = 'create_teacher.action_meanings=("NOOP","FIRE","RIGHT","LEFT")'
  with pytest.raises(MismatchedTeacherError, match='lacks the action RIGHTF'):
    _create(settings, meanings, game='Pong')
  teacher = _create(settings, meanings)
  expected = _create(settings)
  np.testing.assert_array_equal(_logits(teacher), _logits(expected))


def _scripted(monkeypatch, function, game):
  """A teacher of docs/examples/scripted_policy.py."""
  monkeypatch.syspath_prepend('docs/examples')
  return _create(
    TeacherSettings(agent='callable'),
    'import scripted_policy',
    f'create_teacher.policy=@scripted_policy.{function}',
    game=game,
  )


def test_a_chicken_waits_for_cars_that_are_near(monkeypatch):
  """One is near, one far, one lanes ahead."""
  teacher = _scripted(monkeypatch, 'cross_with_care', game='Freeway')
  states = np.full((4, 84, 84, 4), 142, np.uint8)
  states[:, 60:64, 20:23] = 252  # the chicken
  for state, row, column in ((0, 54, 28), (1, 54, 50), (2, 40, 28)):
    states[state, row, column : column + 4, -1] = 100
  actions = teacher.policy_logits(states).argmax(axis=1)
  np.testing.assert_array_equal(actions, [0, 1, 1, 1])
  np.testing.assert_array_equal(
    teacher.policy_logits(np.full_like(states, 142)).argmax(axis=1), [1] * 4
  )


def test_a_function_that_gin_imports(monkeypatch):
  """The ball is below the paddle, above it, and away."""
  teacher = _scripted(monkeypatch, 'follow_the_ball', game='Pong')
  states = np.full((3, 84, 84, 4), 87, np.uint8)
  states[:2, 40:42, 40:42, -1] = 236  # the ball
  states[0, 20:28, 73:76, -1] = states[1, 60:68, 73:76, -1] = 147
  logits = teacher.policy_logits(states)
  np.testing.assert_array_equal(logits.argmax(axis=1), [3, 2, 1])
  assert teacher.lineage['function'] == 'follow_the_ball'
  with pytest.raises(UserError, match='bind create_teacher.policy'):
    _create(TeacherSettings(agent='callable'))


@pytest.mark.parametrize('trained_on', ['Pong', 'PongNoFrameskip-v4', None])
def test_a_teacher_of_the_game(trained_on, tmp_path):
  _write_linear_teacher(tmp_path, trained_on)
  _create(TeacherSettings(checkpoint_dir=str(tmp_path)), game='Pong')


def test_a_teacher_of_another_game_with_as_many_actions(tmp_path):
  _write_linear_teacher(tmp_path, 'SpaceInvaders')
  settings = TeacherSettings(checkpoint_dir=str(tmp_path))
  with pytest.raises(MismatchedTeacherError, match='on SpaceInvaders, and the'):
    _create(settings, game='Pong')
  meanings = "('NOOP', 'FIRE', 'RIGHT', 'LEFT', 'RIGHTFIRE', 'LEFTFIRE')"
  declared = f'create_teacher.action_meanings={meanings}'
  _create(settings, declared, game='Pong')


def _write_linear_teacher(folder, trained_on):
  layer = {
    'kernel': np.ones((84 * 84 * 4, 6), np.float32),
    'bias': np.zeros(6, np.float32),
  }
  network = {'kind': 'dqn', 'network': 'LayeredNetwork', 'fields': {}}
  about = {'network': network, 'game': {'name': trained_on, 'actions': None}}
  native_checkpoint.write(folder, 0, {'params': {'Dense_0': layer}}, about)


def test_the_state_is_of_the_checkpoint_that_the_teacher_was_made_of(tmp_path):
  # A run that still goes on leaves newer ones.
  for number in (3, 4):
    params = {'params': {'Dense_0': {'bias': np.full(2, number, np.float32)}}}
    native_checkpoint.write(tmp_path, number, params, {})
  teacher = RandomTeacher(2)
  teacher.lineage['checkpoint_number'] = 3
  state = factories.read_teacher_state(
    TeacherSettings(checkpoint_dir=str(tmp_path)), teacher
  )
  np.testing.assert_array_equal(
    state.arrays['online_params/params/Dense_0/bias'], 3.0
  )


@pytest.mark.parametrize(
  ('settings', 'message'),
  [
    (TeacherSettings(agent='random'), '--teacher_checkpoint_dir'),
    (TeacherSettings(checkpoint_dir=str(_CLEANRL)), 'qdagger_dqn'),
  ],
)
def test_a_teacher_whose_training_cannot_go_on(settings, message):
  with pytest.raises(UserError, match=message):
    factories.read_teacher_state(settings, RandomTeacher(2))


def test_a_student_can_begin_as_a_teacher_without_a_directory():
  settings = TeacherSettings(agent='perciatelli44')
  assert factories.find_teacher_replay(settings) is None
  state = factories.read_teacher_state(settings, RandomTeacher(3))
  assert state.path.endswith('perciatelli44.pb')
  assert 'online_params/params/Dense_0/kernel' in state.arrays
  with pytest.raises(MismatchedTeacherError, match='create_game.kind'):
    _create(settings, game='Pong')


def test_what_would_not_count_is_refused():
  steps, files = 'Runner.evaluation_steps = 10', ['minatar/dqn.gin']
  with pytest.raises(
    UserError, match='_episodes is 100, and counts before Run'
  ):
    factories.load_settings('dqn', files, [steps])
  none = 'RunnerWithTeacher.evaluation_episodes = None'
  factories.load_settings('dqn', files, [steps, none])
  factories.load_settings('dqn', ['dqn.gin'], [steps])


def test_a_run_may_be_resumed_from_another_folder(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  factories.load_settings('dqn', ['gymnasium/dqn.gin'], [])
  _, make = factories.prepare(
    base_dir='run',
    agent='dqn',
    teacher=TeacherSettings(),
    atari_roms_path='roms',
  )
  told = make('run', seed=1, kind=lambda *_, started_as, **__: started_as)
  assert told['atari_roms_path'] == str(tmp_path / 'roms')
