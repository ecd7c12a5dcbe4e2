"""One attempt at a run, by a process on the machine that Ray has chosen.

The run is a program of its own: JAX does not survive a fork. It ends with this
process, whatever ends that. The next attempt goes on from its checkpoint.
"""

import contextlib
import hashlib
import os
import pathlib
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from reincarnating_rl.cluster import own_cores, tied
from reincarnating_rl.studies import finished
from reincarnating_rl.studies.study import Resources
from reincarnating_rl.support import claims, files
from reincarnating_rl.support.errors import UserError

LOG = 'log.txt'
REMEDY = 'choose another --out'
_POLL_SECONDS = 0.1
_WAIT_SECONDS = 600.0  # A large replay is written for minutes.
_GPU_SHARE = 0.9  # JAX's programs need memory that it does not count.


class Request(NamedTuple):
  """A run, as a machine needs to know it."""

  command: tuple[str, ...]  # after the interpreter
  flags: tuple[str, ...]  # that tell it from others
  directory: str  # of the run; may be relative
  folder: str  # where the command is started
  cache: str  # of compiled programs
  resources: Resources


class Ended(NamedTuple):
  """How an attempt ended."""

  reason: str | None = None  # None: the run is done
  status: int = 0  # of the program; negative: a signal's number

  @property
  def is_its_own(self) -> bool:
    """Whether the program ended by itself, not by a machine's fault."""
    return self.status > 0 and self.status != _STOPPED


_STOPPED = 130  # A program that was asked to stop, and wrote a checkpoint.


def run(request: Request) -> Iterator[str | Ended]:
  """Runs a program to its end.

  Yields:
    Where it runs, then how it ended.

  Raises:
    UserError: its folder cannot be written, or another process is at work in
      it and does not end.
  """
  if not os.path.isdir(request.folder):
    raise UserError(
      f'{platform.node()} has no folder {request.folder}: start the study in a '
      'folder that all machines share.'
    )
  directory = pathlib.Path(request.folder, request.directory)
  with _open_log(directory) as log:
    # A former attempt holds the log for as long as its program lives.
    _wait_for(log, directory)
    if finished.is_done(directory, request.flags, request.command):
      yield Ended()
      return
    start = log.tell()
    with own_cores.held(request.resources.cpus) as cores:
      process = _start(request, log, cores)
      try:
        yield f'{platform.node()} {process.pid}'
        status = _wait(process)
      finally:
        _stop(process)
  if status:
    yield Ended(why(status, directory, start), status)
    return
  finished.write(directory, request.flags, (sys.executable, *request.command))
  yield Ended()


def _open_log(directory: pathlib.Path) -> BinaryIO:
  with files.writing(directory, REMEDY):
    directory.mkdir(parents=True, exist_ok=True)
    return open(directory / LOG, 'ab')  # noqa: SIM115  (the caller closes it)


def _wait_for(log: BinaryIO, directory: pathlib.Path) -> None:
  end = time.monotonic() + _WAIT_SECONDS
  while not claims.lock(log, str(directory)):
    if time.monotonic() > end:
      raise UserError(
        f'{directory} is in use by another process: let it end, or stop it.'
      )
    time.sleep(_POLL_SECONDS)
  log.seek(0, os.SEEK_END)


def _start(
  request: Request, log: BinaryIO, cores: set[int]
) -> subprocess.Popen[bytes]:
  parts = (sys.executable, '-S', tied.__file__, str(os.getpid()))
  process = subprocess.Popen(
    [*parts, sys.executable, *request.command],
    stdin=subprocess.DEVNULL,
    stdout=log,
    stderr=subprocess.STDOUT,
    cwd=request.folder,
    start_new_session=True,  # Ctrl-C is for those who started the study.
    env=_environment(request),
  )
  if cores:
    with contextlib.suppress(OSError):  # It has ended.
      os.sched_setaffinity(process.pid, cores)
  return process


def _environment(request: Request) -> dict[str, str]:
  # A run that uses Ray itself has an instance of its own.
  kept = {k: v for k, v in os.environ.items() if not k.startswith('RAY_')}
  package = str(pathlib.Path(__file__).parents[2])
  paths = [package, *filter(None, [kept.get('PYTHONPATH')])]
  told = {
    'JAX_COMPILATION_CACHE_DIR': f'{request.cache}/{_processor()}',
    'PYTHONPATH': os.pathsep.join(paths),
    'PYTHONUNBUFFERED': '1',  # A log is whole, whatever ended the run.
    'TQDM_DISABLE': '1',  # Progress bars are no lines of a log.
  }
  _, gpus, _, fraction = request.resources
  if not gpus:
    kept.setdefault('JAX_PLATFORMS', 'cpu')
  elif fraction or gpus < 1:
    share = fraction or _GPU_SHARE * gpus
    told['XLA_PYTHON_CLIENT_MEM_FRACTION'] = f'{share:.3f}'
  return kept | told


def _processor() -> str:
  """Returns a name for what programs are compiled for."""
  with contextlib.suppress(OSError):
    for line in pathlib.Path('/proc/cpuinfo').read_text().splitlines():
      if line.startswith(('flags', 'Features')):
        return hashlib.sha256(line.encode()).hexdigest()[:8]
  return platform.machine()


def _wait(process: subprocess.Popen[bytes]) -> int:
  while True:
    # A wait that blocks could not be interrupted by Ray.
    with contextlib.suppress(subprocess.TimeoutExpired):
      return process.wait(_POLL_SECONDS)


def _stop(process: subprocess.Popen[bytes]) -> None:
  """Has a program write its checkpoint, and ends what it has left behind."""
  try:
    if process.poll() is None:
      process.terminate()
      _wait(process)
  finally:
    with contextlib.suppress(ProcessLookupError):
      os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def why(status: int, directory: pathlib.Path, start: int = 0) -> str:
  """Returns why a program failed, in one line.

  Args:
    status: its exit status; not 0.
    directory: of its log.
    start: of what it wrote there, in bytes.
  """
  if status < 0:
    return f'ended by signal {-status}, {signal.strsignal(-status)}'
  text = (directory / LOG).read_bytes()[start:].decode(errors='replace')
  return (text.strip() or 'it printed nothing').splitlines()[-1]
