"""Logs: runs as lines of one JSON file, small enough to publish.

A line has what reports read of a run, and no path of the machine that ran it.
Of the settings it has those of the game, and those that tell the runs apart:
notes are made of them.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from reincarnating_rl.evaluation import notes
from reincarnating_rl.evaluation.finding import LOG_ENDING
from reincarnating_rl.evaluation.run import Run
from reincarnating_rl.support import files, json_file
from reincarnating_rl.support.errors import UserError

_DIGITS = 10
# What is kept of an object: names, with what is kept of their values in turn.
_Kept = Mapping[str, Any]
_ALL: _Kept = {}
_SUMMARY: _Kept = {
  'random': _ALL,
  'random_source': _ALL,
  'teacher': _ALL,
  'rows': _ALL,
  'seconds': _ALL,
}
_TEACHER: _Kept = {
  name: _ALL
  for name in ('agent', 'network', 'fingerprint', 'temperature', 'trained_on')
}
_LINEAGE: _Kept = {
  'agent': _ALL,
  'game': _ALL,
  'seed': _ALL,
  'planned': _ALL,
  'spent': _ALL,
  'started_as': {'agent': _ALL},
  'teacher': _TEACHER,
}


def write(runs: Sequence[Run], path: str) -> None:
  """Writes a log; `finding.find` takes it for the directories of the runs.

  Args:
    runs: what is written.
    path: of the log. It ends in `.jsonl`.

  Raises:
    UserError: the path ends otherwise, or cannot be written.
  """
  if not path.endswith(LOG_ENDING):
    raise UserError(f'{path} is no name of a log: let it end in {LOG_ENDING}.')
  apart = notes.told_apart(runs)
  lines = [
    json_file.dumps(
      {
        'method': run.method,
        'summary': _keep(run.summary, _SUMMARY),
        'lineage': _keep(run.lineage, _LINEAGE)
        | {'game': run.game, 'settings': _settings(run, apart)},
      },
      separators=(',', ':'),
    )
    for run in runs
  ]
  files.write_for_user(path, ('\n'.join(lines) + '\n').encode(), '--log')


def _settings(run: Run, apart: Collection[str]) -> str:
  """Returns what is kept of a run's settings, each once, as gin writes them."""
  kept = dict.fromkeys(
    f'{name} = {value}'
    for name, value in notes.settings(run)
    # A value with a slash may be a path.
    if (name in apart or notes.of_game(name)) and '/' not in value
  )
  return '\n'.join(kept)


def _keep(value: Any, kept: _Kept) -> Any:
  """Returns a value without what is not kept, floats to ten digits."""
  if isinstance(value, dict):
    return {
      name: _keep(x, kept.get(name, _ALL))
      for name, x in value.items()
      if not kept or name in kept
    }
  if isinstance(value, list):
    return [_keep(x, _ALL) for x in value]
  if isinstance(value, float):
    return float(f'{value:.{_DIGITS}g}')
  return value
