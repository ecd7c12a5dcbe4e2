"""Finds out what a teacher is, even where nobody says what its game is."""

from typing import Any

from reincarnating_rl.cli.teachers.settings import Settings, check_kind
from reincarnating_rl.envs import facts as facts_lib
from reincarnating_rl.envs.facts import GameFacts
from reincarnating_rl.envs.games import Game
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.learner.actions import Actions, Discrete
from reincarnating_rl.teachers import balloon_facts, factory, loading
from reincarnating_rl.teachers.checkpoints import TeacherCheckpoint
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  OtherGameError,
)
from reincarnating_rl.teachers.foreign import files as foreign_files
from reincarnating_rl.teachers.loaded import LoadedTeacher, TeacherSource

_ATARI = (84, 84, 4)  # With Dopamine's stack.
# No game has so few: a teacher's error then says which it has.
_ONE_ACTION = Discrete(1)


def facts(settings: Settings, replay: ExternalReplay | None) -> GameFacts:
  """Learns of the game: from itself, else from the teacher and its replay.

  Args:
    settings: of the command.
    replay: of the teacher, if it has one.

  Raises:
    UserError: there is no such game.
  """
  if settings.agent in factory.BALLOON and _is_balloon(settings.game):
    return _of_balloon(settings.game)
  if settings.game is not None:
    return facts_lib.of_game(settings.game)
  state_shape, known_by = _ATARI, "Atari's states"
  observed = settings.chosen and foreign_files.state_shape(settings.chosen.path)
  if settings.told.state_shape is not None:
    state_shape = settings.told.state_shape
    known_by = 'the states that it was converted for'
  elif observed:
    state_shape, known_by = observed, 'the observations in its file'
  elif replay is not None:
    info, known_by = replay.inspect(), 'the states of its replay'
    state_shape = (*info.observation_shape, info.stack_size)
  meanings = settings.told.actions
  actions = Discrete(len(meanings)) if meanings else settings.told.bounds
  *shape, stack_size = state_shape
  return GameFacts(
    known_by,
    actions,
    tuple(shape),
    None,
    stack_size,
    meanings,
    are_pixels=state_shape == _ATARI,
  )


def _is_balloon(game: Game | None) -> bool:
  return game is None or game.name == balloon_facts.GAME


def _of_balloon(game: Game | None) -> GameFacts:
  """Spares the seconds that it takes to make this game."""
  *shape, stack_size = balloon_facts.STATE_SHAPE
  return GameFacts(
    balloon_facts.GAME,
    Discrete(len(balloon_facts.ACTIONS)),
    tuple(shape),
    None,
    game.stack_size if game else stack_size,
    balloon_facts.ACTIONS,
  )


def load(
  settings: Settings, source: TeacherSource, game: GameFacts
) -> LoadedTeacher:
  """Reads a teacher; its actions need not be known.

  Args:
    settings: of the command.
    source: of the teacher.
    game: what is known of it.

  Raises:
    UserError: the file is missing, damaged or unsafe, or of another kind,
      network or game; or it cannot be told without one.
  """
  check_kind(settings.agent)

  def attempt(actions: Actions) -> LoadedTeacher:
    return loading.load(
      source,
      actions=actions,
      state_shape=game.state_shape,
      game_actions=game.action_meanings,
      game_name=settings.game and settings.game.name,
      are_pixels=game.are_pixels,
    )

  if game.actions is not None:
    return attempt(game.actions)
  try:
    attempt(_ONE_ACTION)
  except OtherGameError as error:
    loaded = attempt(error.actions)
    if not error.knows_bounds and loaded.fields.get('bounds'):
      raise MismatchedTeacherError(
        f'{source.path} does not tell the bounds of its actions: name the game '
        'with --game.'
      ) from error
    return loaded._replace(knows_bounds=error.knows_bounds)
  raise MismatchedTeacherError(
    f'{source.path} does not tell its actions from its atoms: name the game '
    'with --game.'
  )


def provenance(checkpoint: TeacherCheckpoint) -> dict[str, Any]:
  """Returns what a checkpoint says of how it was made; JSON.

  Args:
    checkpoint: of any format.
  """
  told = checkpoint.metadata
  if 'files' not in told:  # Not a manifest of ours, but all that is known.
    return told
  state = told.get('state')
  spent = state.get('agent') if isinstance(state, dict) else None
  return {
    'format': 'reincarnating_rl',
    'teacher': told.get('teacher'),
    'spent': spent,
    'last_evaluation': _last_evaluation(state),
  }


def _last_evaluation(state: Any) -> Any:
  """Returns the newest row of a run's table when it wrote the checkpoint."""
  try:
    return state['record']['rows'][-1]
  except (LookupError, TypeError):
    return None
