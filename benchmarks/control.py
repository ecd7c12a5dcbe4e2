"""Continuous control on one core: steps a second beside their limit.

  python benchmarks/control.py
  python benchmarks/control.py --sb3_python VENV/bin/python

All train on the DeepMind Control Suite's walker-walk with two layers of 256,
batches of 256 and an update a step, in turn: our students, Dopamine's own SAC
under its own runner, on our environment; and Stable-Baselines3's SAC and TD3
where `--sb3_python` names a Python that has it, dm_control and Gymnasium. The
limit of a step is the bare jitted update, on data already in place, and the
bare step of the environment. `in programs` is the student in eight
environments, whose eight updates are one program on a replay in the device's
memory. Seconds are those of the processes on one core, whoever else uses the
machine.
"""

import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence

os.environ['JAX_PLATFORMS'] = 'cpu'
os.environ['TQDM_DISABLE'] = '1'
if hasattr(os, 'sched_setaffinity'):  # Before XLA counts the cores.
  os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import jax
import numpy as np

from reincarnating_rl.compat import dopamine_compat  # noqa: F401  isort: skip
import gin
from absl import logging
from dopamine.continuous_domains.run_experiment import ContinuousRunner
from dopamine.discrete_domains.iteration_statistics import IterationStatistics
from dopamine.jax.agents.sac.sac_agent import SACAgent
from limits import bare_updates
from timing import in_turn

from reincarnating_rl.envs.control_games import create_control_environment
from reincarnating_rl.runner import factories
from reincarnating_rl.runner.factories import TeacherSettings
from reincarnating_rl.runner.plan import Phase
from reincarnating_rl.runner.position import Position
from reincarnating_rl.runner.runner import RunnerWithTeacher
from reincarnating_rl.settings import gin_parsing

TASK = 'walker-walk'
STEPS = 1000  # In one timing: an episode.
WARM_UP = 500
SHARED = [
  f'SACAgent.min_replay_history = {WARM_UP}',
  'SACAgent.num_layers = 2',
  'SACAgent.hidden_units = 256',
  'SACAgent.update_period = 1',
  'CollectorDispatcher.collectors = ()',
]
THEIRS = [
  'ReplayBuffer.max_capacity = 100000',
  'ReplayBuffer.batch_size = 256',
]
IN_PROGRAMS = [
  'Runner.num_environments = 8',
  'Student.updates_per_program = 8',
  'Student.replay_on_device = True',
]
OURS = [
  'Student.batch_size = 256',
  'Student.replay_capacity = 100000',
  f'Runner.training_steps = {STEPS}',
  'Runner.num_iterations = 1',
]
ROOT = pathlib.Path(__file__).parents[1]


class StableBaselines:
  """An agent in another process.

  Attributes:
    seconds: that it has computed so far.
  """

  def __init__(self, python: str, agent: str) -> None:
    """Starts it, and waits until it has learnt something."""
    script = str(ROOT / 'benchmarks' / 'control_sb3.py')
    self._process = subprocess.Popen(
      [python, script, agent, TASK, str(WARM_UP)],
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      env={**os.environ, 'PYTHONPATH': str(ROOT)},
      text=True,
    )
    self.version = self._answer()
    self.seconds = 0.0

  def __call__(self) -> None:
    """Has it train an episode."""
    print(STEPS, file=self._process.stdin, flush=True)
    self.seconds += self._answer()

  def _answer(self) -> object:
    return json.loads(self._process.stdout.readline())

  def close(self) -> None:
    """Ends it."""
    self._process.stdin.close()
    self._process.wait()


def dopamine(folder: str) -> Callable[[], None]:
  """Returns what trains Dopamine's SAC for an episode."""
  gin.parse_config([*SHARED, *THEIRS])
  runner = ContinuousRunner(
    folder,
    lambda environment, summary_writer: SACAgent(
      environment.actions.shape,
      (-np.ones(environment.actions.shape), np.ones(environment.actions.shape)),
      environment.observation_space.shape,
      seed=0,
    ),
    lambda: create_control_environment(TASK),
    training_steps=STEPS,
  )
  gin.clear_config()
  runner._fine_grained_print_to_console_enabled = False

  def run() -> None:
    runner._run_train_phase(IterationStatistics())
    jax.block_until_ready(runner._agent.network_params)

  return run


