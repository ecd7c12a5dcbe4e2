"""`python -m reincarnating_rl.teachers`; see `cli.teachers`."""

import sys

from reincarnating_rl.cli.teachers import cli

if __name__ == '__main__':
  sys.exit(cli.main())
