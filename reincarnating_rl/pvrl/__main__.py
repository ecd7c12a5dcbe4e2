"""`python -m reincarnating_rl.pvrl`; see `pvrl.cli`."""

import sys

from reincarnating_rl.pvrl import cli

if __name__ == '__main__':
  sys.exit(cli.main())
