"""Running jobs, several at a time; what is done is not done again."""

import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import tqdm.auto as tqdm

from reincarnating_rl import files
from reincarnating_rl.errors import UserError
from reincarnating_rl.pvrl.plan import Job

_DONE = 'finished.json'
_LOG = 'log.txt'
_POLL_SECONDS = 0.2


class Pool:
  """A directory of runs, and the processes that fill it."""

  def __init__(self, root: pathlib.Path, *, processes: int) -> None:
    """Takes the directory; nothing is written before `run`.

    Args:
      root: under which each job has its directory.
      processes: at a time; each is kept to a core of its own.
    """
    self._root = root
    self._processes = processes
    self._running: dict[int, tuple[Job, subprocess.Popen]] = {}
    self._failed: dict[str, str] = {}

  def command(self, job: Job) -> list[str]:
    """Returns the command line of a job."""
    teacher = []
    if job.teacher is not None:
      teacher.append(f'--teacher_checkpoint_dir={self._root / job.teacher}')
    if job.teacher_checkpoint is not None:
      teacher.append(f'--teacher_checkpoint_number={job.teacher_checkpoint}')
    return [
      *(sys.executable, '-m', 'reincarnating_rl.train', *job.flags),
      *(f'--base_dir={self._root / job.directory}', *teacher),
    ]

  def is_done(self, job: Job) -> bool:
    """Returns whether a job was finished before.

    Raises:
      UserError: another command was, in the same directory.
    """
    path = self._root / job.directory / _DONE
    if not path.exists():
      return False
    flags = json.loads(path.read_text(encoding='utf-8'))['flags']
    if flags != list(job.flags):
      raise UserError(
        f'{path.parent} holds a run of other settings ({shlex.join(flags)}): '
        'choose another --out, or the settings that it was made with.'
      )
    return True

  def run(self, jobs: Sequence[Job]) -> dict[str, str]:
    """Runs what is not done yet; a job waits for the one it needs.

    Args:
      jobs: each after the one it needs.

    Returns:
      The last line of the log of each job that failed, by directory. What
      needs a failed one is left out, and named as well.

    Raises:
      KeyboardInterrupt: after every process has written its checkpoint.
    """
    done = {job.directory for job in jobs if self.is_done(job)}
    waiting = [job for job in jobs if job.directory not in done]
    with tqdm.tqdm(
      total=len(jobs), initial=len(done), unit=' run', dynamic_ncols=True
    ) as bar:
      try:
        while waiting or self._running:
          waiting = self._drop_hopeless(waiting)
          self._start(waiting, done)
          bar.set_postfix_str(', '.join(sorted(self._names())))
          time.sleep(_POLL_SECONDS)
          bar.update(self._collect(done))
      finally:
        self._stop()
    return self._failed

  def _names(self) -> list[str]:
    return [job.directory for job, _ in self._running.values()]

  def _drop_hopeless(self, waiting: Sequence[Job]) -> list[Job]:
    for job in waiting:
      if job.teacher in self._failed:
        self._failed[job.directory] = f'its teacher failed: {job.teacher}'
    return [job for job in waiting if job.directory not in self._failed]

  def _start(self, waiting: list[Job], done: set[str]) -> None:
    for slot in set(range(self._processes)) - set(self._running):
      ready = (job for job in waiting if job.teacher in done | {None})
      job = next(ready, None)
      if job is None:
        return
      waiting.remove(job)
      self._running[slot] = job, self._launch(job, slot)

  def _launch(self, job: Job, slot: int) -> subprocess.Popen:
    directory = self._root / job.directory
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / _LOG, 'ab') as log:
      process = subprocess.Popen(
        self.command(job),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C reaches them through `_stop`.
        env=os.environ | {'JAX_COMPILATION_CACHE_DIR': str(self._cache)},
      )
    _keep_to_a_core(process.pid, slot)
    return process

  @property
  def _cache(self) -> pathlib.Path:
    return self._root / '.jax_cache'  # Runs compile the same programs.

  def _collect(self, done: set[str]) -> int:
    """Takes note of what has ended; returns how many jobs did."""
    ended = 0
    for slot, (job, process) in list(self._running.items()):
      if process.poll() is None:
        continue
      del self._running[slot]
      ended += 1
      if process.returncode:
        self._failed[job.directory] = self._last_line(job)
        tqdm.tqdm.write(f'{job.directory}: {self._failed[job.directory]}')
        continue
      done.add(job.directory)
      data = json.dumps({'flags': job.flags, 'command': self.command(job)})
      files.write_atomically(
        str(self._root / job.directory / _DONE), data.encode()
      )
    return ended

  def _last_line(self, job: Job) -> str:
    text = (self._root / job.directory / _LOG).read_text(errors='replace')
    return (text.strip() or 'it printed nothing').splitlines()[-1]

  def _stop(self) -> None:
    """Has every process write its checkpoint, and waits for it."""
    for _, process in self._running.values():
      process.send_signal(signal.SIGINT)
    for _, process in self._running.values():
      process.wait()


def _keep_to_a_core(pid: int, slot: int) -> None:
  # Small programs gain nothing from a second core, and lose by changing it.
  if hasattr(os, 'sched_setaffinity'):
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(pid, {cores[slot % len(cores)]})
