"""Lists a teacher's files in a bucket."""

import re
from typing import Literal, NamedTuple

from reincarnating_rl.fetching.errors import FetchError, MissingError
from reincarnating_rl.fetching.remote import RemoteFile
from reincarnating_rl.fetching.storage import Bucket
from reincarnating_rl.support.errors import nearest

Contents = Literal['all', 'checkpoint', 'replay']

# Dopamine's names for the files of a replay.
_REPLAY_FILE = re.compile(r'(^|/)(replay_logs/|[^/]+_ckpt\.\d+\.gz$)')
_MOST_NAMES = 20  # Names in one message.


class BucketTeacher(NamedTuple):
  """A teacher, or all teachers of a game, in a bucket."""

  game: str  # CamelCase, such as MsPacman.
  run: int | None = None  # None for all runs.
  bucket: str = 'rl_checkpoints'  # The official ones.
  prefix: str = 'DQN_400'  # Folder of the games; may be empty.
  contents: Contents = 'all'

  @property
  def parents(self) -> str:
    """Folder of the games, with a trailing slash unless it is empty."""
    prefix = self.prefix.strip('/')
    return f'{prefix}/' if prefix else ''

  @property
  def name(self) -> str:
    """`<game>` or `<game>/<run>`, relative to the folder of the games."""
    return self.game if self.run is None else f'{self.game}/{self.run}'


def check(wanted: BucketTeacher) -> None:
  """Checks the parts of the path.

  Args:
    wanted: as the user wrote it.

  Raises:
    FetchError: a part is malformed.
  """
  if not re.fullmatch(r'[a-z0-9][a-z0-9._-]+[a-z0-9]', wanted.bucket):
    raise FetchError(
      f'{wanted.bucket!r} is not a bucket: give its name without gs://, such '
      'as rl_checkpoints.'
    )
  if not re.fullmatch(r'\w+', wanted.game, re.ASCII):
    raise FetchError(
      f"{wanted.game!r} is not a game: write its name like 'Pong' or "
      "'SpaceInvaders'."
    )


def files(bucket: Bucket, wanted: BucketTeacher) -> list[RemoteFile]:
  """Lists a teacher's files.

  Args:
    bucket: holds the teacher.
    wanted: the teacher and the kind of files.

  Returns:
    At least one file.

  Raises:
    MissingError: there is no such file; the message suggests similar names.
    FetchError: the bucket refuses, or does not answer.
  """
  folder = f'{wanted.parents}{wanted.name}/'
  found = bucket.files(folder)
  if not found:
    raise _nothing(bucket, folder)
  chosen = [file for file in found if _is_wanted(file.name, wanted.contents)]
  if not chosen:
    raise MissingError(
      f'{bucket.uri}/{folder} has {len(found)} files, but no '
      f'{wanted.contents}: fetch all files.'
    )
  return chosen


def _is_wanted(name: str, contents: Contents) -> bool:
  is_replay = bool(_REPLAY_FILE.search(name))
  return contents == 'all' or is_replay == (contents == 'replay')


def _nothing(bucket: Bucket, folder: str) -> MissingError:
  """Returns an error that names the first missing part of a path."""
  parent = ''
  for name in folder.rstrip('/').split('/'):
    there = bucket.folders(parent)
    if name not in there:
      return MissingError(
        f'{bucket.uri}/{parent} has no folder {name!r}; {_hint(name, there)}'
      )
    parent += f'{name}/'
  return MissingError(f'{bucket.uri}/{folder} is empty: choose another folder.')


def _hint(name: str, there: list[str]) -> str:
  if near := nearest(name, there):
    return f'did you mean {near!r}?'
  if not there:
    return 'it has none.'
  more = ', …' if len(there) > _MOST_NAMES else ''
  return f'there are {", ".join(there[:_MOST_NAMES])}{more}.'
