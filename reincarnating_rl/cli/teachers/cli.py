"""`python -m reincarnating_rl.teachers`: flags, then one command."""

from collections.abc import Sequence

from reincarnating_rl.cli import command_line
from reincarnating_rl.cli.teachers import flags


def main(argv: Sequence[str] | None = None) -> int:
  """Runs a command; see `command_line.run_named`."""
  return command_line.run_named(__package__, flags.parse, argv)
