"""Games that gin chooses, from the first step to the next teacher."""

import json

import gin
import gymnasium as gym
import jax
import numpy as np
import pytest

from reincarnating_rl.networks import minatar_networks
from reincarnating_rl.runner import factories, identity, teacher_choice
from reincarnating_rl.settings import gin_parsing
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import description, native_checkpoint
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.sources import TeacherSettings
from tests.teachers.foreign import real_files

LANDER = 'create_gymnasium_environment.game_name="LunarLander-v3"'


def _runner(base_dir, student, config, *bindings, **teacher):
  gin_parsing.load(
    [config],
    bindings,
    network_parameter=factories.AGENTS[student].kind.network_parameter,
  )
  runner = factories.create_runner(
    base_dir=str(base_dir),
    agent=student,
    teacher=TeacherSettings(**teacher),
    seed=1,
  )
  gin_parsing.check_every_binding_was_read()
  return runner


def _game(*bindings):
  gin_parsing.load([], bindings, network_parameter='JaxDQNAgent.network')
  return factories.gin_names.create_game()


@pytest.mark.parametrize(
  ('bindings', 'name', 'stack_size'),
  [
    ((), 'Pong', 4),
    (('create_game.kind="minatar"',), 'MinAtar/breakout', 1),
    (('create_game.kind="gymnasium"', LANDER), 'LunarLander-v3', 1),
  ],
)
def test_gin_chooses_the_game(bindings, name, stack_size):
  game = _game(*bindings)
  assert (game.name, game.stack_size) == (name, stack_size)


_FIRE = 'create_atari_environment.fire_on_reset = True'
_ALL = 'create_atari_environment.full_action_set = True'


def _games(*bindings):
  bindings = ('create_atari_environment.game_name = "Breakout"', *bindings)
  gin_parsing.load([], bindings, network_parameter='JaxDQNAgent.network')
  return factories.gin_names.create_games()


def _fires(game):
  return game.create_environment.keywords['openings'].fire_on_reset


@pytest.mark.parametrize(
  ('scope', 'student', 'teacher'),
  [('teacher/', False, True), ('student/', True, False)],
)
def test_the_teacher_may_play_by_other_rules(scope, student, teacher):
  game = _games(f'{scope}{_FIRE}')
  assert game.name == game.for_teacher.name == 'Breakout'
  assert (_fires(game), _fires(game.for_teacher)) == (student, teacher)
  # It is in what a resumed run may not change.
  settings = identity.operative_settings()
  assert settings[f'{scope}create_atari_environment.fire_on_reset'] == 'True'


def test_macros_of_the_roles_are_told_apart():
  game = _games(
    *('yes = True', 'no = False'),
    'create_atari_environment.fire_on_reset = %no',
    'teacher/create_atari_environment.fire_on_reset = %yes',
  )
  assert (_fires(game), _fires(game.for_teacher)) == (False, True)


@pytest.mark.parametrize(
  'binding',
  ['teacher/create_game.kind = "minatar"', 'treacher/Runner.num_iterations=3'],
)
def test_a_scope_that_nobody_enters_is_an_error(binding):
  _games(binding)
  name = binding.split('=')[0].strip()
  unread = {n for n in gin_parsing.unread_bindings() if '/' in n}
  assert [n.rsplit('.', 1)[-1] for n in unread] == [name.rsplit('.', 1)[-1]]


def test_another_name_of_the_same_game_resumes_a_run(tmp_path, own_games):
  def make(name):
    return _runner(
      tmp_path,
      'dqn',
      'gymnasium/dqn.gin',
      f'import {own_games}',
      f'create_gymnasium_environment.game_name = "{name}"',
    )

  runner = make('Walk-v0')
  runner._progress.enter(0)
  runner._progress.finish()
  runner._checkpoint_experiment(0)
  assert make(f'{own_games}:Walk-v0')._start_iteration == 1
  with pytest.raises(UserError, match='game = Walk-v0, and now .*WalkCut-v0'):
    make('WalkCut-v0')


@pytest.mark.parametrize('bindings', [(), (_FIRE,), (_ALL,)])
def test_what_has_no_scope_is_of_both(bindings):
  game = _games(*bindings)
  assert game.for_teacher is None
  assert _fires(game) == (bindings == (_FIRE,))
  settings = identity.operative_settings()
  assert settings['create_atari_environment.fire_on_reset'] == str(_fires(game))


@pytest.mark.parametrize(
  ('binding', 'message'),
  [
    (f'teacher/{_ALL}', 'with 18 discrete actions and the student with 4'),
    (f'teachr/{_FIRE}', "'teachr': choose one of teacher, student"),
    (
      'teacher/create_atari_environment.game_name = "Pong"',
      'The teacher plays Pong and the student Breakout',
    ),
  ],
)
def test_roles_that_cannot_be(binding, message):
  with pytest.raises(UserError, match=message) as caught:
    _games(binding)
  assert '\n' not in str(caught.value)


