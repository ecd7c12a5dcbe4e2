"""A whole experiment on the corridor, small enough for a test."""

import contextlib
import functools
import json
import pathlib

import gin
import numpy as np
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.tensorflow_stub import errors as tensorboard_errors
from tensorboard.compat.tensorflow_stub import pywrap_tensorflow

from reincarnating_rl.agents import snapshot
from reincarnating_rl.runner import collectors
from reincarnating_rl.runner.runner import RunnerWithTeacher
from tests import toys

SMALL = {
  'random_score': 0.325,
  'teacher_steps': 60,
  'teacher_epsilon': 0.5,
  'num_pretraining_iterations': 2,
  'num_pretraining_steps': 20,
  'evaluation_episodes': 4,
  'checkpoint_minutes': 60.0,
}
# What gin does not bind.
_GIVEN = {'find_teacher_replay', 'read_teacher_state', 'started_as'}


def make_runner(
  base_dir,
  *,
  teacher='left',
  online=(2, 60),
  seed=0,
  game=None,
  agent=None,
  make_agent=None,
  clip_rewards=False,
  num_environments=1,
  kind=RunnerWithTeacher,
  **settings,
):
  """Builds a runner; `online` is iterations and steps of each.

  `make_agent` makes the student of settings `agent`; None for the corridor's.
  It writes a checkpoint after each iteration, and none within one.
  """
  make_agent = make_agent or _make_agent
  gin.clear_config()
  iterations, steps = online
  gin.parse_config(
    [
      f'Runner.num_iterations = {iterations}',
      f'Runner.training_steps = {steps}',
      'Runner.evaluation_steps = 100',
      'Runner.max_steps_per_episode = 40',
      f'Runner.clip_rewards = {clip_rewards}',
      f'Runner.num_environments = {num_environments}',
      "CollectorDispatcher.collectors = ('tensorboard', 'jsonl', 'terminal')",
    ]
  )
  settings = SMALL | settings
  given = {name: settings.pop(name) for name in _GIVEN & settings.keys()}
  for name, value in settings.items():
    gin.bind_parameter(f'RunnerWithTeacher.{name}', value)
  if teacher == 'left':
    teacher = toys.ScriptedTeacher()
  return kind(
    str(base_dir),
    functools.partial(
      make_agent, seed=seed, teacher=teacher, settings=agent or {}
    ),
    game or toys.corridor(),
    teacher=teacher,
    seed=seed,
    **given,
  )


def _make_agent(
  session,
  environment,
  *,
  seed,
  teacher,
  settings,
  summary_writer,
  num_environments=1,
):
  return toys.make_agent(
    environment.actions.number,
    seed=seed,
    teacher=teacher,
    num_environments=num_environments,
    **settings,
  )


def teacher_data(runner):
  """Returns the part that holds the teacher's data."""
  return runner._parts.saver._data


def metrics(base_dir, *, timed=False):
  """Reads the JSONL log, without what depends on the clock."""
  with open(collectors.metrics_path(str(base_dir)), encoding='utf-8') as f:
    rows = [json.loads(line) for line in f]
  return [r for r in rows if timed or 'PerSecond' not in r['name']]


def events(base_dir):
  """Reads TensorBoard's files, by TensorBoard's reader; checksums are right."""
  folder = pathlib.Path(base_dir, 'metrics', 'tensorboard')
  # Another test, which may have come before, opens a finished run again.
  for path in sorted(folder.glob('events.out.tfevents.*')):
    reader = pywrap_tensorflow.PyRecordReader_New(str(path))
    with contextlib.suppress(tensorboard_errors.OutOfRangeError):
      while True:
        reader.GetNext()
        yield event_pb2.Event.FromString(reader.record())


def outcome(runner):
  """All that two runs must have in common to be the same run."""
  arrays, counters = snapshot.take(runner._agent)
  replay = runner._agent.batches.replay
  used = replay.next_step
  rows = [
    {k: v for k, v in row.items() if k != 'seconds'}
    for row in runner.record.rows
  ]
  return {
    'arrays': {name: x.tobytes() for name, x in arrays.items()},
    'counters': counters,
    'replay': {
      name: np.asarray(column[:used]).tobytes()
      for name, column in replay.columns.items()
    },
    'replay_arrays': {n: x.tobytes() for n, x in replay.arrays().items()},
    'replay_state': replay.state_dict(),
    'rows': rows,
    'teacher': runner.record.teacher,
    'metrics': metrics(runner._base_dir),
  }
