"""`python -m reincarnating_rl.teachers`; see `teacher_tools`."""

import sys

from reincarnating_rl.teacher_tools import cli

if __name__ == '__main__':
  sys.exit(cli.main())
