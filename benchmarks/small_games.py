"""Small games on one core: agent steps a second beside their limit.

  python benchmarks/small_games.py
  python benchmarks/small_games.py --games minatar --students qdagger_rainbow

The settings are those of the shipped configurations, with batches of 32 and an
update in four steps everywhere. The limit of a step is a quarter of the bare
jitted update, on data already in place, and the bare step of the environment.
The teacher is a network of the student's kind with its first parameters.
Seconds are those of the process on its core, whoever else uses the machine.
"""

import argparse
import functools
import os
import tempfile
import time
from collections.abc import Callable

os.environ['JAX_PLATFORMS'] = 'cpu'
os.environ['TQDM_DISABLE'] = '1'
if hasattr(os, 'sched_setaffinity'):  # Before XLA counts the cores.
  os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import jax
import numpy as np

from reincarnating_rl.compat import dopamine_compat  # noqa: F401  isort: skip
from absl import logging
from limits import bare_updates
from timing import in_turn

from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs import policies
from reincarnating_rl.envs.games import Game
from reincarnating_rl.runner import factories
from reincarnating_rl.runner.plan import Phase
from reincarnating_rl.runner.position import Position
from reincarnating_rl.runner.runner import RunnerWithTeacher
from reincarnating_rl.settings import gin_names, gin_parsing
from reincarnating_rl.teachers.network_teacher import NetworkTeacher

UPDATES = 200  # In one timing of an update alone.
CONFIGURATIONS = {
  'minatar': 'minatar/{}.gin',
  'cartpole': 'gymnasium/{}.gin',  # CartPole is the default of its family.
}
STUDENTS = ['dqn', 'rainbow', 'qdagger_dqn', 'qdagger_rainbow']
BINDINGS = [
  'JaxDQNAgent.min_replay_history = 500',
  'JaxDQNAgent.update_period = 4',
  'Student.batch_size = 32',
  'RunnerWithTeacher.random_score = 0.0',
  'RunnerWithTeacher.evaluation_episodes = None',
  'Runner.num_iterations = 1',
  'CollectorDispatcher.collectors = ()',
]


def configure(game: str, student: str, steps: int) -> None:
  """Has gin say what is shipped, and how much of it is timed."""
  gin_parsing.load(
    [CONFIGURATIONS[game].format(student)],
    [
      *BINDINGS,
      f'Runner.training_steps = {steps}',
      f'Runner.evaluation_steps = {steps}',
    ],
    network_parameter=factories.AGENTS[student].kind.network_parameter,
  )


def make_runner(base_dir: str, student: str) -> RunnerWithTeacher:
  """Builds the experiment that gin describes."""
  game = gin_names.create_game()
  create_agent = functools.partial(
    factories.create_agent, student, seed=0, stack_size=game.stack_size
  )
  teacher = None
  if factories.AGENTS[student].method.needs_teacher:
    teacher = untrained_teacher(create_agent, game)
  return RunnerWithTeacher(
    base_dir,
    functools.partial(create_agent, teacher=teacher),
    game,
    teacher=teacher,
    seed=0,
  )


def untrained_teacher(
  create_agent: Callable[..., Student], game: Game
) -> NetworkTeacher:
  """Makes a teacher who costs what a student's network costs."""
  environment = game.create_environment()
  agent = create_agent(None, environment)
  environment.close()
  key = jax.random.PRNGKey(0)
  return NetworkTeacher(
    lambda params, state: (
      10.0 * agent.learner.output(params, state, key, True).q_values
    ),
    agent.trainer.state.params,
    num_actions=agent.num_actions,
  )


def bare_steps(runner: RunnerWithTeacher, steps: int) -> Callable[[], None]:
  """Returns what plays at random and does nothing else."""
  environment = runner._game.create_environment()
  actions = np.random.default_rng(0).integers(
    environment.actions.number, size=steps
  )

  def run() -> None:
    for action in actions:
      if environment.game_over:
        environment.reset(0)
      environment.step(action)

  return run


def online(runner: RunnerWithTeacher) -> Callable[[], None]:
  """Returns what runs an online iteration without its evaluation."""
  iteration = runner.plan[-1]

  def run() -> None:
    runner._progress.position = Position(iteration.number)
    runner._parts.phases[Phase.ONLINE](iteration)
    jax.block_until_ready(runner._agent.trainer.state)

  return run


def evaluation(runner: RunnerWithTeacher) -> Callable[[], None]:
  """Returns what evaluates the student, all lanes busy to the end."""
  policy = policies.epsilon_greedy_policy(runner._agent.q_values, 1.0)
  return lambda: runner._parts.evaluator.evaluate(
    policy, runner.plan[-1], who='student'
  )


def offline(runner: RunnerWithTeacher, steps: int) -> Callable[[], None]:
  """Collects data, and returns what makes `UPDATES` updates on it."""
  policy = policies.epsilon_greedy_policy(runner._teacher.policy_logits, 0.5)
  data = runner._parts.saver._data
  evaluator = runner._parts.evaluator
  for episode in evaluator.collect(policy, runner.plan[0], steps=steps):
    data.add(episode)

  def run() -> None:
    for _ in data.updates(UPDATES, done=0):
      pass
    jax.block_until_ready(runner._agent.trainer.state)

  return run


def measure(runner: RunnerWithTeacher, steps: int, rounds: int) -> str:
  """Returns a line of what was measured, every part in turn."""
  agent = runner._agent
  train = online(runner)
  train()  # Fills the replay.
  parts = {
    'online': train,
    'update': bare_updates(
      agent, jax.device_put(agent.batches.replay.sample()), UPDATES
    ),
    'environment': bare_steps(runner, steps),
    'evaluation': evaluation(runner),
  }
  if runner._teacher is not None:
    parts['offline'] = offline(runner, steps)
  seconds = in_turn(parts, rounds=rounds, clock=time.process_time)
  update = seconds['update'] / UPDATES
  limit = update / agent.update_period + seconds['environment'] / steps
  # An episode that has begun is finished: a little more than `steps`.
  step = seconds['online'] / runner._progress.position.steps
  line = (
    f'{1 / step:10.0f}{1 / limit:10.0f}{step / limit:8.2f}'
    f'{1e3 * update:10.2f}{steps / seconds["evaluation"]:12.0f}'
  )
  if 'offline' in seconds:
    line += f'{seconds["offline"] / seconds["update"]:10.2f}'
  return line


def main() -> None:
  """Prints a line a game and student."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--games', nargs='+', default=list(CONFIGURATIONS))
  parser.add_argument('--students', nargs='+', default=STUDENTS)
  parser.add_argument('--steps', type=int, default=1000, help='in one timing')
  parser.add_argument('--rounds', type=int, default=7)
  args = parser.parse_args()
  logging.set_verbosity(logging.ERROR)
  jax.config.update('jax_cpu_enable_async_dispatch', False)  # As `train` does.
  print('one core, batch 32, an update in 4 steps')
  print(
    f'{"":25}{"steps/s":>10}{"limit":>10}{"ratio":>8}{"update ms":>10}'
    f'{"evaluation/s":>12}{"offline":>10}'
  )
  for game in args.games:
    for student in args.students:
      configure(game, student, args.steps)
      with tempfile.TemporaryDirectory() as folder:
        runner = make_runner(folder, student)
        print(
          f'{game + ", " + student:25}'
          f'{measure(runner, args.steps, args.rounds)}',
          flush=True,
        )


if __name__ == '__main__':
  main()
