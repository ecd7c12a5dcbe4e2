"""A teacher that is cloned from data, kept in the folder of the run."""

import dataclasses
import json
import os
import pathlib
from typing import Any

from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs.games import Game
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.runner import (
  cloning,
  manifests,
  observations,
  pairing,
  replay_store,
)
from reincarnating_rl.runner.record import OTHER_BASE_DIR
from reincarnating_rl.settings import gin_names
from reincarnating_rl.support import files, json_file
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import (
  checkpoint_files,
  clone,
  native_checkpoint,
  recognition,
)
from reincarnating_rl.teachers.clone import CloneSettings
from reincarnating_rl.teachers.data_teacher import DataTeacher
from reincarnating_rl.teachers.description import ENTRY
from reincarnating_rl.teachers.sources import (
  TeacherSettings,
  find_teacher_replay,
)

FOLDER = 'clone'
_NUMBER = 0
_DETAILS = 'details of the data'


def find_or_make(
  asked: TeacherSettings,
  folder: str,
  *,
  game: Game,
  environment: Environment,
  student: type[Student],
) -> TeacherSettings:
  """Trains the clone, unless the folder has it already.

  Args:
    asked: the data, in `replay_dir`.
    folder: of the clone; a run that is named a teacher later on.
    game: that is played.
    environment: of the game.
    student: class of the one that it is to teach.

  Returns:
    The clone as a teacher with a checkpoint.

  Raises:
    UserError: there are no data, they do not fit, the student needs more than
      a policy, or the folder has a clone of other data or settings.
  """
  if asked.replay_dir is None or asked.checkpoint_dir is not None:
    raise UserError(
      f'--teacher_agent {clone.NAME} makes a teacher of data: name them with '
      '--teacher_replay_dir, and leave out --teacher_checkpoint_dir.'
    )
  pairing.check_clone(student)
  replay = find_teacher_replay(asked)
  stack_size = observations.stack_size(game, student.kind)
  shape = environment.observation_space.shape
  data = DataTeacher(replay, environment.actions, shape, stack_size)
  settings = gin_names.make_clone_settings()
  inputs = {
    'data': data.fingerprint,
    _DETAILS: data.details,
    'distribution': _distribution(student),
    'stack_size': stack_size,
    **dataclasses.asdict(settings),
  }
  if not _has(folder, inputs):
    _make(folder, replay, settings, inputs, game, environment)
  return TeacherSettings(recognition.AUTO, folder, replay_dir=asked.replay_dir)


def _distribution(student: type[Student]) -> str | None:
  """Returns what the clone's policy is of: the same as the student's."""
  kind = student.kind
  return kind.head(kind.settings())['policy'] if kind.is_continuous else None


def _has(folder: str, inputs: dict[str, Any]) -> bool:
  """Tells whether a folder has the clone.

  Raises:
    UserError: it has another.
  """
  path = pathlib.Path(folder) / checkpoint_files.FOLDER / f'ckpt.{_NUMBER}.json'
  if not path.exists():
    return False
  found = native_checkpoint.read_manifest(path).get('teacher')
  found = found.get('inputs', {}) if isinstance(found, dict) else {}
  inputs = json.loads(json_file.dumps(inputs))
  for name, new in inputs.items():
    if (old := found.get(name)) != new:
      if name == _DETAILS and name not in found:
        continue  # A clone of an earlier version.
      is_of_data = name in ('data', _DETAILS)
      told = 'other data' if is_of_data else f'{name} = {old}, not {new}'
      raise UserError(
        f'{folder} has a clone of {told}: restore that, or choose another '
        '--base_dir.'
      )
  return True


def _make(
  folder: str,
  replay: ExternalReplay,
  settings: CloneSettings,
  inputs: dict[str, Any],
  game: Game,
  environment: Environment,
) -> None:
  space = environment.observation_space
  store = replay_store.read(
    replay,
    observation_shape=space.shape,
    stack_size=inputs['stack_size'],
    actions=environment.actions,
    policy_size=0,
    newest=settings.max_steps,
    observation_dtype=space.dtype,
  )
  description = clone.describe(
    settings,
    observation_shape=space.shape,
    dtype=space.dtype,
    distribution=inputs['distribution'],
  )
  cloned = cloning.train(store, description, settings, inputs['distribution'])
  told = {'cloned_from': replay.describe(), **cloned.told, 'inputs': inputs}
  with files.writing(folder, OTHER_BASE_DIR):
    native_checkpoint.write(
      os.path.join(folder, checkpoint_files.FOLDER),
      _NUMBER,
      cloned.params,
      manifests.of_game(game, environment)
      | {ENTRY: description._asdict(), 'teacher': told},
    )
  print(
    f'{folder} has a clone of the {replay.describe()}: best after '
    f'{told["updates"]:,} of {told["updates_made"]:,} updates, when its loss '
    f'was {told["held_out_loss"]:.3g} on {told["held_out_steps"]:,} steps that '
    'were held out.'
  )