def test_the_teacher_is_measured_by_its_own_rules(tmp_path):
  runner = _runner(
    tmp_path,
    'qdagger_dqn',
    'minatar/qdagger_dqn.gin',
    'teacher/create_minatar_environment.max_steps_per_episode = 3',
    'RunnerWithTeacher.evaluation_episodes = 4',
    'RunnerWithTeacher.random_score = -1.0',
    agent='random',
  )
  lengths = {}
  for who in ('teacher_evaluator', 'evaluator'):
    playing = getattr(runner._parts, who).environment
    playing.reset([0], [1])
    steps = (playing.step([0], [0]) for _ in range(5))
    lengths[who] = next(
      (i for i, step in enumerate(steps, 1) if step.truncations[0]), None
    )
  assert lengths == {'teacher_evaluator': 3, 'evaluator': None}
  runner._run_one_iteration(0)
  assert runner.record.teacher.num_episodes == 4


def test_an_unknown_kind():
  with pytest.raises(
    UserError, match="kind is 'atary': it must be one of 'atari', "
  ):
    _game('create_game.kind="atary"')


def test_the_student_takes_what_the_game_gives(tmp_path):
  agent = _runner(tmp_path, 'dqn', 'gymnasium/dqn_cartpole.gin')._agent
  assert (agent.observation_shape, agent.stack_size) == ((4,), 1)
  assert agent.state.shape == (4, 1) and agent.state.dtype == np.float32
  assert agent.batches.replay.columns['observation'].dtype == np.float32


def test_the_students_stack_goes_before_the_games(tmp_path):
  runner = _runner(
    tmp_path,
    'qdagger_dqn',
    'gymnasium/qdagger_dqn_cartpole.gin',
    'JaxDQNAgent.stack_size=3',
    agent='random',
  )
  assert runner._agent.state.shape == (4, 3)


@pytest.mark.parametrize(
  ('name', 'bindings', 'limit'),
  [
    ('CartPole-v1', (), 500),
    ('Walk-v0', (), 27_000),
    ('WalkCut-v0', (), 7),
    ('WalkCut-v0', ('Runner.max_steps_per_episode = 5',), 5),
    ('WalkCut-v0', ('Runner.max_steps_per_episode = 9',), 9),
    ('WalkLong-v0', (), 40_000),
  ],
)
def test_time_limits_are_the_registered_ones(
  tmp_path, own_games, caplog, name, bindings, limit
):
  is_idle = name == 'WalkCut-v0' and limit > 7
  bindings = (f'import {own_games}', *bindings)
  name = f'create_gymnasium_environment.game_name = "{name}"'
  runner = _runner(tmp_path, 'dqn', 'gymnasium/dqn.gin', *bindings, name)
  assert runner._max_steps_per_episode == limit
  said = 'The registered limit of WalkCut-v0 ends episodes at 7 steps, so that'
  assert (said in caplog.text) == is_idle


@pytest.mark.parametrize('own', ['JaxDQNAgent', 'JaxQuantileAgent'])
def test_a_stack_of_the_students_own_agent_counts(tmp_path, own):
  runner = _runner(
    tmp_path,
    'quantile',
    'gymnasium/quantile.gin',
    f'{own}.stack_size=3',
    'MLPQuantileNetwork.hidden_units=4',
  )
  assert runner._agent.state.shape == (4, 3)


def test_how_many_games_are_played_side_by_side_may_change(tmp_path):
  cartpole = (tmp_path, 'dqn', 'gymnasium/dqn_cartpole.gin')
  _runner(*cartpole)._checkpoint_experiment(0)
  lanes = 'create_gymnasium_environment.num_vector_environments=3'
  runner = _runner(*cartpole, lanes)
  assert runner._parts.evaluator.environment.num_envs == 3
  with pytest.raises(
    UserError, match='game = CartPole-v1, and now it is Lunar'
  ):
    _runner(*cartpole, LANDER)


def test_observations_of_another_shape(tmp_path):
  with pytest.raises(UserError, match=r'shape is \(84, 84\), but .*\(4,\)'):
    _runner(
      tmp_path,
      'dqn',
      'gymnasium/dqn_cartpole.gin',
      'JaxDQNAgent.observation_shape=(84, 84)',
    )


class Vector(gym.Env):
  """Three numbers and four actions: the game of the fixtures' teachers."""

  observation_space = gym.spaces.Box(-1.0, 1.0, (3,), np.float32)
  action_space = gym.spaces.Discrete(4)


gym.register('Vector-v0', Vector)


