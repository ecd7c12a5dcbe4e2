"""Replays on disk, of any supported format, that can fill a store."""

import os
import pathlib

from reincarnating_rl.importers import legacy_files
from reincarnating_rl.importers.replay_kinds import KINDS as KINDS
from reincarnating_rl.importers.replay_kinds import (
  ExternalReplay as ExternalReplay,
)
from reincarnating_rl.support.errors import (
  MissingFileError,
  UserError,
  incomplete_replay,
)


def find(directory: str | os.PathLike[str]) -> list[ExternalReplay]:
  """Lists the replays of a directory.

  Args:
    directory: a run, ours or Dopamine's, or a folder of its replays; a file
      of data, or a folder with such.

  Returns:
    Ordered by kind, then folder, then number. Some may lack files; a run that
    was copied without its steps has no replay.

  Raises:
    MissingFileError: the directory does not exist.
  """
  return [replay for replay in _find(directory) if not _is_left_out(replay)]


def _is_left_out(replay: ExternalReplay) -> bool:
  return replay.kind == 'run' and replay.files.is_left_out


def _find(directory: str | os.PathLike[str]) -> list[ExternalReplay]:
  root = pathlib.Path(directory).expanduser()
  if not root.exists():
    raise MissingFileError(f'There is no directory {root}: check its name.')
  return [
    ExternalReplay(name, files)
    for name, kind in KINDS.items()
    if kind.is_data or root.is_dir()
    for files in kind.find(str(root))
  ]


def choose(
  directory: str | os.PathLike[str], number: int | None = None
) -> ExternalReplay:
  """Chooses the newest whole replay of the first kind and folder with any.

  Among legacy replays, chooses the newest full one (`legacy_files.choose`).

  Args:
    directory: as in `find`.
    number: number of the replay; None for the newest.

  Returns:
    One of the replays of `find`; it names those that were passed over for it
    because they lack files.

  Raises:
    MissingFileError: the directory, the replay or one of its files does not
      exist.
    UserError: there are several legacy replays or files of data, and none can
      be preferred.
    DamagedFileError: a replay that had to be inspected is damaged.
  """
  return _choose(_find(directory), directory, number)


def _choose(
  found: list[ExternalReplay],
  directory: str | os.PathLike[str],
  number: int | None,
) -> ExternalReplay:
  if not found:
    kinds = ', '.join(kind.description for kind in KINDS.values())
    raise MissingFileError(
      f'There is no replay in {directory}: give a folder with a replay {kinds}.'
    )
  if len(found) > 1 and all(replay.is_data for replay in found):
    listed = ', '.join(os.path.basename(replay.folder) for replay in found)
    raise UserError(
      f'{directory} has several files of data, {listed}: name one of them.'
    )
  wanted = [replay for replay in found if number in (None, replay.number)]
  if not wanted:
    listed = ', '.join(str(replay.number) for replay in found)
    raise MissingFileError(
      f'There is no replay {number} in {directory}; there are: {listed}.'
    )
  whole = [replay for replay in wanted if not replay.missing]
  if not whole:
    raise incomplete_replay(wanted[-1].missing)
  of_first = [replay for replay in whole if replay.place == whole[0].place]
  chosen = of_first[-1]
  if chosen.kind == 'legacy':
    files = legacy_files.choose([replay.files for replay in of_first])
    chosen = ExternalReplay('legacy', files)
  return chosen._replace(
    passed_over=tuple(
      replay
      for replay in wanted
      if replay.missing
      and (
        replay.number > chosen.number
        if replay.place == chosen.place
        else wanted.index(replay) < wanted.index(whole[0])
      )
    )
  )


def beside(
  teacher: str | os.PathLike[str], number: int | None = None
) -> ExternalReplay | None:
  """Finds the replay that lies beside a teacher's checkpoints.

  Args:
    teacher: its directory. Any other path has no replay.
    number: number of the teacher's checkpoint; the replay of this number is
      preferred.

  Returns:
    See `choose`; None if there is none.

  Raises:
    MissingFileError: all that there are lack files.
    UserError: there are several legacy replays, and none can be preferred.
    DamagedFileError: a replay that had to be inspected is damaged.
  """
  found = find(teacher) if pathlib.Path(teacher).is_dir() else []
  if not found:
    return None
  has_number = any(replay.number == number for replay in found)
  return _choose(found, teacher, number if has_number else None)
