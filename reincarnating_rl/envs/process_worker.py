"""The program of a worker of `process_vector`: lanes behind a pipe."""

import pickle
import signal
import sys
import traceback
from multiprocessing import connection
from typing import Any

from reincarnating_rl import errors
from reincarnating_rl.envs.vector import LoopVectorEnvironment


def main(descriptor: int) -> None:
  """Answers requests until the other end of the pipe is closed.

  Args:
    descriptor: of the pipe.
  """
  signal.signal(signal.SIGINT, signal.SIG_IGN)
  pipe = connection.Connection(descriptor)
  lanes = None
  while True:
    try:
      request = pipe.recv_bytes()
    except (EOFError, OSError):  # Closed, or its process was killed.
      return
    try:
      # Unpickling imports what makes the environments, which may fail as well.
      name, *arguments = pickle.loads(request)
      if name == 'create':
        lanes, answer = _create(*arguments)
      else:
        answer = _play(lanes, name, *arguments)
    except errors.UserError as error:
      answer = ('user_error', str(error))
    except Exception:  # The other end shows it, whatever it is.
      answer = ('error', traceback.format_exc())
    try:
      pipe.send(answer)
    except OSError:
      return


def _create(create_environment: Any, count: int) -> tuple[Any, tuple]:
  lanes = LoopVectorEnvironment([create_environment() for _ in range(count)])
  told = (lanes.num_actions, lanes.observation_shape, lanes.observation_dtype)
  return lanes, ('done', told)


def _play(lanes: LoopVectorEnvironment, name: str, *arguments: Any) -> tuple:
  answer = getattr(lanes, name)(*arguments)
  return 'done', (answer,) if name == 'reset' else tuple(answer)


if __name__ == '__main__':
  main(int(sys.argv[1]))
