"""`python -m reincarnating_rl.pvrl`; see `cli.study`."""

import sys

from reincarnating_rl.cli.study import main

if __name__ == '__main__':
  sys.exit(main())
