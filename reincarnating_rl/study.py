"""`python -m reincarnating_rl.study`; see `cli.study`."""

import sys

from reincarnating_rl.cli.study import main

if __name__ == '__main__':
  sys.exit(main())
