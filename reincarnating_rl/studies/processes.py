"""One run as a process: start, stop, and the reason of a failure."""

import os
import pathlib
import signal
import subprocess
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from reincarnating_rl.support import files

_LOG = 'log.txt'


def start(
  command: Sequence[str],
  directory: pathlib.Path,
  *,
  cache: pathlib.Path,
  core: int,
  lock: int,
) -> subprocess.Popen:
  """Starts a run.

  Args:
    command: of the run.
    directory: of its log; earlier logs there are kept.
    cache: of compiled programs.
    core: that it runs on, modulo the number of cores.
    lock: an open file that the run holds open for as long as it lives.

  Returns:
    The process, in a session of its own. So a terminal's Ctrl-C does not reach
    it.
  """
  told = {
    'JAX_COMPILATION_CACHE_DIR': str(cache),
    'PYTHONUNBUFFERED': '1',  # A log is whole, whatever ended the run.
    'TQDM_DISABLE': '1',  # Progress bars are no lines of a log.
  }
  with _log(directory) as log:
    process = subprocess.Popen(
      command,
      stdin=subprocess.DEVNULL,
      stdout=log,
      stderr=subprocess.STDOUT,
      start_new_session=True,
      pass_fds=(lock,),
      env=os.environ | told,
    )
  _keep_to_a_core(process.pid, core)
  return process


def _log(directory: pathlib.Path) -> BinaryIO:
  with files.writing(directory, 'choose another --out'):
    directory.mkdir(parents=True, exist_ok=True)
    return open(directory / _LOG, 'ab')  # noqa: SIM115  (the caller closes it)


def _keep_to_a_core(pid: int, core: int) -> None:
  # Small programs gain nothing from a second core, and lose by moving.
  if hasattr(os, 'sched_setaffinity'):
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(pid, {cores[core % len(cores)]})


def why(status: int, directory: pathlib.Path) -> str:
  """Returns why a run failed, in one line.

  Args:
    status: its exit status; not 0.
    directory: of its log.
  """
  if status < 0:
    return f'ended by signal {-status}, {signal.strsignal(-status)}'
  text = (directory / _LOG).read_text(encoding='utf-8', errors='replace')
  return (text.strip() or 'it printed nothing').splitlines()[-1]


def stop(running: Iterable[subprocess.Popen]) -> None:
  """Stops runs with a checkpoint, and waits for them.

  Args:
    running: to be stopped. An interrupt of the wait kills them.
  """
  running = list(running)
  try:
    # SIGTERM, because background processes ignore SIGINT.
    for process in running:
      process.terminate()
    for process in running:
      # With a timeout it polls. A wait that blocks may miss an interrupt that
      # comes just before it.
      process.wait(timeout=float('inf'))
  finally:
    for process in running:
      process.kill()
      process.wait()
