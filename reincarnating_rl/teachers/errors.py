"""What can be wrong with a teacher besides its files."""

from reincarnating_rl.support.errors import UserError


class TeacherError(UserError):
  """A teacher cannot be made of what was given."""


class MismatchedTeacherError(TeacherError):
  """The parameters do not fit the network, or the game."""


class OtherGameError(MismatchedTeacherError):
  """The teacher seems to be of a game with another number of actions."""

  def __init__(self, message: str, *, num_actions: int) -> None:
    super().__init__(message)
    self.num_actions = num_actions
