"""Pendulum: a student passes a teacher that is half trained."""

import functools

import gin
import jax
import numpy as np
import pytest

from reincarnating_rl.envs import games
from reincarnating_rl.runner import factories
from reincarnating_rl.runner.runner import RunnerWithTeacher

_SETTINGS = (
  'Runner.clip_rewards = False',
  "CollectorDispatcher.collectors = ('jsonl',)",
  'RunnerWithTeacher.evaluation_episodes = 10',
  'RunnerWithTeacher.random_score = -1250.0',
  'RunnerWithTeacher.teacher_steps = 5000',
  'Student.learning_rate = 1e-3',
  'Student.batch_size = 128',
  'SACAgent.hidden_units = 64',
  'SACAgent.min_replay_history = 500',
  'create_optimizer.eps = 1e-8',
  'QDagger.distill_loss_coefficient = 100.0',
)


class HalfTrained:
  """A student as it is, as a teacher."""

  acts, fingerprint, lineage = 'greedy', 'half trained', {'agent': 'td3'}

  def __init__(self, agent):
    self.actions = agent.actions
    self.distribution = agent.value.policy.distribution
    self._params = agent.online_params
    actor = agent.learner.networks.actor
    self._ask = jax.jit(jax.vmap(actor, in_axes=(None, 0)))

  def policy_parameters(self, states):
    return self._ask(self._params, states)


def train(directory, name, *, iterations, steps, offline=0, teacher=None):
  gin.clear_config()
  gin.parse_config(
    [
      *_SETTINGS,
      f'Runner.num_iterations = {iterations}',
      f'Runner.training_steps = {steps}',
      f'RunnerWithTeacher.num_pretraining_iterations = {int(offline > 0)}',
      f'RunnerWithTeacher.num_pretraining_steps = {max(offline, 1)}',
    ]
  )
  runner = RunnerWithTeacher(
    str(directory),
    functools.partial(
      factories.create_agent, name, seed=1, stack_size=1, teacher=teacher
    ),
    games.create_game('Pendulum-v1'),
    teacher=teacher,
    seed=1,
  )
  runner.run_experiment()
  return runner


@pytest.mark.soak
def test_a_student_passes_its_half_trained_teacher(tmp_path):
  first = train(tmp_path / 'teacher', 'td3', iterations=1, steps=5000)
  runner = train(
    tmp_path / 'student',
    'qdagger_sac',
    iterations=4,
    steps=1000,
    offline=2000,
    teacher=HalfTrained(first._agent),
  )
  teacher = runner.record.teacher.mean
  assert -1100.0 < teacher < -400.0  # Random play has some -1,250.
  *_, last = scores = [row['score']['mean'] for row in runner.record.rows]
  assert np.max(scores[1:]) > -300.0 > teacher
  assert last > teacher + 200.0
