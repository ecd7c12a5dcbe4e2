"""Logs: runs as lines of one JSON file, small enough to publish.

A line has what reports read of a run, and no path of the machine that ran it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reincarnating_rl.evaluation.finding import LOG_ENDING
from reincarnating_rl.evaluation.run import Run
from reincarnating_rl.support import files, json_file
from reincarnating_rl.support.errors import UserError

_DIGITS = 6
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
  lines = [
    json_file.dumps(
      {
        'method': run.method,
        'summary': _keep(run.summary, _SUMMARY),
        'lineage': _keep(run.lineage, _LINEAGE),
      },
      separators=(',', ':'),
    )
    for run in runs
  ]
  files.write_for_user(path, ('\n'.join(lines) + '\n').encode(), '--log')


def _keep(value: Any, kept: _Kept) -> Any:
  """Returns a value without what is not kept, floats to six digits."""
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