@pytest.mark.parametrize(
  ('name', 'states', 'stack_size'),
  [('sb3_ppo_mlp', 'vector', 1), ('sb3_dqn_mlp', 'stacked', 2)],
)
def test_teachers_of_stable_baselines3(name, states, stack_size):
  """Of a game with vectors; nothing tells them but the game and the student."""
  game = _game(
    'create_game.kind="gymnasium"',
    'create_gymnasium_environment.game_name="Vector-v0"',
    'create_teacher.temperature=1.0',
    f'JaxDQNAgent.stack_size={stack_size}',
  )
  path = real_files.FOLDER / f'{name}.zip'
  teacher = teacher_choice.create_teacher(
    TeacherSettings(checkpoint_dir=str(path)), game, needed=True
  )
  found = teacher.policy_logits(real_files.expected(f'{states}_states'))
  expected = real_files.expected(name)
  difference = found - expected
  difference -= difference.mean(
    axis=1, keepdims=True
  )  # Of logits, any will do.
  assert np.ptp(expected) > 0.02
  np.testing.assert_allclose(difference, 0.0, atol=1e-5)


def test_a_teacher_of_all_six_actions(tmp_path):
  """Of MinAtar; what it knows besides the game's minimal set is left out."""
  network = minatar_networks.MinAtarDQNNetwork(num_actions=6)
  states = np.random.default_rng(0).integers(2, size=(3, 10, 10, 4, 1))
  states = states.astype(np.uint8)
  params = network.init(jax.random.key(0), states[0])
  about = {'network': description.describe('dqn', network)._asdict()}
  native_checkpoint.write(tmp_path, 0, params, about)
  settings = TeacherSettings(checkpoint_dir=str(tmp_path))
  game = _game('create_game.kind="minatar"')
  with pytest.raises(MismatchedTeacherError, match='has 6 actions'):
    teacher_choice.create_teacher(settings, game, needed=True)
  meanings = "('NOOP', 'LEFT', 'UP', 'RIGHT', 'DOWN', 'FIRE')"
  game = _game(
    'create_game.kind="minatar"',
    'create_teacher.temperature=1.0',
    f'create_teacher.action_meanings={meanings}',
  )
  teacher = teacher_choice.create_teacher(settings, game, needed=True)
  expected = jax.vmap(network.apply, in_axes=(None, 0))(params, states)
  np.testing.assert_allclose(
    teacher.policy_logits(states), expected.q_values[:, [0, 1, 3]], rtol=1e-5
  )


@pytest.mark.slow
def test_a_run_is_the_next_teacher(tmp_path):
  """Nothing but its folder is named; its actions and its game are checked."""
  short = (
    *('Runner.num_iterations=1', 'Runner.training_steps=60'),
    *('JaxDQNAgent.min_replay_history=20', 'Student.batch_size=4'),
    'RunnerWithTeacher.evaluation_episodes=2',
  )
  first = tmp_path / 'first'
  _runner(first, 'rainbow', 'minatar/rainbow.gin', *short).run_experiment()
  second = tmp_path / 'second'
  _runner(
    second,
    'qdagger_dqn',
    'minatar/qdagger_dqn.gin',
    *short,
    'RunnerWithTeacher.teacher_steps=60',
    'RunnerWithTeacher.num_pretraining_iterations=1',
    'RunnerWithTeacher.num_pretraining_steps=3',
    'RunnerWithTeacher.random_score=-1.0',
    checkpoint_dir=str(first),
  ).run_experiment()
  lineage = json.loads((second / 'lineage.json').read_text())
  teacher = lineage['teacher']
  assert (teacher['agent'], teacher['network']) == (
    'rainbow',
    'MinAtarRainbowNetwork',
  )
  assert (teacher['vmax'], teacher['trained_on']) == (100.0, 'MinAtar/breakout')
  assert lineage['spent']['pretraining_updates'] == 3
  with pytest.raises(MismatchedTeacherError, match='on MinAtar/breakout, and'):
    _runner(
      tmp_path / 'third',
      'qdagger_dqn',
      'minatar/qdagger_dqn.gin',
      'create_minatar_environment.game_name="freeway"',
      checkpoint_dir=str(second),
    )


def balance(states):
  """Pushes the cart the way that the pole falls: some 200 steps of 500."""
  angle, spin = states[:, 2, -1], states[:, 3, -1]
  return (angle + 0.5 * spin > 0).astype(np.int64)


gin.external_configurable(balance, module='games_test')


def test_a_student_learns_offline_from_one_who_balances(tmp_path):
  runner = _runner(
    tmp_path,
    'qdagger_dqn',
    'gymnasium/qdagger_dqn_cartpole.gin',
    'create_teacher.policy=@games_test.balance',
    'MLPDQNNetwork.hidden_units=32',
    'RunnerWithTeacher.teacher_steps=2000',
    'RunnerWithTeacher.num_pretraining_iterations=1',
    'RunnerWithTeacher.num_pretraining_steps=600',
    'RunnerWithTeacher.evaluation_episodes=10',
    'Runner.num_iterations=0',
    agent='callable',
  )
  runner.run_experiment()
  record = runner.record
  assert record.random_source == 'measured' and 10 < record.random < 40
  assert record.teacher.mean > 4 * record.random
  (row,) = record.rows
  assert row['normalized'] > 0.5
