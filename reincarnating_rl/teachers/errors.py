"""What can be wrong with a teacher; each a sentence for the user."""

from reincarnating_rl.errors import UserError


class TeacherError(UserError):
  """A teacher cannot be made of what was given."""


class MissingCheckpointError(TeacherError):
  """There is no such directory, or no such checkpoint in it."""


class DamagedCheckpointError(TeacherError):
  """A file is cut short, altered, or not a checkpoint."""


class UnsafeCheckpointError(TeacherError):
  """A pickle asks for something that could run code."""


class MismatchedTeacherError(TeacherError):
  """The parameters do not fit the network, or the game."""
