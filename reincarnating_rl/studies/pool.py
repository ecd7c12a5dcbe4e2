"""Runs jobs, several at a time, and skips those that are done."""

import pathlib
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence

import tqdm.auto as tqdm

from reincarnating_rl.studies import processes
from reincarnating_rl.studies.plan import Job
from reincarnating_rl.support import claims, json_file
from reincarnating_rl.support.errors import DamagedFileError, UserError
from reincarnating_rl.support.interrupts import InterruptFlag

_DONE = 'finished.json'
_OUT = '--out'
_POLL_SECONDS = 0.2


class Pool:
  """A directory of runs, and the processes that fill it."""

  def __init__(self, root: pathlib.Path, *, processes: int) -> None:
    """Takes the directory; nothing is written before `run`.

    Args:
      root: under which each job has its directory.
      processes: at a time; each is kept to one core.
    """
    self._root = root
    self._num_processes = processes
    self._interrupt = InterruptFlag()
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
      UserError: its directory holds a finished run with other settings, or
        what says so is damaged.
    """
    path = self._root / job.directory / _DONE
    if not path.exists():
      return False
    flags = json_file.read_json(path).get('flags')
    if not isinstance(flags, list) or not all(
      isinstance(flag, str) for flag in flags
    ):
      raise DamagedFileError(
        f'{path} names no flags: remove it, and the run will be resumed.'
      )
    if flags != list(job.flags):
      raise UserError(
        f'{path.parent} holds a run with other settings '
        f'({ascii(shlex.join(flags))[1:-1]}): choose another --out, or restore '
        'those settings.'
      )
    return True

  def run(self, jobs: Sequence[Job]) -> dict[str, str]:
    """Runs the jobs that are not done. A job waits for the one it needs.

    Args:
      jobs: each after the one it needs.

    Returns:
      By directory of a failed job, why it failed. A job that needs a failed one
      does not run, and counts as failed.

    Raises:
      InUseError: another command, or what it left behind, is at work in the
        directory.
      UserError: it holds runs with other settings, or cannot be written.
      KeyboardInterrupt: after every process has written its checkpoint.
    """
    with (
      claims.claimed(self._root, _OUT) as claim,
      self._interrupt.listening(),
    ):
      done = {job.directory for job in jobs if self.is_done(job)}
      waiting = [job for job in jobs if job.directory not in done]
      bar = tqdm.tqdm(
        total=len(jobs), initial=len(done), unit=' run', dynamic_ncols=True
      )
      try:
        with bar:
          # Runs keep the claim should this command be killed.
          self._work(waiting, done, bar, claim.fileno())
      finally:
        processes.stop(process for _, process in self._running.values())
    return self._failed

  def _work(
    self, waiting: list[Job], done: set[str], bar: tqdm.tqdm, lock: int
  ) -> None:
    shown = None
    while waiting or self._running:
      ended = self._drop_hopeless(waiting)
      self._start(waiting, done, lock)
      names = ', '.join(job.directory for job, _ in self._running.values())
      # A terminal's clock ticks; a file grows only when there is news.
      bar.set_postfix_str(names, sys.stderr.isatty() or names != shown)
      shown = names
      time.sleep(_POLL_SECONDS)
      self._interrupt.check()
      ended += self._collect(done)
      if ended:  # An update by nothing is shown as well.
        bar.update(ended)

  def _drop_hopeless(self, waiting: list[Job]) -> int:
    """Removes jobs whose teacher failed; returns how many."""
    hopeless = [job for job in waiting if job.teacher in self._failed]
    for job in hopeless:
      waiting.remove(job)
      self._failed[job.directory] = f'its teacher failed: {job.teacher}'
    return len(hopeless)

  def _start(self, waiting: list[Job], done: set[str], lock: int) -> None:
    for slot in set(range(self._num_processes)) - set(self._running):
      ready = (job for job in waiting if job.teacher in done | {None})
      job = next(ready, None)
      if job is None:
        return
      waiting.remove(job)
      process = processes.start(
        self.command(job),
        self._root / job.directory,
        cache=self._root / '.jax_cache',  # Runs compile the same programs.
        core=slot,
        lock=lock,
      )
      self._running[slot] = job, process

  def _collect(self, done: set[str]) -> int:
    """Records the jobs that have ended; returns how many."""
    ended = 0
    for slot, (job, process) in list(self._running.items()):
      if process.poll() is None:
        continue
      del self._running[slot]
      ended += 1
      directory = self._root / job.directory
      if process.returncode:
        reason = processes.why(process.returncode, directory)
        self._failed[job.directory] = reason
        tqdm.tqdm.write(f'{job.directory}: {reason}', file=sys.stderr)
        continue
      done.add(job.directory)
      told = {'flags': job.flags, 'command': self.command(job)}
      json_file.write(directory / _DONE, told, f'choose another {_OUT}')
    return ended
