"""What can be wrong with a pickle; each a sentence for the user."""

from reincarnating_rl.errors import UserError


class PickleError(UserError):
  """A pickle is not read."""


class DamagedPickleError(PickleError):
  """It is cut short, altered, or no pickle."""


class UnsafePickleError(PickleError):
  """It asks for something that could run code."""
