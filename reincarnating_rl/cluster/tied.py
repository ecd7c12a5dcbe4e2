"""Becomes another program, which is asked to end with its parent.

`python tied.py PARENT COMMAND...` runs without the package: nothing is imported
that takes time. Where the kernel has no such service, it only becomes COMMAND.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
  """Becomes the command, unless its parent has ended before.

  The parent's end is a SIGHUP: a run writes its checkpoint, because a machine
  that is warned ends its processes in any order. Other programs end at once.
  """
  if sys.platform == 'linux':
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup has it ignored.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGHUP)
    if os.getppid() != parent:
      os._exit(1)
  os.execv(command[0], command)


if __name__ == '__main__':
  main(int(sys.argv[1]), sys.argv[2:])
