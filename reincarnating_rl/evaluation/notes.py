"""Notes: what a reader must know about the runs of a report."""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from reincarnating_rl.evaluation import provenance, text
from reincarnating_rl.evaluation.run import Run
from reincarnating_rl.evaluation.scales import Scale

_FEW = 10
_MOST_DIFFERENCES = 3
# A line of gin's operative configuration; indented lines continue its value.
_SETTING = re.compile(r'^([\w./@]+) = (.*(?:\n[ \t]+.*)*)', re.MULTILINE)
# Settings that follow from the game.
_MAY_DIFFER = re.compile(
  r'create_\w+_environment\.game_name|JaxDQNAgent\.observation_\w+'
)


def on_scales(
  runs: Sequence[Run],
  scales: Mapping[str, Scale],
  scale_of: str | None = None,
) -> list[str]:
  """Names the games and the methods that have no teacher of their own.

  Args:
    runs: of the report.
    scales: by game; a game where no teacher was measured has none.
    scale_of: the method whose teachers set the scales; None for all.

  Returns:
    A line for each game without a scale, and one for each method that is
    normalised by the teacher of other runs.
  """
  whose = '' if scale_of is None else f' of {scale_of}'
  notes = [
    f'{game}: no run{whose} has a teacher, so returns are not normalised.'
    for game in sorted({r.game for r in runs} - scales.keys())
  ]
  alone = [r for r in runs if r.teacher is None and r.game in scales]
  notes += [
    f"{game}: {method} has no teacher, so the other runs' teacher sets its "
    'scale.'
    for method, game in dict.fromkeys((r.method, r.game) for r in alone)
  ]
  return notes


def on_plans(runs: Sequence[Run]) -> list[str]:
  """Names the unfinished runs.

  Args:
    runs: of the report.

  Returns:
    A line for each method that has any. It names the run that lacks most.
  """
  notes = []
  for method in dict.fromkeys(r.method for r in runs):
    missing = {
      r.path: sum(r.planned.values()) - len(r.evaluations)
      for r in runs
      if r.method == method and sum(r.planned.values()) > len(r.evaluations)
    }
    if missing:
      path = max(missing, key=missing.__getitem__)
      lack = text.count(missing[path], 'evaluation')
      if len(missing) == 1:
        notes.append(f'{path} is unfinished: it lacks {lack}.')
      else:
        notes.append(
          f'{len(missing)} runs of {method} are unfinished: {path} lacks most, '
          f'{lack}.'
        )
  return notes


def on_settings(runs: Sequence[Run]) -> list[str]:
  """Names the settings that differ between or within runs of one method.

  Args:
    runs: of the report. A setting that a run does not record does not differ:
      gin records a setting only once it is used.

  Returns:
    A line for each method whose runs differ.
  """
  notes = []
  for method in dict.fromkeys(r.method for r in runs):
    differences = _differences([r for r in runs if r.method == method])
    if differences:
      shown = '; '.join(differences[:_MOST_DIFFERENCES])
      more = len(differences) - _MOST_DIFFERENCES
      tail = f'; and {more} more' if more > 0 else ''
      notes.append(f'Settings differ within {method}: {shown}{tail}.')
  return notes


def on_sample_sizes(
  scores: Mapping[str, np.ndarray], games: Sequence[str]
) -> list[str]:
  """Names the methods that have too few runs for good intervals.

  Args:
    scores: by method, [runs, games]; those that are compared.
    games: that are compared.

  Returns:
    A line for each limit of the comparison.
  """
  notes = []

  def add(note: str, methods: list[str]) -> None:
    if methods:
      some = methods != list(scores)
      notes.append(f'{note}: {", ".join(methods)}.' if some else f'{note}.')

  add(
    'One run per game, so no interval can be given',
    [m for m, matrix in scores.items() if len(matrix) == 1],
  )
  add(
    f'Fewer than {_FEW} runs in all games together, so intervals are rough',
    [m for m, x in scores.items() if len(x) > 1 and x.size < _FEW],
  )
  if scores and len(games) == 1:
    notes.append(
      f'Only one game, {games[0]}: aggregates say nothing about other games.'
    )
  if len(scores) == 1:
    notes.append('Only one method: there is nothing to compare it with.')
  return notes


def _differences(runs: Sequence[Run]) -> list[str]:
  """Describes the first difference of each setting that differs."""
  first: dict[str, tuple[str, str]] = {}
  found: dict[str, str] = {}
  for path, name, value in _settings(runs):
    earlier, other = first.setdefault(name, (path, value))
    if value == other or _MAY_DIFFER.fullmatch(name):
      continue
    if earlier == path:
      words = f'{name} changes from {other} to {value} within {path}'
    else:
      words = f'{name} is {other} in {earlier} and {value} in {path}'
    found.setdefault(name, words)
  return list(found.values())


def _settings(runs: Sequence[Run]) -> Iterator[tuple[str, str, str]]:
  """Yields path, name and value of each setting, the value on one line."""
  for run in runs:
    for stretch in provenance.stretches(run.lineage):
      for name, value in _SETTING.findall(stretch.settings):
        yield run.path, name, ' '.join(value.replace('\\\n', ' ').split())
