"""`python -m reincarnating_rl`; see `cli.doors`."""

import sys

from reincarnating_rl.cli.doors import main

if __name__ == '__main__':
  sys.exit(main(program='python -m reincarnating_rl'))
