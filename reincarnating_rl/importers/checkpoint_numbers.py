"""Where a run keeps what it saves at each iteration."""

import os
import pathlib
import re
from collections.abc import Iterator


def numbered(
  directory: str | os.PathLike[str], name: re.Pattern[str]
) -> Iterator[tuple[str, int]]:
  """Lists what has numbers in a run.

  Args:
    directory: a run, or its `checkpoints/`.
    name: matches the whole names; its first group is the number.

  Yields:
    Folder and number, of those in the directory itself and in its
    `checkpoints/`; in each of them ascending by number.
  """
  root = pathlib.Path(directory).expanduser()
  for folder in (root, root / 'checkpoints'):
    names = os.listdir(folder) if folder.is_dir() else []
    numbers = (int(m[1]) for m in map(name.fullmatch, names) if m)
    for number in sorted(numbers):
      yield str(folder), number
