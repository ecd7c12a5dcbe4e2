"""Finds the directories of runs, and the method of each."""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reincarnating_rl.support.errors import MissingFileError, UserError

SUMMARY_FILE = 'summary.json'
LINEAGE_FILE = 'lineage.json'
METRICS_FILE = os.path.join('metrics', 'jsonl', 'metrics.jsonl')
_MARKS = (SUMMARY_FILE, LINEAGE_FILE, METRICS_FILE)


class Found(NamedTuple):
  """The directory of a run, and the method's name if the user gave one."""

  path: str
  label: str | None


def find(arguments: Sequence[str]) -> tuple[Found, ...]:
  """Finds the runs in directories.

  Args:
    arguments: directories that are runs or hold runs at any depth. `LABEL=DIR`
      makes LABEL the method of every run in DIR. If a directory holds
      `METHOD/GAME/SEED`, METHOD is the method.

  Returns:
    The runs, in the order of the arguments and sorted within each.

  Raises:
    MissingFileError: a directory is missing or holds no run.
    UserError: a run is given twice, by different labels.
  """
  labels: dict[str, Found] = {}
  for argument in arguments:
    for found in _find_below(*_split(argument)):
      path = os.path.realpath(found.path)
      if labels.setdefault(path, found).label != found.label:
        raise UserError(
          f'{found.path} is given twice, as {labels[path].label!r} and as '
          f'{found.label!r}: give it once.'
        )
  return tuple(labels.values())


def _split(argument: str) -> tuple[str | None, str]:
  label, separator, path = argument.partition('=')
  if not separator or os.path.exists(os.path.expanduser(argument)):
    return None, os.path.expanduser(argument)
  if not label or not path:
    raise UserError(f'{argument!r} is neither a directory nor LABEL=DIR.')
  return label, os.path.expanduser(path)


def _find_below(label: str | None, root: str) -> list[Found]:
  if not os.path.isdir(root):
    what = 'is no directory' if os.path.exists(root) else 'does not exist'
    raise MissingFileError(f'{root} {what}: name the --base_dir of a run.')
  runs = [
    Found(path, label or _method_of(os.path.relpath(path, root)))
    for path in _walk(root)
  ]
  if not runs:
    raise MissingFileError(
      f'{root} holds no run: a run has a {SUMMARY_FILE} in its --base_dir.'
    )
  return runs


def _walk(root: str) -> Iterator[str]:
  """Yields the runs below a directory; a run holds no other runs."""
  for path, folders, _ in os.walk(root):
    folders.sort()
    if any(os.path.isfile(os.path.join(path, mark)) for mark in _MARKS):
      folders.clear()
      yield path


def _method_of(relative: str) -> str | None:
  parts = relative.split(os.sep)
  return parts[0] if len(parts) == 3 else None
