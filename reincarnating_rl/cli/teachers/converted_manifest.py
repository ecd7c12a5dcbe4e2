"""What the manifest of a converted teacher says of it."""

import argparse
import os
import pathlib
from typing import Any

from reincarnating_rl.cli.teachers import identify
from reincarnating_rl.cli.teachers.settings import Settings
from reincarnating_rl.learner.actions import Continuous, as_json
from reincarnating_rl.support import json_file
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.base import GREEDY
from reincarnating_rl.teachers.checkpoints import TeacherCheckpoint
from reincarnating_rl.teachers.description import (
  BOUNDS,
  ENTRY,
  GAME,
  MODULE,
  STATE_SHAPE,
)
from reincarnating_rl.teachers.loaded import LoadedTeacher

# Of what `evaluate` tells, what says how well and how it was measured.
_MEASURED = ('score', 'epsilon', 'seed', 'max_steps_per_episode', 'command')


def about(
  args: argparse.Namespace, chosen: Settings, loaded: LoadedTeacher
) -> dict[str, Any]:
  """Returns what the manifest says of the teacher.

  Args:
    args: of the command.
    chosen: what they say.
    loaded: the teacher.

  Raises:
    UserError: its score cannot be read, or is another's.
  """
  checkpoint, described = loaded.checkpoint, loaded.description
  told = {
    'teacher': {
      'source': args.path,
      'file': os.path.basename(checkpoint.path),
      'sha256': checkpoint.sha256,
      'number': checkpoint.number,
      STATE_SHAPE: list(loaded.candidate.state_shape),
      **identify.provenance(checkpoint),
    }
  }
  if args.score is not None:
    told['teacher']['measured'] = _read_score(args.score, checkpoint)
  if described is not None:
    told[ENTRY] = described._asdict()
  return told | _game(chosen, loaded)


def _game(chosen: Settings, loaded: LoadedTeacher) -> dict[str, Any]:
  """Returns what is known of the game; nothing where nothing is."""
  named, actions = chosen.game, loaded.candidate.actions
  module = named.module if named else chosen.told.module
  told = {
    'name': named.name if named else chosen.told.game,
    'actions': loaded.meanings and list(loaded.meanings),
  }
  if isinstance(actions, Continuous) and loaded.knows_bounds:
    told[BOUNDS] = as_json(actions)
  if all(value is None for value in told.values()):
    return {}
  return {GAME: told | ({MODULE: module} if module is not None else {})}


def _read_score(path: str, checkpoint: TeacherCheckpoint) -> dict[str, Any]:
  """Reads what `evaluate` measured of this checkpoint, and of no other."""
  try:
    told = json_file.read_json(pathlib.Path(path).expanduser())
    is_its_own = told['teacher']['checkpoint_sha256'] == checkpoint.sha256
    measured = {name: told[name] for name in _MEASURED}
    # It was not said while all teachers played greedily.
    measured['acts'] = told.get('acts', GREEDY)
  except (OSError, ValueError, LookupError, TypeError) as error:
    raise UserError(
      f'--score {path} cannot be read: give what evaluate --json wrote.'
    ) from error
  if not is_its_own:
    raise UserError(
      f'--score {path} is of another checkpoint than {checkpoint.path}: '
      'evaluate this one.'
    )
  return measured
