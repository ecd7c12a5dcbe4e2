"""Settings that results were published with: they stay as they are."""

import re

import gin
import pytest

from reincarnating_rl.runner import factories

ALL = {
  'CollectorDispatcher.collectors': ('tensorboard', 'jsonl', 'terminal'),
  'JaxDQNAgent.collector_allowlist': ('tensorboard', 'jsonl'),
  'JaxDQNAgent.epsilon_eval': 0.001,
  'JaxDQNAgent.epsilon_train': 0.01,
  'JaxDQNAgent.optimizer': 'adam',
  'JaxDQNAgent.update_period': 4,
  'Student.batch_size': 32,
}
ATARI = ALL | {
  'JaxDQNAgent.gamma': 0.99,
  'JaxDQNAgent.min_replay_history': 20_000,
  'JaxDQNAgent.target_update_period': 8000,
  'Runner.clip_rewards': True,
  'Runner.evaluation_steps': 125_000,
  'Runner.max_steps_per_episode': 27_000,
  'Runner.training_steps': 250_000,
  'RunnerWithTeacher.num_pretraining_steps': 100_000,
  'RunnerWithTeacher.teacher_steps': 1_000_000,
  'Student.replay_capacity': 1_000_000,
  'create_optimizer.eps': 1.5e-4,
}
PUBLISHED = {
  'dqfd_rainbow': ATARI
  | {
    'DQfD.margin': 1.0,
    'DQfD.margin_coefficient': 1.0,
    'DQfD.margin_decay_period': 2_500_000,
    'DQfD.margin_type': 'mean',
    'JaxDQNAgent.epsilon_decay_period': 50_000,
    'JaxDQNAgent.update_horizon': 3,
    'JaxFullRainbowAgent.distributional': True,
    'JaxFullRainbowAgent.double_dqn': False,
    'JaxFullRainbowAgent.dueling': False,
    'JaxFullRainbowAgent.epsilon_fn': 'linear_epsilon',
    'JaxFullRainbowAgent.noisy': False,
    'JaxFullRainbowAgent.num_atoms': 51,
    'JaxFullRainbowAgent.replay_scheme': 'prioritized',
    'JaxFullRainbowAgent.vmax': 10.0,
    'Runner.num_iterations': 15,
    'RunnerWithTeacher.num_pretraining_iterations': 10,
    'Student.learning_rate': 1e-4,
  },
  'reloaded_dqn': ATARI
  | {
    'JaxDQNAgent.epsilon_decay_period': 0,
    'JaxDQNAgent.epsilon_fn': 'linear_epsilon',
    'JaxDQNAgent.loss_type': 'huber',
    'JaxDQNAgent.update_horizon': 1,
    'Runner.num_iterations': 30,
    'Student.learning_rate': 1e-5,
  },
  'minatar/jsrl_dqn': ALL
  | {
    'JSRL.max_roll_in_steps': 100,
    'JSRL.roll_in_decay': 0.8,
    'JaxDQNAgent.epsilon_decay_period': 10_000,
    'JaxDQNAgent.epsilon_fn': 'linear_epsilon',
    'JaxDQNAgent.gamma': 0.99,
    'JaxDQNAgent.loss_type': 'huber',
    'JaxDQNAgent.min_replay_history': 1000,
    'JaxDQNAgent.target_update_period': 1000,
    'JaxDQNAgent.update_horizon': 3,
    'Runner.clip_rewards': False,
    'Runner.max_steps_per_episode': 5000,
    'Runner.num_iterations': 5,
    'Runner.training_steps': 50_000,
    'RunnerWithTeacher.evaluation_episodes': 100,
    'RunnerWithTeacher.num_pretraining_steps': 10_000,
    'RunnerWithTeacher.teacher_steps': 50_000,
    'Student.learning_rate': 2.5e-4,
    'Student.replay_capacity': 100_000,
    'create_game.kind': 'minatar',
    'create_minatar_environment.game_name': 'breakout',
    'create_optimizer.eps': 3.125e-4,
  },
  'balloon/qdagger_quantile': ALL
  | {
    'JaxDQNAgent.epsilon_decay_period': 20_000,
    'JaxDQNAgent.epsilon_fn': 'linear_epsilon',
    'JaxDQNAgent.gamma': 0.993,
    'JaxDQNAgent.min_replay_history': 500,
    'JaxDQNAgent.target_update_period': 100,
    'JaxDQNAgent.update_horizon': 5,
    'JaxQuantileAgent.kappa': 1.0,
    'JaxQuantileAgent.num_atoms': 51,
    'JaxQuantileAgent.replay_scheme': 'uniform',
    'MLPQuantileNetwork.hidden_units': 600,
    'MLPQuantileNetwork.num_layers': 7,
    'QDagger.distill_decay_period': 1_000_000,
    'QDagger.distill_floor': 0.1,
    'QDagger.distill_loss_coefficient': 100.0,
    'QDagger.distill_temperature': 1.0,
    'Runner.clip_rewards': False,
    'Runner.max_steps_per_episode': 960,
    'Runner.num_iterations': 5,
    'Runner.training_steps': 19_200,
    'RunnerWithTeacher.evaluation_episodes': 10,
    'RunnerWithTeacher.num_pretraining_iterations': 2,
    'RunnerWithTeacher.num_pretraining_steps': 10_000,
    'RunnerWithTeacher.teacher_steps': 48_000,
    'Student.final_learning_rate': 1e-5,
    'Student.learning_rate': 1e-4,
    'Student.replay_capacity': 200_000,
    'create_game.kind': 'balloon',
    'create_optimizer.eps': 2e-5,
    'create_teacher.temperature': 0.1,
  },
}


@pytest.mark.parametrize('name', PUBLISHED)
def test_they_stay_as_they_are(name):
  factories.load_settings(name.split('/')[-1], [f'{name}.gin'], [])
  parameters = re.findall(r'^(\w+)\.(\w+) =', gin.config_str(), re.M)
  found = {
    f'{configurable}.{parameter}': gin.get_bindings(configurable)[parameter]
    for configurable, parameter in parameters
  }
  # Functions by name.
  found = {key: getattr(x, '__name__', x) for key, x in found.items()}
  assert found == PUBLISHED[name]
