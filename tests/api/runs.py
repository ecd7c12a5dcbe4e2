"""What the tests of the API train with: a game of twenty steps, and budgets."""

import json
import pathlib

from reincarnating_rl.cli import train

GAME = 'CartPole-v1'
BUDGET = {
  'pretraining_updates': 4,
  'online_steps': 40,
  'evaluations': 2,
  'evaluation_episodes': 2,
  'teacher_steps': 60,
  'min_replay_history': 20,
  'max_steps_per_episode': 20,
  'random_score': 0.0,
}
# The same, as gin has it.
BINDINGS = (
  *('create_game.kind = "gymnasium"',),
  f'create_gymnasium_environment.game_name = "{GAME}"',
  'RunnerWithTeacher.num_pretraining_iterations = 2',
  'RunnerWithTeacher.num_pretraining_steps = 2',
  'Runner.num_iterations = 2',
  'Runner.training_steps = 20',
  'RunnerWithTeacher.evaluation_episodes = 2',
  'RunnerWithTeacher.teacher_steps = 60',
  'JaxDQNAgent.min_replay_history = 20',
  'Runner.max_steps_per_episode = 20',
  'RunnerWithTeacher.random_score = 0.0',
)


def go_right(states):
  """A teacher of CartPole: pushes to where the pole leans."""
  return (states[:, 2, 0] + states[:, 3, 0] > 0).astype(int)


def command(base_dir, *more):
  """Trains by the command line what `BUDGET` is for the API."""
  words = [
    '--agent=qdagger_dqn',
    '--gin_files=gymnasium/qdagger_dqn.gin',
    f'--base_dir={base_dir}',
    *(f'--gin_bindings={binding}' for binding in BINDINGS),
    *more,
  ]
  assert train.main(words) == 0


def outcome(base_dir):
  """All that two runs must have in common to be the same run, bit for bit."""
  folder = pathlib.Path(base_dir)
  summary = json.loads((folder / 'summary.json').read_text())
  summary.pop('seconds')
  for row in summary['rows']:
    row.pop('seconds')
  files = {
    path.relative_to(folder).as_posix(): path.read_bytes()
    for path in sorted((folder / 'checkpoints').rglob('*'))
    if path.is_file() and path.suffix != '.json'
  }
  assert any(name.endswith('.safetensors') for name in files)
  return summary, files
