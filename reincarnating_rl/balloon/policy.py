"""A policy as worker processes receive it, and its name."""

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from reincarnating_rl.support.errors import UserError

_NAME = re.compile(r'[\w+-][\w.+-]*')


class Policy(NamedTuple):
  """A policy that flies."""

  name: str  # in tables, and of its file
  identity: str  # SHA-256, and how it acts: equal ones fly alike
  agent: str = 'auto'  # or a name that `create_teacher` takes, or a random walk
  path: str | None = None  # of a student
  number: int | None = None  # of the checkpoint


def split(argument: str) -> tuple[str, str]:
  """Splits a user's argument into name and place.

  Args:
    argument: a policy's name, a directory or `NAME=DIR`.

  Raises:
    UserError: the name cannot be a file's name.
  """
  name, separator, path = argument.partition('=')
  if not separator or os.path.exists(os.path.expanduser(argument)):
    name, path = os.path.basename(os.path.abspath(argument)), argument
  if not _NAME.fullmatch(name) or not path:
    raise UserError(
      f'{argument!r} has no name of letters, digits and . _ + -: give NAME=DIR.'
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
