"""What can be wrong with a teacher besides its files."""

from reincarnating_rl.errors import UserError


class TeacherError(UserError):
  """A teacher cannot be made of what was given."""


class MismatchedTeacherError(TeacherError):
  """The parameters do not fit the network, or the game."""
