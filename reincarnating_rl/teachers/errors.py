"""What can be wrong with a teacher besides its files."""

from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.support.errors import UserError


class TeacherError(UserError):
  """A teacher cannot be made of what was given."""


class MismatchedTeacherError(TeacherError):
  """The parameters do not fit the network, or the game."""


class OtherGameError(MismatchedTeacherError):
  """The teacher seems to be of a game with other actions.

  Attributes:
    actions: the teacher's.
    knows_bounds: False of vectors whose bounds nothing tells; these are then
      said to be [-1, 1].
  """

  def __init__(
    self, message: str, *, actions: Actions, knows_bounds: bool = True
  ) -> None:
    super().__init__(message)
    self.actions = actions
    self.knows_bounds = knows_bounds
