"""Finds runs, in their directories or in logs, and the method of each."""

import json
import os
import pathlib
import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
  UserError,
)

SUMMARY_FILE = 'summary.json'
LINEAGE_FILE = 'lineage.json'
METRICS_FILE = os.path.join('metrics', 'jsonl', 'metrics.jsonl')
LOG_ENDING = '.jsonl'
_SEEDS = re.compile(r'seeds_\d+_to_\d+')
_MARKS = (SUMMARY_FILE, LINEAGE_FILE, METRICS_FILE)


class Found(NamedTuple):
  """A run's place, and the method's name if the user gave one."""

  path: str
  label: str | None
  line: Mapping[str, Any] = types.MappingProxyType({})  # of a log; else empty


def find(arguments: Sequence[str]) -> tuple[Found, ...]:
  """Finds the runs in directories.

  Args:
    arguments: directories that are runs or hold runs at any depth, and logs.
      `LABEL=DIR` makes LABEL the method of every run in DIR. If a directory
      holds `METHOD/GAME/SEED`, or `METHOD/GAME/seeds_A_to_B/SEED`, METHOD is
      the method. A log has its own.

  Returns:
    The runs, in the order of the arguments and sorted within each.

  Raises:
    MissingFileError: a directory is missing or holds no run.
    DamagedFileError: a log has a line that is no run.
    UserError: a run is given twice, by different labels.
  """
  return check_labels(
    found for argument in arguments for found in find_below(*split(argument))
  )


def check_labels(places: Iterable[Found]) -> tuple[Found, ...]:
  """Returns each place once.

  Args:
    places: that were found.

  Raises:
    UserError: a run is given twice, by different labels.
  """
  labels: dict[str, Found] = {}
  for found in places:
    path = os.path.realpath(found.path)
    if labels.setdefault(path, found).label != found.label:
      raise UserError(
        f'{found.path} is given twice, as {labels[path].label!r} and as '
        f'{found.label!r}: give it once.'
      )
  return tuple(labels.values())


def split(argument: str) -> tuple[str | None, str]:
  """Splits a user's argument into label and path.

  Args:
    argument: PATH or LABEL=PATH. A path that exists is no label.

  Returns:
    The label, or None, and the path.

  Raises:
    UserError: one of both is empty.
  """
  label, separator, path = argument.partition('=')
  if not separator or os.path.exists(os.path.expanduser(argument)):
    return None, os.path.expanduser(argument)
  if not label or not path:
    raise UserError(f'{argument!r} is neither a directory nor LABEL=DIR.')
  return label, os.path.expanduser(path)


def find_below(label: str | None, root: str) -> list[Found]:
  """Finds the runs in one directory or log.

  Args:
    label: the method of all; None for what the directory or the log says.
    root: the directory, or the log.

  Raises:
    MissingFileError, DamagedFileError: see `find`.
  """
  if root.endswith(LOG_ENDING) and os.path.isfile(root):
    return list(_of_log(label, root))
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


def _of_log(label: str | None, path: str) -> Iterator[Found]:
  lines = pathlib.Path(path).read_bytes().splitlines()
  if not lines:
    raise DamagedFileError(
      f'{path} holds no run: make the log again, with report --log.'
    )
  for i, text in enumerate(lines):
    place = f'{path}:{i + 1}'
    line = _line(text)
    if line is None:
      raise DamagedFileError(
        f'{place} is no run of a log: make the log again, with report --log.'
      )
    yield Found(place, label or line['method'], line)


def _line(text: bytes) -> dict[str, Any] | None:
  """Returns a line of a log, or None if it is none."""
  try:
    line = json.loads(text)
  except (ValueError, RecursionError):
    return None
  kinds = {'method': str, 'summary': dict, 'lineage': dict}
  is_line = isinstance(line, dict) and all(
    isinstance(line.get(name), kind) for name, kind in kinds.items()
  )
  return line if is_line else None


def _walk(root: str) -> Iterator[str]:
  """Yields the runs below a directory; a run holds no other runs."""
  for path, folders, _ in os.walk(root):
    folders.sort()
    if any(os.path.isfile(os.path.join(path, mark)) for mark in _MARKS):
      folders.clear()
      yield path


def _method_of(relative: str) -> str | None:
  # The seeds of one program have a folder more; see `studies.plan`.
  parts = [p for p in relative.split(os.sep) if not _SEEDS.fullmatch(p)]
  return parts[0] if len(parts) == 3 else None
