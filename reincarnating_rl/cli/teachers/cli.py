"""`python -m reincarnating_rl.teachers`: flags, then one command."""

from collections.abc import Sequence

from reincarnating_rl.cli import command_line
from reincarnating_rl.cli.teachers import flags


def main(
  argv: Sequence[str] | None = None, program: str = flags.PROGRAM
) -> int:
  """Runs a command; a user's mistake is one line on stderr.

  Args:
    argv: the command and its flags; None for those of the process.
    program: what the user typed before them.

  Returns:
    The exit status: 0, 1 after a mistake, 130 after Ctrl-C.

  Raises:
    SystemExit: help was asked for.
  """
  run = command_line.named_command(__package__)
  return command_line.main(flags.create_parser, run, argv, program)
