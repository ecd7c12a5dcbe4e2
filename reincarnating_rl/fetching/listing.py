"""Which files of a bucket are a teacher's."""

import difflib
import re
from typing import Literal, NamedTuple

from reincarnating_rl.fetching.errors import (
  FetchError,
  MissingError,
)
from reincarnating_rl.fetching.remote import RemoteFile
from reincarnating_rl.fetching.storage import Bucket

Contents = Literal['all', 'checkpoint', 'replay']

# How Dopamine names what a replay saves of itself, wherever it is.
_REPLAY_FILE = re.compile(r'(^|/)(replay_logs/|[^/]+_ckpt\.\d+\.gz$)')
_MOST_NAMES = 20  # That one message lists.


class BucketTeacher(NamedTuple):
  """A teacher, or all of a game, in a bucket."""

  game: str  # CamelCase, such as MsPacman.
  run: int | None = None  # None for all runs.
  bucket: str = 'rl_checkpoints'  # The official ones.
  prefix: str = 'DQN_400'  # Folder of the games; may be empty.
  contents: Contents = 'all'

  @property
  def parents(self) -> str:
    """The folder of the games, with a slash at its end unless it is empty."""
    prefix = self.prefix.strip('/')
    return f'{prefix}/' if prefix else ''

  @property
  def name(self) -> str:
    """`<game>` or `<game>/<run>`, below the folder of the games."""
    return self.game if self.run is None else f'{self.game}/{self.run}'


def check(wanted: BucketTeacher) -> None:
  """Checks the words that paths are made of.

  Args:
    wanted: as the user wrote it.

  Raises:
    FetchError: one cannot be right.
  """
  if not re.fullmatch(r'[a-z0-9][a-z0-9._-]+[a-z0-9]', wanted.bucket):
    raise FetchError(
      f'There can be no bucket {wanted.bucket!r}: give its name without gs://, '
      'such as rl_checkpoints.'
    )
  if not re.fullmatch(r'\w+', wanted.game, re.ASCII):
    raise FetchError(
      f"There can be no game {wanted.game!r}: names are written like 'Pong' "
      "or 'SpaceInvaders'."
    )


def files(bucket: Bucket, wanted: BucketTeacher) -> list[RemoteFile]:
  """Lists a teacher's files.

  Args:
    bucket: where.
    wanted: what of it.

  Returns:
    One file at least.

  Raises:
    MissingError: there is none; the message has the nearest right name.
    FetchError: the bucket refuses, or does not answer.
  """
  folder = f'{wanted.parents}{wanted.name}/'
  found = bucket.files(folder)
  if not found:
    raise _nothing(bucket, folder)
  chosen = [file for file in found if _is_wanted(file.name, wanted.contents)]
  if not chosen:
    raise MissingError(
      f'{bucket.uri}/{folder} has {len(found)} files and no '
      f'{wanted.contents} among them: fetch all.'
    )
  return chosen


def _is_wanted(name: str, contents: Contents) -> bool:
  is_replay = bool(_REPLAY_FILE.search(name))
  return contents == 'all' or is_replay == (contents == 'replay')


def _nothing(bucket: Bucket, folder: str) -> MissingError:
  """Says which part of a path is the first that does not exist."""
  parent = ''
  for name in folder.rstrip('/').split('/'):
    there = bucket.folders(parent)
    if name not in there:
      return MissingError(
        f'{bucket.uri}/{parent} has no folder {name!r}; {_hint(name, there)}'
      )
    parent += f'{name}/'
  return MissingError(f'{bucket.uri}/{folder} is empty.')


def _hint(name: str, there: list[str]) -> str:
  folded = {other.lower(): other for other in there}
  near = difflib.get_close_matches(name.lower(), folded, n=1)
  if near:
    return f'did you mean {folded[near[0]]!r}?'
  if not there:
    return 'it has none.'
  more = ', …' if len(there) > _MOST_NAMES else ''
  return f'there are {", ".join(there[:_MOST_NAMES])}{more}.'
