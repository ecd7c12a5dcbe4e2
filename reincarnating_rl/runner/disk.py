"""The folder of a run: claimed at the start, and what is saved if it fails."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator

from reincarnating_rl.evaluation.finding import METRICS_FILE
from reincarnating_rl.runner import cloned_teacher
from reincarnating_rl.runner.progress import Progress
from reincarnating_rl.runner.saving import Saver
from reincarnating_rl.support import claims, files
from reincarnating_rl.support.claims import Claim
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.checkpoint_files import FOLDER

FLAG = '--base_dir'
_ALL = (
  'All that was learnt is in {0}: the same command with --base_dir {0} goes on '
  'from there'
)
_STUDENT = (
  'Only the student could be saved, in {0}: it can be a teacher '
  '(--teacher_checkpoint_dir {0})'
)

Save = Callable[[str], None]
"""Writes into a folder; it may raise `OSError` or `UserError`."""


def claim(base_dir: str) -> Claim:
  """Claims the folder of a run, and shows that all of it can be written.

  Args:
    base_dir: of the run; made if there is none.

  Raises:
    InUseError: another process is at work there.
    UnwritableError: it cannot be written, or a folder in it cannot.
  """
  held = claims.claim(base_dir, FLAG)
  for name in (FOLDER, 'metrics', os.path.dirname(METRICS_FILE)):
    files.check_folder(os.path.join(base_dir, name), FLAG)
  return held


@contextlib.contextmanager
def rescuing(
  saver: Saver, progress: Progress, write_story: Save
) -> Iterator[None]:
  """Saves elsewhere what a run has learnt if its own folder fails.

  Args:
    saver: of its checkpoints.
    progress: where it is; at a safe point whenever a write fails.
    write_story: writes its metrics, its scores and its lineage.

  Raises:
    UnwritableError: the folder has failed; it says what was saved where.
  """
  try:
    yield
  except files.UnwritableError as error:
    told = 'The last checkpoint has all: the same command resumes from it'
    if not progress.is_saved:
      told = _rescue(saver, progress.position.number, write_story)
    raise files.UnwritableError(f'{error} {told}.') from error


def _rescue(saver: Saver, number: int, write_story: Save) -> str:
  """Tries all folders, first with everything; says what was done."""

  def save_run(folder: str) -> None:
    write_story(folder)
    clone = os.path.join(saver.base_dir, cloned_teacher.FOLDER)
    if os.path.isdir(clone):
      shutil.copytree(clone, os.path.join(folder, cloned_teacher.FOLDER))
    saver.save(number, folder)

  def save_student(folder: str) -> None:
    write_story(folder)
    saver.save_student(number, folder)

  # No absolute path: the working folder may be gone.
  name = os.path.basename(os.path.normpath(saver.base_dir)).lstrip('.') or 'run'
  failed = {}
  for save, told in ((save_run, _ALL), (save_student, _STUDENT)):
    for parent in _places():
      try:
        with _new_folder(parent, name) as folder:
          save(folder)
      except (OSError, UserError) as error:
        cause = error.__cause__ or error
        failed[parent] = getattr(cause, 'strerror', None) or str(error)
        continue
      return told.format(folder)
  tried = ', '.join(f'{place} ({why})' for place, why in failed.items())
  return f'What was learnt since the last checkpoint is lost: tried {tried}'


@contextlib.contextmanager
def _new_folder(parent: str, name: str) -> Iterator[str]:
  """Makes a folder, and removes it if it is not filled."""
  folder = tempfile.mkdtemp(prefix=f'{name}-rescued-', dir=parent)
  try:
    yield folder
  except BaseException:
    shutil.rmtree(folder, ignore_errors=True)
    raise


def _places() -> list[str]:
  """Returns the folders to try: for temporary files, home, and this one."""
  places = []
  for find in (tempfile.gettempdir, lambda: os.path.expanduser('~'), os.getcwd):
    with contextlib.suppress(OSError):  # None can be written, or it is gone.
      places.append(os.path.realpath(find()))
  return list(dict.fromkeys(places))
