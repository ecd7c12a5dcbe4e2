"""`python -m reincarnating_rl.teachers`: flags, then one command."""

import argparse
import os
import sys
from collections.abc import Sequence

from reincarnating_rl.errors import UserError, first_line
from reincarnating_rl.teacher_tools import flags

_INTERRUPTED = 130  # What shells say of a command that Ctrl-C ended.


def main(argv: Sequence[str] | None = None) -> int:
  """Runs a command; a user's mistake is one line on stderr.

  Args:
    argv: the command and its flags; None for those of the process.

  Returns:
    The exit status: 0, 1 after a mistake, 130 after Ctrl-C.
  """
  try:
    _run(flags.parse(sys.argv[1:] if argv is None else argv))
    sys.stdout.flush()
  except UserError as error:
    # gin adds lines on where it was.
    print(f'error: {first_line(error)}', file=sys.stderr)
    return 1
  except KeyboardInterrupt:
    print('Stopped.', file=sys.stderr)
    return _INTERRUPTED
  except BrokenPipeError:
    # Whoever read our output has seen enough; nothing is left to be flushed.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
  except OSError as error:
    print(f'error: {error}: check that file or folder.', file=sys.stderr)
    return 1
  return 0


def _run(args: argparse.Namespace) -> None:
  # What is slow to import waits until the flags have been read.
  match args.command:
    case 'list':
      from reincarnating_rl.teacher_tools import list_command as command
    case 'fetch':
      from reincarnating_rl.teacher_tools import fetch_command as command
    case 'inspect':
      from reincarnating_rl.teacher_tools import inspect_command as command
    case 'evaluate':
      from reincarnating_rl.teacher_tools import evaluate_command as command
    case 'convert':
      from reincarnating_rl.teacher_tools import convert_command as command
  command.run(args)
