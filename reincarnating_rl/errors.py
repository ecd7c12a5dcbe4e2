"""Errors that are a user's to mend."""


class UserError(Exception):
  """A user's mistake: the command line prints it as one line, no traceback.

  The message names the file or value that is wrong, and the fix.
  """
