"""`finished.json` says that a run is done, and by which flags and teacher."""

import os
import pathlib
import shlex
from collections.abc import Sequence
from typing import Any

from reincarnating_rl.support import json_file
from reincarnating_rl.support.errors import DamagedFileError, UserError

NAME = 'finished.json'


def is_done(
  directory: pathlib.Path, flags: Sequence[str], command: Sequence[str]
) -> bool:
  """Returns whether a run was finished before.

  Args:
    directory: of the run.
    flags: of the run that is wanted.
    command: of the run that is wanted; it names a teacher that was trained.

  Raises:
    UserError: the directory holds a finished run with other flags or of another
      teacher, or what says so is damaged.
  """
  path = directory / NAME
  if not path.exists():
    return False
  data = json_file.read_json(path)
  told, run = (_words(path, data, name) for name in ('flags', 'command'))
  if told != list(flags):
    raise UserError(
      f'{directory} holds a run with other settings '
      f'({ascii(shlex.join(told))[1:-1]}): choose another --out, or restore '
      'those settings.'
    )
  former, wanted = (_teacher(directory, each) for each in (run, command))
  if former != wanted:
    raise UserError(
      f'{directory} holds a run with {former}, and with {wanted} it would be '
      'another: choose another --out, or restore that teacher.'
    )
  return True


def _words(path: pathlib.Path, data: dict[str, Any], name: str) -> list[str]:
  words = data.get(name)
  if not isinstance(words, list) or not all(isinstance(w, str) for w in words):
    raise DamagedFileError(
      f'{path} names no {name}: remove it, and the run will be resumed.'
    )
  return words


def _teacher(directory: pathlib.Path, command: Sequence[str]) -> str:
  """Returns in words which run of the study teaches.

  What says so follows `--base_dir`; flags name a teacher that existed before.
  Its place is told from the run's, so that a study may be moved.
  """
  base, told = None, {}
  for name, _, value in (word.partition('=') for word in command):
    if name == '--base_dir':
      base = value
    elif base is not None:
      told[name] = value
  place = told.get('--teacher_checkpoint_dir')
  if not place:
    return 'no teacher'
  place = os.path.normpath(directory / os.path.relpath(place, base))
  number = told.get('--teacher_checkpoint_number')
  told_number = f' of number {number}' if number else ''
  return ascii(f'teacher {place}{told_number}')[1:-1]


def write(
  directory: pathlib.Path, flags: Sequence[str], command: Sequence[str]
) -> None:
  """Says that a run is done.

  Raises:
    UnwritableError: the file cannot be written.
  """
  told = {'flags': list(flags), 'command': list(command)}
  json_file.write(directory / NAME, told, 'choose another --out')
