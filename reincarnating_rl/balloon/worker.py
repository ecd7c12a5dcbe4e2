"""The program of a process that flies; see `pool`."""

import sys
from collections.abc import Callable

from reincarnating_rl.balloon.flying import Fly
from reincarnating_rl.balloon.policy import Policy
from reincarnating_rl.balloon.records import Record
from reincarnating_rl.support import worker_process


class _Pilots:
  """Flies on request; the `Fly` is made once."""

  def __init__(self) -> None:
    self._fly: Fly | None = None

  def __call__(
    self, create_fly: Callable[[], Fly], flight: tuple[Policy, int]
  ) -> Record:
    self._fly = self._fly or create_fly()
    return self._fly(*flight)


if __name__ == '__main__':
  worker_process.serve(int(sys.argv[1]), _Pilots())
