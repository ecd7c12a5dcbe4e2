"""`evaluate`: the runner's teacher evaluation, without a runner."""

import json

import numpy as np
import pytest

from reincarnating_rl.envs import games
from reincarnating_rl.envs.policies import epsilon_greedy_policy
from reincarnating_rl.runner import evaluator
from reincarnating_rl.runner.plan import (
  Iteration,
  Phase,
)
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
  game = games.create_atari_game('Pong', num_vector_environments=2)
  environment = game.create_vector_environment()
  teacher = factory.create_teacher(
    'auto', BUNDLED, num_actions=6, observation_shape=(84, 84), stack_size=4
  )
  try:
    expected = evaluator.Arena(
      environment,
      seed=3,
      stack_size=4,
      max_steps_per_episode=150,
      interrupt=interrupts.InterruptFlag(),
    ).evaluate(
      epsilon_greedy_policy(teacher.policy_logits, 0.001),
      Iteration(0, Phase.TEACHER_EVALUATION, 0, 0),
      who='teacher',
      steps=0,
      episodes=2,
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
  assert 'better than random' in printed


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
