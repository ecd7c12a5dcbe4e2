"""Agent steps a second beside Dopamine's own agent and runner.

  python benchmarks/online.py

Both play Pong with the same network, batch and update period, in turn in one
process; ours also distils a teacher. Dopamine's agent stores stacked states in
its own replay and runs under its own `Runner`. Then both evaluate: Dopamine an
episode after the other, ours sixteen side by side.
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
Runner.evaluation_steps = {steps}
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
  parser.add_argument('--cpu', action='store_true', help='CPU seconds')
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

    played = {}

    def evaluate_theirs() -> None:
      theirs._agent.eval_mode = True
      steps, _, _ = theirs._run_one_phase(
        args.steps, IterationStatistics(), 'eval'
      )
      played['Dopamine, evaluating'] = steps

    def evaluate_ours() -> None:
      played['ours, evaluating'] = sum(
        episode.length
        for episode in ours._parts.evaluator.play(
          ours._agent.evaluation_policy(), online, who='student'
        )
      )

    training = {'Dopamine': run_theirs, 'ours, distilling': run_ours}
    evaluating = {
      'Dopamine, evaluating': evaluate_theirs,
      'ours, evaluating': evaluate_ours,
    }
    for alternatives in (training, evaluating):
      for name, run in alternatives.items():
        began = time.perf_counter()
        run()  # Fills the replay and compiles.
        print(f'{name}: warm-up {time.perf_counter() - began:.1f} s')
      # Of this process alone, whoever else uses the machine.
      clock = time.process_time if args.cpu else time.perf_counter
      seconds = in_turn(alternatives, rounds=args.rounds, clock=clock)
      rates = {
        name: played.get(name, args.steps) / value
        for name, value in seconds.items()
      }
      first = next(iter(rates.values()))
      for name, rate in rates.items():
        print(f'{name:20} {rate:8.1f} steps/s  {rate / first:5.2f} x')


if __name__ == '__main__':
  main()
