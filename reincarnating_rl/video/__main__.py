"""`python -m reincarnating_rl.video`; see `cli.video`."""

import sys

from reincarnating_rl.cli.video import main

if __name__ == '__main__':
  sys.exit(main())
