"""Whether a checkpoint is of the game, as far as its manifest tells."""

from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.support.game_names import plain_name
from reincarnating_rl.teachers import bounds
from reincarnating_rl.teachers.checkpoints import TeacherCheckpoint
from reincarnating_rl.teachers.description import (
  bounds_from_manifest,
  state_shape_of,
  trained_on,
)
from reincarnating_rl.teachers.errors import MismatchedTeacherError


def check(
  checkpoint: TeacherCheckpoint,
  actions: Actions,
  state_shape: tuple[int, ...],
  game_name: str | None,
) -> None:
  """Refuses a teacher that says that it is of another game.

  Args:
    checkpoint: of the teacher.
    actions: of the game.
    state_shape: (*O, S), of one state of the game.
    game_name: None to take a teacher of a game of any name.

  Raises:
    DamagedFileError: its manifest makes no sense.
    MismatchedTeacherError: it is of other states, actions or another name.
  """
  _check_states(checkpoint, state_shape)
  _check_bounds(checkpoint, actions)
  if game_name is not None:
    _check_name(checkpoint, game_name)


def _check_states(
  checkpoint: TeacherCheckpoint, state_shape: tuple[int, ...]
) -> None:
  """Refuses states of as many numbers, in another order, as it is made for."""
  shape = state_shape_of(checkpoint.metadata)
  if shape is not None and shape != state_shape:
    raise MismatchedTeacherError(
      f'The teacher of {checkpoint.path} was converted for states of shape '
      f'{list(shape)}, but the game gives states of shape '
      f'{list(state_shape)}; convert it anew with --game.'
    )


def _check_bounds(checkpoint: TeacherCheckpoint, game: Actions) -> None:
  """Refuses actions of as many numbers, but within other bounds."""
  told = bounds_from_manifest(checkpoint.metadata, checkpoint.path)
  if told is not None:
    bounds.check(told, game, checkpoint.path)


def _check_name(checkpoint: TeacherCheckpoint, game_name: str) -> None:
  told = trained_on(checkpoint.metadata)
  if told is not None and plain_name(told) != plain_name(game_name):
    raise MismatchedTeacherError(
      f'The teacher of {checkpoint.path} was trained on {told}, and the game '
      f'is {game_name}; give a teacher of this game, or declare what its '
      'actions mean with create_teacher.action_meanings.'
    )