def our_runner(
  folder: str, student: str, bindings: Sequence[str] = ()
) -> RunnerWithTeacher:
  """Returns our runner, online from the first iteration."""
  gin_parsing.load(
    [f'control/{student}.gin'],
    [
      *(*SHARED, *OURS, *bindings),
      f"create_control_environment.game_name = '{TASK}'",
    ],
    network_parameter=factories.AGENTS[student].kind.network_parameter,
  )
  return factories.create_runner(
    base_dir=folder, agent=student, teacher=TeacherSettings(), seed=0
  )


def online(runner: RunnerWithTeacher) -> Callable[[], None]:
  """Returns what trains our student for an episode."""
  iteration = runner.plan[-1]

  def run() -> None:
    runner._progress.position = Position(iteration.number)
    runner._parts.phases[Phase.ONLINE](iteration)
    jax.block_until_ready(runner._agent.trainer.state)

  return run


def bare_steps() -> Callable[[], None]:
  """Returns what plays an episode at random and does nothing else."""
  environment = create_control_environment(TASK)
  size = (STEPS, environment.actions.size)
  actions = np.random.default_rng(0).uniform(-1, 1, size).astype(np.float32)

  def run() -> None:
    environment.reset(0)
    for action in actions:
      environment.step(action)

  return run


def ours(students: Sequence[str]) -> Iterator[tuple[str, Callable[[], None]]]:
  """Yields what is timed of our students, by name."""
  for student in students:
    with tempfile.TemporaryDirectory() as folder:
      runner = our_runner(folder, student)
      train = online(runner)
      train()  # Fills the replay.
      yield student, train
      agent = runner._agent
      batch = jax.device_put(agent.batches.replay.sample())
      yield f'{student}, bare update', bare_updates(agent, batch, STEPS)
      gin.clear_config()
    with tempfile.TemporaryDirectory() as folder:
      train = online(our_runner(folder, student, IN_PROGRAMS))
      train()
      yield f'{student}, in programs', train
      gin.clear_config()


def show(seconds: dict[str, float], students: Sequence[str]) -> None:
  """Prints a line an alternative."""
  step = seconds.pop('environment')
  updates = {name: seconds.pop(f'{name}, bare update') for name in students}
  print(f'the environment alone: {STEPS / step:,.0f} steps/s')
  fastest = seconds[students[0]]
  print(f'{"":22}{"steps/s":>10}{"limit":>10}{"ratio":>8}{students[0]:>10}')
  for name, value in seconds.items():
    line = f'{name:22}{STEPS / value:10.0f}'
    if name in updates:
      limit = updates[name] + step
      line += f'{STEPS / limit:10.0f}{value / limit:8.2f}'
    else:
      line += ' ' * 18
    print(f'{line}{value / fastest:9.2f}x')


def main() -> None:
  """Times all in turn."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--students', nargs='+', default=['d4pg', 'sac', 'td3'])
  parser.add_argument('--sb3_python', help='a Python with Stable-Baselines3')
  parser.add_argument('--rounds', type=int, default=5)
  args = parser.parse_args()
  logging.set_verbosity(logging.ERROR)
  jax.config.update('jax_cpu_enable_async_dispatch', False)  # As `train` does.
  with contextlib.ExitStack() as stack:
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    parts = {"Dopamine's SAC": dopamine(folder), **dict(ours(args.students))}
    parts['environment'] = bare_steps()
    others = []
    for agent in ('SAC', 'TD3') if args.sb3_python else ():
      other = StableBaselines(args.sb3_python, agent)
      stack.callback(other.close)
      others.append(other)
      parts[f'SB3 {other.version} {agent}'] = other
    seconds = in_turn(
      parts,
      rounds=args.rounds,
      clock=lambda: time.process_time() + sum(x.seconds for x in others),
    )
  show(seconds, args.students)


if __name__ == '__main__':
  main()
