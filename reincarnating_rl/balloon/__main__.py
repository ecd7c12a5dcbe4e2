"""`python -m reincarnating_rl.balloon`; see `cli.balloon`."""

import sys

from reincarnating_rl.cli.balloon.cli import main

if __name__ == '__main__':
  sys.exit(main())
