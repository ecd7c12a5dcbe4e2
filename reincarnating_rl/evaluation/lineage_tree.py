"""The ancestors of a student, as its `lineage.json` names them."""

from typing import Any, NamedTuple

_MOST_GENERATIONS = 20


class Ancestor(NamedTuple):
  """One policy: a line on what it is, and lines on how it came to be."""

  title: str
  facts: tuple[str, ...]


def ancestors(lineage: dict[str, Any]) -> tuple[Ancestor, ...]:
  """Lists the policies that a run's student comes from.

  Args:
    lineage: what `lineage.json` holds; nothing is required of it.

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


def _student(lineage: dict[str, Any]) -> Ancestor:
  title = ', '.join(
    str(part)
    for part in (
      _name(lineage),
      lineage.get('game'),
      f'seed {lineage["seed"]}' if 'seed' in lineage else None,
    )
    if part
  )
  return Ancestor(title or 'student', tuple(_spent(lineage)))


def _teacher(teacher: dict[str, Any], run: Any) -> Ancestor:
  """Describes a teacher, and the run that it was the student of, if known."""
  parts = [teacher.get('agent') or 'unknown', teacher.get('network')]
  facts = []
  if teacher.get('checkpoint'):
    facts.append(f'checkpoint {teacher["checkpoint"]}')
  if teacher.get('fingerprint'):
    facts.append(f'fingerprint {str(teacher["fingerprint"])[:16]}')
  if teacher.get('temperature') is not None:
    facts.append(f'temperature {teacher["temperature"]}')
  if isinstance(run, dict):
    facts.append(f'came of the run of {_student(run).title}')
    facts += _spent(run)
  elif isinstance(teacher.get('described_as'), dict):
    training = teacher['described_as'].get('training')
    if isinstance(training, dict):
      facts += [
        f'{name.replace("_", " ")} {training[name]}'
        for name in ('algorithm', 'from', 'agent_steps', 'frames')
        if isinstance(training.get(name), str | int | float)
      ]
  return Ancestor(', '.join(str(p) for p in parts if p), tuple(facts))


def _name(lineage: dict[str, Any]) -> Any:
  started = lineage.get('started_as')
  named = started.get('agent') if isinstance(started, dict) else None
  return named or lineage.get('agent')


def _spent(lineage: dict[str, Any]) -> list[str]:
  spent = lineage.get('spent')
  if not isinstance(spent, dict):
    return []
  names = {
    'teacher_steps': "steps of its teacher's data",
    'pretraining_updates': 'offline updates',
    'training_steps': 'online steps',
    'online_updates': 'online updates',
  }
  return [
    f'{spent[name]:,} {what}'
    for name, what in names.items()
    if isinstance(spent.get(name), int) and spent[name]
  ]
