"""`python -m reincarnating_rl.hub`; see `cli.hub`."""

import sys

from reincarnating_rl.cli.hub import main
from reincarnating_rl.cli.hub import push_to_hub as push_to_hub

if __name__ == '__main__':
  sys.exit(main())
