"""`python -m reincarnating_rl.balloon`; see `balloon.cli`."""

import sys

from reincarnating_rl.balloon import cli

if __name__ == '__main__':
  sys.exit(cli.main())
