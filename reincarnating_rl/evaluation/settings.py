"""Whether runs of one method have the same settings."""

import re
from collections.abc import Sequence

from reincarnating_rl.evaluation.run import Run

# Of gin's operative configuration; values go on in lines that are indented.
_SETTING = re.compile(r'^([\w./@]+) = (.*(?:\n[ \t]+.*)*)', re.MULTILINE)
# What goes with the game.
_MAY_DIFFER = re.compile(
  r'create_\w+_environment\.game_name|JaxDQNAgent\.observation_\w+'
)
_MOST_NAMES = 3


def read(run: Run) -> dict[str, str]:
  """Returns the settings that a run's `lineage.json` names, as gin wrote them.

  Args:
    run: whose.
  """
  told = run.lineage.get('gin')
  return dict(_SETTING.findall(told)) if isinstance(told, str) else {}


def notes_on_differences(runs: Sequence[Run]) -> list[str]:
  """Says where runs that count as one method have different settings.

  Args:
    runs: of all methods. Settings that a run does not name do not differ: it
      may not have come to use them.

  Returns:
    A line for each method whose runs differ.
  """
  notes = []
  for method in dict.fromkeys(r.method for r in runs):
    first: dict[str, tuple[str, str]] = {}
    differences: dict[str, str] = {}
    for run in (r for r in runs if r.method == method):
      for name, value in read(run).items():
        path, other = first.setdefault(name, (run.path, value))
        if value != other and not _MAY_DIFFER.fullmatch(name):
          differences.setdefault(
            name,
            f'{name} is {_plain(other)} in {path} and {_plain(value)} in '
            f'{run.path}',
          )
    if differences:
      shown = list(differences.values())[:_MOST_NAMES]
      more = len(differences) - len(shown)
      tail = f'; and {more} more' if more else ''
      notes.append(
        f'Runs of {method} differ in settings: {"; ".join(shown)}{tail}.'
      )
  return notes


def _plain(value: str) -> str:
  """Returns a value in one line, without gin's line ends."""
  return ' '.join(value.replace('\\\n', ' ').split())
