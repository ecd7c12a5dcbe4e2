"""Cores of this machine that a process has for itself, among ours."""

import contextlib
import os
import pathlib
import stat
import tempfile
from collections.abc import Iterator

from reincarnating_rl.support import claims


@contextlib.contextmanager
def held(count: int) -> Iterator[set[int]]:
  """Holds cores that no other process of this user's holds here.

  Small programs gain nothing from a second core, and lose by moving.

  Args:
    count: how many.

  Yields:
    Their numbers; empty where there are not so many left, or the system cannot
    keep a process to a core.
  """
  with contextlib.ExitStack() as stack:
    found: set[int] = set()
    for core in sorted(_all()):
      if len(found) < count and _hold(core, stack):
        found.add(core)
    yield found if len(found) == count else set()


def _all() -> set[int]:
  return os.sched_getaffinity(0) if hasattr(os, 'sched_getaffinity') else set()


def _hold(core: int, stack: contextlib.ExitStack) -> bool:
  folder = pathlib.Path(
    tempfile.gettempdir(), f'reincarnating_rl-{os.getuid()}'
  )
  try:
    folder.mkdir(mode=0o700, exist_ok=True)
    # Everybody may make a folder here, and links in it.
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
      return False
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    file = open(os.open(folder / f'core-{core}', flags, 0o600), 'r+b')  # noqa: SIM115
  except OSError:
    return False
  if claims.lock(file, str(folder)):
    stack.enter_context(file)
    return True
  file.close()
  return False
