"""The program of a worker of `process_vector`: lanes behind a pipe."""

import sys
from collections.abc import Callable
from typing import Any

from reincarnating_rl.envs.single import Environment
from reincarnating_rl.envs.vector import LoopVectorEnvironment
from reincarnating_rl.support import worker_process


class _Lanes:
  """Makes lanes, and then plays them."""

  def __init__(self) -> None:
    self._lanes: LoopVectorEnvironment | None = None

  def __call__(self, name: str, *arguments: Any) -> tuple:
    if name == 'create':
      return self._create(*arguments)
    answer = getattr(self._lanes, name)(*arguments)
    return (answer,) if name == 'reset' else tuple(answer)

  def _create(
    self, create_environment: Callable[[], Environment], count: int
  ) -> tuple:
    environments = [create_environment() for _ in range(count)]
    self._lanes = lanes = LoopVectorEnvironment(environments)
    return lanes.actions, lanes.observation_shape, lanes.observation_dtype


if __name__ == '__main__':
  worker_process.serve(int(sys.argv[1]), _Lanes())
