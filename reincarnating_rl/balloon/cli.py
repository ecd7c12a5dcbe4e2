"""`python -m reincarnating_rl.balloon`: flags, then one command."""

import argparse
import sys
from collections.abc import Sequence

from reincarnating_rl import command_line
from reincarnating_rl.balloon import flags


def main(argv: Sequence[str] | None = None) -> int:
  """Runs a command; a user's mistake is one line on stderr.

  Args:
    argv: the command and its flags; None for those of the process.

  Returns:
    The exit status: 0, 1 after a mistake, 130 after Ctrl-C.
  """
  return command_line.run(
    lambda: _run(flags.parse(sys.argv[1:] if argv is None else argv))
  )


def _run(args: argparse.Namespace) -> None:
  # What is slow to import waits until the flags have been read.
  match args.command:
    case 'evaluate':
      from reincarnating_rl.balloon import evaluate_command as command
    case 'flight':
      from reincarnating_rl.balloon import flight_command as command
  command.run(args)
