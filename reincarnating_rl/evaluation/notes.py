"""Notes: what a reader must know about the runs of a report."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

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
  r'(.*/)?(create_\w+_environment\.game_name|JaxDQNAgent\.observation_\w+)'
)
# What makes two games of one name another task, or another teacher of one.
_ACTS = 'teacher.acts'
_OF_GAME = re.compile(rf'(.*/)?create_\w+_environment\.\w+|{_ACTS}')


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
    found = _differences([r for r in runs if r.method == method])
    told = [words for name, words in found.items() if name != _ACTS]
    if told:
      notes.append(f'Settings differ within {method}: {_shown(told)}.')
  return notes


def on_games(runs: Sequence[Run], measuring: Sequence[Run]) -> list[str]:
  """Names the games that are not the same in all runs, or whose teacher is not.

  Args:
    runs: of the report.
    measuring: those whose teachers set the scales.

  Returns:
    A line for each game whose settings, or whose teacher's play, differ.
  """
  notes = []
  for game in sorted({r.game for r in runs}):
    found = _differences([r for r in runs if r.game == game], of_game)
    if found:
      pooled = _differences(
        [r for r in measuring if r.game == game and r.teacher], of_game
      )
      tail = ' Their teachers set one scale all the same.' if pooled else ''
      told = _shown(list(found.values()))
      notes.append(f'{game} is not the same in all runs: {told}.{tail}')
  return notes


def of_game(name: str) -> bool:
  """Returns whether a setting says what a game is, or how its teacher acts."""
  return bool(_OF_GAME.fullmatch(name)) and not _MAY_DIFFER.fullmatch(name)


def told_apart(runs: Sequence[Run]) -> set[str]:
  """Returns the names of the settings that differ within a method."""
  return {
    name
    for method in {r.method for r in runs}
    for name in _differences([r for r in runs if r.method == method])
  }


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


def _shown(told: Sequence[str]) -> str:
  more = len(told) - _MOST_DIFFERENCES
  tail = f'; and {more} more' if more > 0 else ''
  return '; '.join(told[:_MOST_DIFFERENCES]) + tail


def _differences(
  runs: Sequence[Run], counts: Callable[[str], bool] = lambda name: True
) -> dict[str, str]:
  """Describes the first difference of each setting that differs and counts."""
  first: dict[str, tuple[str, str]] = {}
  found: dict[str, str] = {}
  for run in runs:
    for name, value in settings(run):
      earlier, other = first.setdefault(name, (run.path, value))
      if value == other or _MAY_DIFFER.fullmatch(name) or not counts(name):
        continue
      if earlier == run.path:
        words = f'{name} changes from {other} to {value} within {earlier}'
      else:
        words = f'{name} is {other} in {earlier} and {value} in {run.path}'
      found.setdefault(name, words)
  return found


def settings(run: Run) -> Iterator[tuple[str, str]]:
  """Yields name and value of each setting of a run, the value on one line.

  A log has those that `logs` has kept. How the teacher acts is one.
  """
  told = [s.settings for s in provenance.stretches(run.lineage)]
  for text_of_gin in (*told, str(run.lineage.get('settings') or '')):
    for name, value in _SETTING.findall(text_of_gin):
      yield name, ' '.join(value.replace('\\\n', ' ').split())
  teacher = run.lineage.get('teacher')
  if isinstance(teacher, dict) and teacher.get('acts'):
    yield _ACTS, str(teacher['acts'])
