"""A run that is to be published, as it is read from its folder."""

import os
import pathlib
from typing import Any, NamedTuple

from reincarnating_rl.evaluation import run as runs
from reincarnating_rl.evaluation.finding import SUMMARY_FILE, Found
from reincarnating_rl.evaluation.run import Run
from reincarnating_rl.evaluation.text import count
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.support.json_file import read_json
from reincarnating_rl.teachers import (
  checkpoint_files,
  checkpoints,
  description,
  native_checkpoint,
)
from reincarnating_rl.teachers.checkpoints import TeacherCheckpoint

_EMPTY = {'random': None, 'random_source': '', 'teacher': None, 'rows': []}


class Source(NamedTuple):
  """What a run's folder says of the student that is published.

  Attributes:
    directory: of the run.
    checkpoint: its parameters and its manifest.
    run: what it measured until that checkpoint.
    is_measured: whether the last evaluation is of these parameters.
    game: that it plays; None if nothing says so.
    module: of its maker's, that registers the game; None if there is none.
  """

  directory: str
  checkpoint: TeacherCheckpoint
  run: Run
  is_measured: bool
  game: str | None
  module: str | None


def read(
  path: str | os.PathLike[str],
  number: int | None = None,
  *,
  unfinished: bool = False,
) -> Source:
  """Reads a run.

  Args:
    path: of the run, of its checkpoints, or of one, `ckpt.N.json`.
    number: which checkpoint; None for the newest complete one.
    unfinished: whether a run may have evaluations before it.

  Raises:
    UserError: there is no such run, it has no parameters, it is unfinished,
      or a file is damaged.
  """
  given, named = checkpoint_files.split_number(os.path.expanduser(path))
  _check_is_one_run(given)
  number = named if number is None else number
  checkpoint = checkpoints.load_checkpoint(given, number)
  if checkpoint.metadata.get('format') != native_checkpoint.FORMAT:
    raise UserError(
      f'{checkpoint.path} is of another library: bring it into our format with '
      'python -m reincarnating_rl.teachers convert first.'
    )
  directory = str(checkpoint_files.find_run(given))
  story = _story(directory)
  whole = runs.read(Found(directory, None, story))
  # The files are ahead of the newest checkpoint if the run was killed.
  summary = _record(checkpoint) or story['summary']
  run = runs.read(Found(directory, None, story | {'summary': summary}))
  if not unfinished:
    _check_finished(run if number is None else whole, checkpoint)
  rows = run.summary['rows']
  made = [n for n, row in enumerate(rows) if _is_before(row, checkpoint)]
  return Source(
    directory,
    checkpoint,
    run._replace(
      evaluations=tuple(run.evaluations[n] for n in made),
      summary=run.summary | {'rows': [rows[n] for n in made]},
    ),
    bool(made) and rows[made[-1]].get('iteration') == _number(checkpoint),
    _game(run, checkpoint),
    description.module_of_game(checkpoint.metadata),
  )


def _check_is_one_run(path: str) -> None:
  """Refuses a folder of several runs, as of many seeds."""
  if not os.path.isdir(path) or checkpoint_files.has_any(
    checkpoint_files.find_folder(path), 'ckpt'
  ):
    return
  inner = [
    name
    for name in sorted(os.listdir(path))
    if os.path.isdir(os.path.join(path, name, checkpoint_files.FOLDER))
  ]
  if inner:
    raise UserError(
      f'{path} holds {count(len(inner), "run")}: name one, such as '
      f'{os.path.join(path, inner[0])}.'
    )


def _story(directory: str) -> dict[str, Any]:
  """Reads scores and lineage; a converted teacher has scores in the latter."""
  lineage = checkpoints.read_lineage(directory) or {}
  path = pathlib.Path(directory, SUMMARY_FILE)
  summary = read_json(path) if path.is_file() else lineage.get('scores')
  if not isinstance(summary, dict):
    summary = {}
  return {'summary': _EMPTY | summary, 'lineage': lineage}


def _record(checkpoint: TeacherCheckpoint) -> dict[str, Any] | None:
  """Returns what a run had measured when it wrote a checkpoint, if known."""
  state = checkpoint.metadata.get('state')
  record = state.get('record') if isinstance(state, dict) else None
  return _EMPTY | record if isinstance(record, dict) else None


def _check_finished(run: Run, checkpoint: TeacherCheckpoint) -> None:
  if 'state' not in checkpoint.metadata:
    return  # A teacher that was converted is whole.
  planned, made = sum(run.planned.values()), len(run.evaluations)
  if made < planned:
    raise UserError(
      f'{run.path} is unfinished: it lacks {planned - made} of '
      f'{count(planned, "evaluation")}. Resume it, or publish it as it is with '
      '--unfinished.'
    )


def _number(checkpoint: TeacherCheckpoint) -> int | None:
  """Returns the iteration that a checkpoint is of, in its own run."""
  told = checkpoint.metadata.get('teacher')
  if isinstance(told, dict) and 'number' in told:
    return told['number']
  return checkpoint.number


def _is_before(row: dict[str, Any], checkpoint: TeacherCheckpoint) -> bool:
  """Whether an evaluation was made before a checkpoint, or of it."""
  iteration, number = row.get('iteration'), _number(checkpoint)
  if not isinstance(iteration, int) or not isinstance(number, int):
    return True
  return iteration <= number


def _game(run: Run, checkpoint: TeacherCheckpoint) -> str | None:
  told = description.trained_on(checkpoint.metadata)
  return told or (run.game if run.lineage.get('game') else None)
