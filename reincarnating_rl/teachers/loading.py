"""A checkpoint of any sort as a network, its parameters and its actions."""

from reincarnating_rl.learner.actions import Actions, Continuous, Discrete
from reincarnating_rl.learner.control.parts import TEMPERATURE
from reincarnating_rl.learner.types import Params
from reincarnating_rl.support.errors import name_of
from reincarnating_rl.teachers import (
  action_functions,
  balloon_facts,
  checkpoints,
  game_checks,
  observation_maps,
  perciatelli,
  recognition,
)
from reincarnating_rl.teachers import actions as action_maps
from reincarnating_rl.teachers.actions import ActionMap, Meanings
from reincarnating_rl.teachers.checkpoints import TeacherCheckpoint
from reincarnating_rl.teachers.description import actions_from_manifest
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  OtherGameError,
  TeacherError,
)
from reincarnating_rl.teachers.foreign.base import Target
from reincarnating_rl.teachers.loaded import VMAX, LoadedTeacher, TeacherSource


def load(
  source: TeacherSource,
  *,
  actions: Actions,
  state_shape: tuple[int, ...],
  game_actions: tuple[str, ...] | None = None,
  game_name: str | None = None,
  are_pixels: bool = False,
) -> LoadedTeacher:
  """Reads a teacher and finds out what it is.

  Args:
    source: where it is, and what is known of it.
    actions: of the game.
    state_shape: (*O, S), of one state of the game.
    game_actions: what the game's actions mean; None if it does not tell.
    game_name: such as 'Pong'; None to take a teacher of any game. So does
      whoever declares what its actions mean.
    are_pixels: whether the game's observations are bytes up to 255.

  Returns:
    The teacher.

  Raises:
    UserError: the file is missing, damaged or unsafe, or of another kind,
      network or game.
  """
  said = source.action_meanings
  game = Target(actions, state_shape, are_pixels=are_pixels)
  if not callable(said) or source.agent == perciatelli.NAME:
    return _load(source, game, game_actions, game_name)
  if isinstance(actions, Continuous):
    raise _no_meanings(name_of(said), actions)
  plain = source._replace(action_meanings=None)
  try:
    loaded = _load(plain, game)
  except OtherGameError as error:
    if isinstance(error.actions, Continuous):
      raise
    loaded = _load(plain, game._replace(actions=error.actions))
  decides = action_functions.make(
    said, teacher=loaded.candidate.num_actions, game=actions.number
  )
  return loaded._replace(indices=None, meanings=None, decides=decides)


def _load(
  source: TeacherSource,
  game: Target,
  game_actions: tuple[str, ...] | None = None,
  game_name: str | None = None,
) -> LoadedTeacher:
  actions, state_shape = game.actions, game.state_shape
  if source.agent == perciatelli.NAME:
    return _load_perciatelli(source, actions, state_shape, game_actions)
  observes = None
  if source.observation_map is not None:
    observes = observation_maps.make(source.observation_map, state_shape)
    state_shape = observes.state_shape
    # Of those that have names, all make bytes; of a function, nobody knows.
    is_named = isinstance(source.observation_map, str)
    game = game._replace(state_shape=state_shape, are_pixels=is_named)
  declared = source.action_meanings
  action_map = _declared(declared, actions, game_actions) if declared else None
  checkpoint = checkpoints.load_checkpoint(
    source.path,
    source.number,
    source.prefix,
    layers=source.layers,
    target=game._replace(action_map=action_map),
    statistics=source.observation_statistics,
  )
  checkpoint = checkpoint._replace(params=_of_network(checkpoint.params))
  game_checks.check(
    checkpoint, actions, state_shape, None if declared else game_name
  )
  if checkpoint.number is None:
    action_map = None  # Converted for the game's actions already.
  else:
    action_map = action_map or _told(checkpoint, actions, game_actions)
  candidate, fields = recognition.recognise(
    checkpoint,
    source.agent,
    source.network,
    state_shape=state_shape,
    actions=Discrete(len(action_map.meanings)) if action_map else actions,
  )
  if source.vmax is not None and not fields.get('distributional'):
    raise TeacherError(
      f'create_teacher.vmax is for a Rainbow with atoms, and the teacher of '
      f'{checkpoint.path} is none that needs it: leave it out.'
    )
  return LoadedTeacher(
    checkpoint,
    candidate,
    fields,
    _vmax(source, checkpoint) if fields.get('distributional') else None,
    action_map and action_map.indices,
    action_map.meanings if action_map else game_actions,
    observes=observes,
  )


def _of_network(params: Params) -> Params:
  """Leaves out SAC's temperature, which training alone needs."""
  return {name: tree for name, tree in params.items() if name != TEMPERATURE}


def _load_perciatelli(
  source: TeacherSource,
  actions: Actions,
  state_shape: tuple[int, ...],
  game_actions: tuple[str, ...] | None,
) -> LoadedTeacher:
  plain = TeacherSource(None, source.agent, prefix=source.prefix)
  if source != plain:
    raise TeacherError(
      f'The {source.agent} teacher comes as it is: leave out its path, its '
      'number and all of create_teacher but the temperature.'
    )
  balloon_facts.check_game(source.agent, actions, state_shape)
  checkpoint = perciatelli.load()
  candidate, fields = recognition.recognise(
    checkpoint,
    recognition.AUTO,
    None,
    state_shape=state_shape,
    actions=actions,
  )
  return LoadedTeacher(checkpoint, candidate, fields, None, None, game_actions)


def _declared(
  meanings: Meanings,
  actions: Actions,
  game_actions: tuple[str, ...] | None,
) -> ActionMap:
  if isinstance(actions, Continuous):
    raise _no_meanings(repr(meanings), actions)
  return action_maps.declared(meanings, game_actions, actions.number)


def _no_meanings(told: str, actions: Continuous) -> TeacherError:
  return TeacherError(
    f'create_teacher.action_meanings is {told}, and the game has {actions}: '
    'leave it out.'
  )


def _told(
  checkpoint: TeacherCheckpoint,
  actions: Actions,
  game_actions: tuple[str, ...] | None,
) -> ActionMap | None:
  """Maps the actions that a manifest names; None where they are the game's."""
  told = actions_from_manifest(checkpoint.metadata, checkpoint.path)
  if not told or not isinstance(actions, Discrete):
    return None
  try:
    return action_maps.written(told, game_actions, actions.number)
  except TeacherError as error:
    raise MismatchedTeacherError(
      f'The actions that the manifest of {checkpoint.path} names do not serve '
      f'({error})'
    ) from error


def _vmax(source: TeacherSource, checkpoint: TeacherCheckpoint) -> float:
  told = checkpoint.description and checkpoint.description.vmax
  return source.vmax or told or VMAX
