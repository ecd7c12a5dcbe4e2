"""The folder that is published: a teacher, its story, its card."""

import os
import pathlib
import shutil
from typing import Any

from reincarnating_rl.evaluation import summary
from reincarnating_rl.evaluation.finding import LINEAGE_FILE
from reincarnating_rl.evaluation.summary import PLOT_FILE
from reincarnating_rl.publishing import card
from reincarnating_rl.publishing.source import Source
from reincarnating_rl.support import files, json_file, privacy
from reincarnating_rl.support.errors import DamagedFileError
from reincarnating_rl.teachers import checkpoint_files, native_checkpoint

CARD_FILE = 'README.md'
VIDEO_FILES = ('replay.mp4', 'replay.gif')  # The hub shows the first.
# Of a checkpoint's manifest: of its files and of a run that goes on.
_OF_FILES = {'format', 'version', 'number', 'files', 'replays', 'state'}
_REMEDY = 'choose another --out'


def write(
  source: Source,
  folder: str,
  repository: str,
  *,
  license_name: str,
  video: str | None,
) -> None:
  """Writes what is published.

  Args:
    source: the run.
    folder: that is there and empty.
    repository: `<owner>/<name>`.
    license_name: of the parameters, as the hub spells it.
    video: path of a video, or None.

  Raises:
    UserError: a file of the run is damaged, or one here cannot be written, or
      would tell a path of this machine.
  """
  told = _without_paths(source)
  with files.writing(folder, _REMEDY):
    _write_checkpoint(told, folder)
    if told.run.lineage:
      path = os.path.join(folder, LINEAGE_FILE)
      json_file.write(path, told.run.lineage, _REMEDY)
    shown = _copy_video(video, folder)
    try:
      if told.run.summary['rows']:
        path = os.path.join(folder, PLOT_FILE)
        summary.plot(told.run.summary, path, title=told.game or '')
      text = card.make(told, repository, license_name=license_name, video=shown)
    except (LookupError, TypeError, ValueError) as error:
      raise DamagedFileError(
        f'{source.directory} has scores that cannot be read '
        f'({type(error).__name__}): copy the run again.'
      ) from error
    path = os.path.join(folder, CARD_FILE)
    files.write_atomically(path, text.encode())
  _check(folder, source.directory)


def _without_paths(source: Source) -> Source:
  run, checkpoint = source.run, source.checkpoint
  return source._replace(
    run=run._replace(
      summary=privacy.without_paths(run.summary),
      lineage=privacy.without_paths(run.lineage),
    ),
    checkpoint=checkpoint._replace(
      metadata=privacy.without_paths(checkpoint.metadata)
    ),
  )


def _write_checkpoint(source: Source, folder: str) -> None:
  """Writes the parameters alone, which make a teacher."""
  checkpoint = source.checkpoint
  about: dict[str, Any] = {
    name: value
    for name, value in checkpoint.metadata.items()
    if name not in _OF_FILES
  }
  native_checkpoint.write(
    os.path.join(folder, checkpoint_files.FOLDER),
    checkpoint.number,
    checkpoint.params,
    about,
  )


def _copy_video(video: str | None, folder: str) -> str | None:
  if video is None:
    return None
  ending = pathlib.Path(video).suffix
  (name,) = (n for n in VIDEO_FILES if n.endswith(ending))
  shutil.copyfile(video, os.path.join(folder, name))
  return name


def _check(folder: str, directory: str) -> None:
  """Looks for paths of this machine in all files of text."""
  for path in sorted(pathlib.Path(folder).rglob('*')):
    if path.suffix in ('.json', '.md'):
      name = path.relative_to(folder).as_posix()
      privacy.check(name, path.read_text(encoding='utf-8'), directory)
