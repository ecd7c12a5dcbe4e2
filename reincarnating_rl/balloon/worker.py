"""The program of a process that flies; see `pool`."""

import pickle
import signal
import sys
import traceback
from multiprocessing import connection

from reincarnating_rl import errors


def main(descriptor: int) -> None:
  """Flies what it is told to until the other end of the pipe is closed.

  Args:
    descriptor: of the pipe.
  """
  signal.signal(signal.SIGINT, signal.SIG_IGN)
  pipe = connection.Connection(descriptor)
  fly = None
  while True:
    try:
      request = pipe.recv_bytes()
    except (EOFError, OSError):  # Closed, or its process was killed.
      return
    try:
      # Unpickling imports what flies, which may fail as well.
      create, flight = pickle.loads(request)
      fly = fly or create()
      answer = ('done', fly(*flight))
    except errors.UserError as error:
      answer = ('user_error', str(error))
    except Exception:  # The other end shows it, whatever it is.
      answer = ('error', traceback.format_exc())
    try:
      pipe.send(answer)
    except OSError:
      return


if __name__ == '__main__':
  main(int(sys.argv[1]))
