"""What `inspect` says of a teacher, as JSON."""

import argparse
from typing import Any

from reincarnating_rl.cli.teachers import identify
from reincarnating_rl.cli.teachers.settings import Settings
from reincarnating_rl.envs.facts import GameFacts
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.learner.actions import Discrete, as_json
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import checkpoints, params
from reincarnating_rl.teachers.description import BOUNDS
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign.base import Target
from reincarnating_rl.teachers.loaded import LoadedTeacher, TeacherSource

_MOST_ANCESTORS = 16


def describe_checkpoints(settings: Settings) -> dict[str, Any] | None:
  """Says which checkpoints there are; None for a replay alone, or no path."""
  found = settings.chosen
  if found is None:
    return None
  number = settings.number
  if number is None:
    number = found.newest()
  if not found.format_of(number):
    return None
  return {
    'format': found.format_of(number),
    'numbers': list(found.numbers),
    'incomplete': sorted(set(found.numbers) - set(found.complete)),
    'inspected': number,
  }


def describe_teacher(
  args: argparse.Namespace,
  settings: Settings,
  replay: ExternalReplay | None,
) -> dict[str, Any]:
  """Reads the parameters and says whose they are.

  Args:
    args: of the command.
    settings: of the command.
    replay: of the teacher, if it has one.

  Returns:
    JSON; `problem` is in what cannot be read, `undecided` in what cannot be
    told without the name of the game.

  Raises:
    UserError: there is no such game.
  """
  number = settings.number
  if number is None and settings.chosen is not None:
    number = settings.chosen.newest()
  source = settings.source(args.path)._replace(number=number)
  game = identify.facts(settings, replay)
  try:
    loaded = identify.load(settings, source, game)
  except MismatchedTeacherError as error:
    problem = 'undecided' if settings.game is None else 'problem'
    return {problem: str(error)} | _parameters(source, game)
  except UserError as error:
    return {'problem': str(error)}
  return _describe(loaded, settings, game)


def _describe(
  loaded: LoadedTeacher, settings: Settings, game: GameFacts
) -> dict[str, Any]:
  checkpoint, candidate = loaded.checkpoint, loaded.candidate
  network = candidate.make(loaded.fields)
  kind = candidate.kind.name
  return {
    'kind': loaded.trained_by,
    'teacher_agent': kind if kind != loaded.trained_by else None,
    'network': type(network).__name__,
    'network_fields': loaded.fields,
    'vmax': loaded.vmax,
    'known_by': 'its description'
    if checkpoint.description
    else f'its parameters, for {game.name}',
    'game': settings.game.name if settings.game else settings.told.game,
    **_actions(loaded),
    'state_shape': list(game.state_shape),
    'parameters': _count(params.shapes(checkpoint.params)),
    'file': checkpoint.path,
    'sha256': checkpoint.sha256,
    'provenance': identify.provenance(checkpoint),
  }


def _actions(loaded: LoadedTeacher) -> dict[str, Any]:
  actions = loaded.candidate.actions
  if isinstance(actions, Discrete):
    return {
      'num_actions': actions.number,
      'actions': loaded.meanings and list(loaded.meanings),
    }
  return {
    'distribution': loaded.candidate.kind.distribution,
    'action_size': actions.size,
    BOUNDS: as_json(actions) if loaded.knows_bounds else None,
  }


def _count(shapes: dict[str, tuple[int, ...]]) -> int:
  total = 0
  for shape in shapes.values():
    size = 1
    for side in shape:
      size *= side
    total += size
  return total


def _parameters(source: TeacherSource, game: GameFacts) -> dict[str, Any]:
  """Returns the shapes in numbered checkpoints; elsewhere, errors name them."""
  try:
    checkpoint = checkpoints.load_checkpoint(
      source.path,
      source.number,
      source.prefix,
      target=Target(game.actions or Discrete(1), game.state_shape),
    )
  except UserError:
    return {}
  shapes = params.shapes(checkpoint.params)
  return {
    'shapes': {name: list(shape) for name, shape in shapes.items()},
    'parameters': _count(shapes),
    'provenance': identify.provenance(checkpoint),
  }


def describe_lineage(path: str) -> list[dict[str, Any]]:
  """Says who taught whom, from this run back, where runs left word.

  Args:
    path: of a run, or of its checkpoints.

  Returns:
    JSON; `problem` is in what cannot be read.
  """
  chain = []
  try:
    run = checkpoints.read_lineage(path)
  except UserError as error:
    return [{'problem': str(error)}]
  while isinstance(run, dict) and len(chain) < _MOST_ANCESTORS:
    teacher = run.get('teacher')
    teacher = teacher if isinstance(teacher, dict) else {}
    spent = run.get('spent')
    chain.append(
      {
        'student': run.get('agent'),
        'seed': run.get('seed'),
        'score': _last_score(run.get('scores')),
        'spent': spent if isinstance(spent, dict) else {},
        'teacher': teacher.get('agent'),
        'teacher_network': teacher.get('network'),
        'teacher_checkpoint': teacher.get('checkpoint'),
      }
    )
    run = teacher.get('parent')
  return chain


def _last_score(scores: Any) -> float | None:
  """Returns the mean return of a student's last evaluation."""
  try:
    return float(scores['rows'][-1]['score']['mean'])
  except (LookupError, TypeError, ValueError):
    return None
