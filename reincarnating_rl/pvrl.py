"""`python -m reincarnating_rl.pvrl`; see `studies.cli`."""

import sys

from reincarnating_rl.studies import cli

if __name__ == '__main__':
  sys.exit(cli.main())
