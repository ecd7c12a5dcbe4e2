"""`python -m reincarnating_rl.report`; see `cli.report`."""

import sys

from reincarnating_rl.cli.report import main

if __name__ == '__main__':
  sys.exit(main())
