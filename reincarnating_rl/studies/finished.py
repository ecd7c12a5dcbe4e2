"""`finished.json` says that a run is done, and by which flags."""

import pathlib
import shlex
from collections.abc import Sequence

from reincarnating_rl.support import json_file
from reincarnating_rl.support.errors import DamagedFileError, UserError

NAME = 'finished.json'


def is_done(directory: pathlib.Path, flags: Sequence[str]) -> bool:
  """Returns whether a run was finished before.

  Args:
    directory: of the run.
    flags: of the run that is wanted.

  Raises:
    UserError: the directory holds a finished run with other flags, or what says
      so is damaged.
  """
  path = directory / NAME
  if not path.exists():
    return False
  told = json_file.read_json(path).get('flags')
  if not isinstance(told, list) or not all(isinstance(f, str) for f in told):
    raise DamagedFileError(
      f'{path} names no flags: remove it, and the run will be resumed.'
    )
  if told != list(flags):
    raise UserError(
      f'{path.parent} holds a run with other settings '
      f'({ascii(shlex.join(told))[1:-1]}): choose another --out, or restore '
      'those settings.'
    )
  return True


def write(
  directory: pathlib.Path, flags: Sequence[str], command: Sequence[str]
) -> None:
  """Says that a run is done.

  Raises:
    UnwritableError: the file cannot be written.
  """
  told = {'flags': list(flags), 'command': list(command)}
  json_file.write(directory / NAME, told, 'choose another --out')
