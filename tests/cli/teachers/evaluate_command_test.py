"""`evaluate`: the runner's teacher evaluation, without a runner."""

import json
import shutil

import gymnasium as gym
import numpy as np
import pytest

from reincarnating_rl.cli.teachers import evaluate_command
from reincarnating_rl.envs import atari_games
from reincarnating_rl.envs.policies import teacher_policy
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.runner import evaluator
from reincarnating_rl.runner.plan import Iteration, Phase
from reincarnating_rl.support import interrupts
from reincarnating_rl.teachers import factory
from tests.cli.teachers.conftest import BUNDLED

SHORT = ('--episodes', '2', '--max_steps_per_episode', '150')


@pytest.fixture
def evaluate(call, tmp_path):
  def run(*words):
    path = tmp_path / 'score.json'
    printed = call('evaluate', *words, '--json', path)
    return json.loads(path.read_text()), printed

  return run


def test_the_score_is_that_of_the_runner(evaluate):
  found, printed = evaluate(BUNDLED, '--seed', '3', *SHORT)
  game = atari_games.create_atari_game('Pong', num_vector_environments=2)
  environment = game.create_vector_environment()
  teacher = factory.create_teacher(
    'auto',
    BUNDLED,
    actions=Discrete(6),
    observation_shape=(84, 84),
    stack_size=4,
  )
  try:
    expected = evaluator.Evaluator(
      environment,
      seed=3,
      stack_size=4,
      max_steps_per_episode=150,
      interrupt=interrupts.InterruptFlag(),
      steps=0,
      episodes=2,
    ).evaluate(
      teacher_policy(teacher, 0.001),
      Iteration(0, Phase.TEACHER_EVALUATION, 0, 0),
      who='teacher',
    )
  finally:
    environment.close()
  assert found['score'] == expected._asdict()
  assert found['score']['mean'] == np.mean(found['returns'])
  assert any(found['returns'])  # Somebody has scored.
  assert found['random'] == {'source': 'published', 'mean': -20.7}
  assert found['margin'] == found['score']['mean'] + 20.7
  assert found['lengths'] == [150, 150] and found['time_outs'] == 2
  assert found['teacher']['fingerprint'] == teacher.fingerprint
  assert 'Pong: 300 steps, epsilon 0.001, seed 3; 2 of 2' in printed
  assert 'without that limit: --measure_random' in printed
  assert 'FIRE' not in printed  # Nobody waits for it: a limit cuts.
  assert 'better than random' in printed
  assert found['acts'] == 'greedy'
  assert "Each action was the teacher's best (create_teacher.acts" in printed


def test_a_teacher_may_play_by_draws(evaluate):
  greedy, _ = evaluate(BUNDLED, '--seed', '3', *SHORT)
  sample = ('--gin_bindings', "create_teacher.acts = 'sample'")
  found, printed = evaluate(BUNDLED, '--seed', '3', *SHORT, *sample)
  assert found['acts'] == found['teacher']['acts'] == 'sample'
  assert "drawn from the teacher's policy" in printed
  assert found['returns'] != greedy['returns']


def test_random_is_measured_and_no_better_than_random(evaluate):
  words = ('--teacher_agent', 'random', '--game', 'Pong', '--measure_random')
  short = ('--episodes', '3', '--max_steps_per_episode', '120')
  found, printed = evaluate(*words, *short)
  assert found['random']['source'] == 'measured'
  assert found['random']['num_episodes'] == 3
  assert found['random']['mean'] < 0
  assert found['margin'] == found['score']['mean'] - found['random']['mean']
  again, _ = evaluate(*words, *short)
  assert again == found


def test_gin_chooses_the_game_unless_a_flag_does(evaluate):
  bindings = (
    'create_atari_environment.game_name = "Boxing"',
    'create_atari_environment.num_vector_environments = 1',
  )
  words = [word for b in bindings for word in ('--gin_bindings', b)]
  words += ['--teacher_agent', 'random', *SHORT]
  found, _ = evaluate(*words)
  assert (found['game'], found['random']['mean']) == ('Boxing', 0.1)
  assert evaluate(*words, '--game', 'Pong')[0]['game'] == 'Pong'


def test_games_that_may_wait_for_fire(evaluate, monkeypatch):
  words = ('--teacher_agent', 'random', '--game', 'Breakout')
  short = ('--episodes', '1', '--max_steps_per_episode', '3')
  hint = 'create_atari_environment.fire_on_reset = True presses it'
  # Who asks for three steps waits for nothing.
  assert hint not in evaluate(*words, *short)[1]
  hints = evaluate_command._hints
  as_if_timed_out = lambda result, game: hints(result | {'cut': 0}, game)  # noqa: E731
  monkeypatch.setattr(evaluate_command, '_hints', as_if_timed_out)
  assert hint in evaluate(*words, *short)[1]
  for scope in ('', 'teacher/'):
    binding = f'{scope}create_atari_environment.fire_on_reset=True'
    fire = ('--gin_bindings', binding)
    found, printed = evaluate(*words, *short, *fire)
    assert 'FIRE' not in printed
    assert found['played'] == {'fire_on_reset': True}
  other = ('--gin_bindings', 'student/' + binding.rpartition('/')[2])
  assert hint in evaluate(*words, *short, *other)[1]
  # Where an episode ends, nobody waits.
  long = ('--episodes', '1', '--max_steps_per_episode', '2000')
  assert hint not in evaluate(*words, *long)[1]


