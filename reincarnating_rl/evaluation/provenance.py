"""Where a run comes from: its ancestors, and the processes that trained it.

Both are read from `lineage.json`. No field is required, and any field may hold
anything, because older runs recorded less.
"""

from typing import Any, NamedTuple

_MOST_GENERATIONS = 20
_COUNTERS = {
  'teacher_steps': 'steps of teacher data',
  'pretraining_updates': 'offline updates',
  'training_steps': 'online steps',
  'online_updates': 'online updates',
}


class Ancestor(NamedTuple):
  """A policy: its title, and facts about how it was made."""

  title: str
  facts: tuple[str, ...]


class Stretch(NamedTuple):
  """A part of a run that one process trained.

  Attributes:
    start: where the process took over, in words; empty at the run's start.
    command: that started the process; empty if it was not recorded.
    versions: of packages, and the backend; empty if they were not recorded.
    settings: gin's operative configuration; empty if it was not recorded.
  """

  start: str
  command: str
  versions: str
  settings: str


def ancestors(lineage: dict[str, Any]) -> tuple[Ancestor, ...]:
  """Lists the policies that a run's student comes from.

  Args:
    lineage: what `lineage.json` holds.

  Returns:
    The student, its teacher, the teacher's teacher, and so on.
  """
  line = [_student(lineage)]
  run: Any = lineage
  while len(line) < _MOST_GENERATIONS:
    teacher = run.get('teacher')
    if not isinstance(teacher, dict):
      break
    run = teacher.get('parent')
    line.append(_teacher(teacher, run))
    if not isinstance(run, dict):
      break
  return tuple(line)


def stretches(lineage: dict[str, Any]) -> tuple[Stretch, ...]:
  """Lists the processes that trained a run, the first one first.

  Args:
    lineage: what `lineage.json` holds. Older runs have no `stretches` in it:
      what they say of the whole run counts as one stretch.

  Returns:
    At least one stretch.
  """
  recorded = lineage.get('stretches')
  if isinstance(recorded, list):
    parts = [part for part in recorded if isinstance(part, dict)]
    if parts:
      return tuple(_stretch(part, _place(part.get('from'))) for part in parts)
  started = lineage.get('started_as')
  command = started.get('command') if isinstance(started, dict) else None
  return (_stretch(lineage | {'command': command}, ''),)


def _stretch(part: dict[str, Any], start: str) -> Stretch:
  return Stretch(
    start=start,
    command=str(part.get('command') or ''),
    versions=_versions(part),
    settings=str(part.get('gin') or ''),
  )


def _place(counters: Any) -> str:
  """Says where in a run a process took over."""
  if not isinstance(counters, dict):
    return 'a point that was not recorded'
  words = []
  for name, value in counters.items():
    if name in _COUNTERS and isinstance(value, int):
      words += [f'{value:,} {_COUNTERS[name]}'] if value else []
    elif isinstance(value, str | int | float):
      words.append(f'{name.replace("_", " ")} {value}')
  return ', '.join(words)


def _versions(part: dict[str, Any]) -> str:
  versions = part.get('versions')
  if not isinstance(versions, dict):
    return ''
  words = [f'{name} {version}' for name, version in versions.items() if version]
  if part.get('python'):
    words.append(f'python {part["python"]}')
  if part.get('backend'):
    words.append(f'on {part["backend"]}')
  return ', '.join(words)


def _student(lineage: dict[str, Any]) -> Ancestor:
  started = lineage.get('started_as')
  name = started.get('agent') if isinstance(started, dict) else None
  words = (
    name or lineage.get('agent'),
    lineage.get('game'),
    f'seed {lineage["seed"]}' if 'seed' in lineage else None,
  )
  title = ', '.join(str(word) for word in words if word)
  return Ancestor(title or 'student', tuple(_spent(lineage)))


def _teacher(teacher: dict[str, Any], run: Any) -> Ancestor:
  """Describes a teacher, and the run that trained it if that is known."""
  words = [teacher.get('agent') or 'unknown', teacher.get('network')]
  facts = []
  if teacher.get('checkpoint'):
    facts.append(f'checkpoint {teacher["checkpoint"]}')
  if teacher.get('fingerprint'):
    facts.append(f'fingerprint {str(teacher["fingerprint"])[:16]}')
  if teacher.get('temperature') is not None:
    facts.append(f'temperature {teacher["temperature"]}')
  if isinstance(run, dict):
    facts.append(f'trained in a run of {_student(run).title}')
    facts += _spent(run)
  elif isinstance(teacher.get('described_as'), dict):
    facts += _described(teacher['described_as'].get('training'))
  return Ancestor(', '.join(str(word) for word in words if word), tuple(facts))


def _described(training: Any) -> list[str]:
  """Returns what a checkpoint's manifest says about its training."""
  if not isinstance(training, dict):
    return []
  return [
    f'{name.replace("_", " ")} {training[name]}'
    for name in ('algorithm', 'from', 'agent_steps', 'frames')
    if isinstance(training.get(name), str | int | float)
  ]


def _spent(lineage: dict[str, Any]) -> list[str]:
  spent = lineage.get('spent')
  if not isinstance(spent, dict):
    return []
  return [
    f'{spent[name]:,} {what}'
    for name, what in _COUNTERS.items()
    if isinstance(spent.get(name), int) and spent[name]
  ]
