"""Online agent steps a second beside Dopamine's own agent and runner.

  python benchmarks/online.py

Both play Pong with the same network, batch and update period, in turn in one
process; ours also distils a teacher. Dopamine's agent stores stacked states in
its own replay and runs under its own `Runner`.
"""

import argparse
import functools
import os
import tempfile
import time

import jax

from reincarnating_rl.compat import dopamine_compat  # noqa: F401  isort: skip
import gin
from absl import logging
from dopamine.discrete_domains import atari_lib, run_experiment
from dopamine.discrete_domains.iteration_statistics import IterationStatistics
from dopamine.jax.agents.dqn import dqn_agent
from timing import in_turn

from reincarnating_rl.runner import factories
from reincarnating_rl.runner.plan import Phase
from reincarnating_rl.runner.position import Position

TEACHER = os.path.join(
  os.path.dirname(os.path.dirname(__file__)), 'teacher_ckpts', 'Pong', '1'
)
SETTINGS = """
create_atari_environment.game_name = 'Pong'
JaxDQNAgent.min_replay_history = 500
JaxDQNAgent.update_period = 4
JaxDQNAgent.update_horizon = 3
JaxDQNAgent.loss_type = 'huber'
ReplayBuffer.max_capacity = 100000
ReplayBuffer.batch_size = 32
Student.replay_capacity = 100000
Runner.max_steps_per_episode = {steps}
Runner.training_steps = {steps}
CollectorDispatcher.collectors = ()
"""


def dopamine_runner(base_dir: str) -> run_experiment.Runner:
  """Dopamine's runner and DQN, on Dopamine's environment."""
  return run_experiment.Runner(
    base_dir,
    lambda sess, environment, summary_writer: dqn_agent.JaxDQNAgent(
      num_actions=environment.action_space.n, seed=0
    ),
    # The gin name belongs to our environment: this is Dopamine's function.
    functools.partial(atari_lib.create_atari_environment.__wrapped__, 'Pong'),
    fine_grained_print_to_console=False,
  )


def our_runner(base_dir: str) -> run_experiment.Runner:
  """Our runner and QDagger student, online from the first iteration."""
  return factories.create_runner(
    base_dir=base_dir,
    agent='qdagger_dqn',
    teacher=factories.TeacherSettings(checkpoint_dir=TEACHER),
    seed=0,
  )


def main() -> None:
  """Prints steps a second, and their ratio."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--steps', type=int, default=800, help='in one timing')
  parser.add_argument('--rounds', type=int, default=5)
  args = parser.parse_args()
  logging.set_verbosity(logging.ERROR)
  gin.parse_config(SETTINGS.format(steps=args.steps))

  with tempfile.TemporaryDirectory() as folder:
    theirs = dopamine_runner(os.path.join(folder, 'dopamine'))
    ours = our_runner(os.path.join(folder, 'ours'))
    online = next(row for row in ours.plan if row.phase is Phase.ONLINE)

    def run_theirs() -> None:
      theirs._run_train_phase(IterationStatistics())
      jax.block_until_ready(theirs._agent.online_params)

    def run_ours() -> None:
      ours._progress.position = Position(online.number)
      ours._parts.phases[Phase.ONLINE](online)
      jax.block_until_ready(ours._agent.trainer.state)

    for run in (run_theirs, run_ours):
      began = time.perf_counter()
      run()  # Fills the replay and compiles.
      print(f'warm-up {time.perf_counter() - began:.1f} s')
    seconds = in_turn(
      {'Dopamine': run_theirs, 'ours, distilling': run_ours}, rounds=args.rounds
    )
  for name, value in seconds.items():
    ratio = seconds['Dopamine'] / value
    print(f'{name:20} {args.steps / value:8.1f} steps/s  {ratio:5.2f} x')


if __name__ == '__main__':
  main()
