"""`python -m reincarnating_rl.train`; see `cli.train`."""

import sys

from reincarnating_rl.cli.train import main

if __name__ == '__main__':
  sys.exit(main())
