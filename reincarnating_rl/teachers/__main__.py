"""`python -m reincarnating_rl.teachers`; see `cli.teachers`."""

import sys

from reincarnating_rl.cli.teachers.cli import main

if __name__ == '__main__':
  sys.exit(main())