def test_without_a_published_score(evaluate):
  words = ('--teacher_agent', 'random', '--game', 'Adventure')
  short = ('--episodes', '1', '--max_steps_per_episode', '3')
  found, printed = evaluate(*words, *short)
  assert found['random'] is found['margin'] is None
  assert '--measure_random plays for one' in printed


def test_mistakes(tmp_path, fixtures, fail):
  assert 'PATH is missing' in fail('evaluate', '--game', 'Pong')
  model = f'{fixtures}/foreign/cleanrl_dqn_atari.cleanrl_model'
  assert '--game is missing' in fail('evaluate', model)
  assert 'has 4 actions' in fail('evaluate', model, '--game', 'Pong')
  words = ('--teacher_agent', 'random', '--game', 'Pong', *SHORT)
  nowhere = tmp_path / 'no' / 'score.json'
  assert 'cannot be written' in fail('evaluate', *words, '--json', nowhere)


def test_the_balloons_teacher_plays_nothing_else(fail):
  line = fail('evaluate', '--teacher_agent', 'perciatelli44', '--game', 'Pong')
  assert 'has 3 actions and states of shape (1099, 1)' in line


@pytest.fixture
def mountain_car(fixtures, tmp_path):
  """A folder of the hub: a PPO trained under VecNormalize, and its metrics."""
  return shutil.copytree(
    f'{fixtures}/foreign/mountain_car', tmp_path / 'mountain_car'
  )


_CAR = ('--game', 'MountainCar-v0', '--episodes', '3')


def test_a_teacher_of_normalized_observations(
  call, evaluate, mountain_car, tmp_path
):
  """Without its statistics it never leaves the valley: -200."""
  found, printed = evaluate(mountain_car, *_CAR)
  assert found['score']['mean'] > -170.0
  assert 'warning' not in printed
  # Conversion keeps them.
  call('convert', mountain_car, tmp_path / 'out', *_CAR[:2])
  converted, _ = evaluate(tmp_path / 'out', *_CAR)
  assert converted['returns'] == found['returns']
  described = converted['teacher']['described_as']
  assert described['observation_statistics']['file'] == 'vec_normalize.pkl'


def test_statistics_that_may_be_missing(evaluate, mountain_car):
  statistics = mountain_car / 'vec_normalize.pkl'
  statistics.rename(mountain_car.parent / 'x.pkl')
  for words in ((), ('--measure_random',)):
    found, printed = evaluate(mountain_car, *_CAR, *words)
    assert found['score']['mean'] == -200.0
    (line,) = (x for x in printed.splitlines() if x.startswith('warning: '))
    assert 'VecNormalize' in line and 'ppo-MountainCar-v0.zip' in line
  binding = 'create_teacher.observation_statistics = '
  found, printed = evaluate(
    mountain_car,
    *_CAR,
    '--gin_bindings',
    f"{binding}'{mountain_car.parent / 'x.pkl'}'",
  )
  assert found['score']['mean'] > -170.0 and 'warning' not in printed
  found, printed = evaluate(
    mountain_car, *_CAR, '--gin_bindings', f"{binding}'none'"
  )
  assert found['score']['mean'] == -200.0 and 'warning' not in printed


class _Masked(gym.Env):
  """What the fixture of MaskablePPO observes, for one step."""

  observation_space = gym.spaces.Box(-1.0, 1.0, (3,), np.float32)
  action_space = gym.spaces.Discrete(4)

  def reset(self, *, seed=None, options=None):
    return np.zeros(3, np.float32), {}

  def step(self, action):
    return np.zeros(3, np.float32), 1.0, True, False, {}


def test_masks_that_are_not_used(evaluate, fixtures):
  gym.register('Masked-v0', entry_point=_Masked)
  try:
    words = ('--game', 'Masked-v0', '--episodes', '1', '--measure_random')
    _, printed = evaluate(f'{fixtures}/foreign/sb3_maskable.zip', *words)
  finally:
    del gym.registry['Masked-v0']
  assert (
    'warning: The masks of the actions of the teacher are not used' in printed
  )


def test_where_the_score_goes_is_checked_before_anything_is_played(
  tmp_path, fail, monkeypatch
):
  monkeypatch.setattr(factory, 'create_teacher', None)
  for path in (tmp_path, tmp_path / 'no' / 'a.json'):
    told = fail('evaluate', BUNDLED, '--json', path)
    assert f'{path} cannot be written' in told and 'another --json' in told


class _Nan(_Masked):
  """Its third step has no reward that is a number."""

  def reset(self, *, seed=None, options=None):
    self._steps = 0
    return super().reset()

  def step(self, action):
    self._steps += 1
    reward = np.nan if self._steps == 3 else 1.0
    return np.zeros(3, np.float32), reward, False, False, {}


def test_a_game_whose_rewards_are_no_numbers(fail, tmp_path):
  gym.register('Nan-v0', entry_point=_Nan)
  try:
    told = fail(
      *('evaluate', '--teacher_agent', 'random', '--game', 'Nan-v0'),
      *('--json', tmp_path / 'score.json'),
    )
  finally:
    del gym.registry['Nan-v0']
  assert 'Nan-v0 answers with the reward nan at step 3 of an episode' in told
  assert not (tmp_path / 'score.json').exists()
