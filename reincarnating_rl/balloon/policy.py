"""What flies, as a process is told of it, and what a user calls it."""

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from reincarnating_rl.support.errors import UserError

_NAME = re.compile(r'[\w+-][\w.+-]*')


class Policy(NamedTuple):
  """What flies."""

  name: str  # in tables, and of its file
  identity: str  # SHA-256: the same flies the same
  agent: str = 'auto'  # or a name that `create_teacher` takes, or a random walk
  path: str | None = None  # of a student
  number: int | None = None  # of the checkpoint


def split(argument: str) -> tuple[str, str]:
  """Returns the name and the place of what a user names.

  Args:
    argument: a policy's name, a directory or `NAME=DIR`.

  Raises:
    UserError: the name cannot be that of a file.
  """
  name, separator, path = argument.partition('=')
  if not separator or os.path.exists(os.path.expanduser(argument)):
    name, path = os.path.basename(os.path.abspath(argument)), argument
  if not _NAME.fullmatch(name) or not path:
    raise UserError(
      f'{argument!r} does not make a name of letters, digits and . _ + -: '
      'give NAME=DIR.'
    )
  return name, path


def check_names(names: Sequence[str]) -> None:
  """Refuses two policies of one name.

  Raises:
    UserError: there are two.
  """
  for name in names:
    if names.count(name) > 1:
      raise UserError(f'Two policies are called {name}: give NAME=DIR for one.')
