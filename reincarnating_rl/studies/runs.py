"""Runs a study's jobs, and skips those that are done."""

import contextlib
import os
import pathlib
import shlex
import sys
from collections.abc import Iterator, Sequence

import tqdm.auto as tqdm

from reincarnating_rl.cluster import session
from reincarnating_rl.studies import finished
from reincarnating_rl.studies.attempt import Request
from reincarnating_rl.studies.engine import Engine, ray_names
from reincarnating_rl.studies.plan import Job
from reincarnating_rl.studies.work import Work
from reincarnating_rl.support import claims
from reincarnating_rl.support.interrupts import InterruptFlag

_POLL_SECONDS = 0.2
_SHOWN = 4  # Names of runs in the line of progress.


class Runs:
  """A directory of runs, and how it is filled."""

  def __init__(
    self,
    root: pathlib.Path,
    *,
    processes: int | None = None,
    address: str | None = None,
    retries: int = 0,
  ) -> None:
    """Takes the directory; nothing is written before `run`.

    Args:
      root: under which each job has its directory.
      processes: runs at a time; None for as many as there are CPUs.
      address: of a Ray cluster; None for this machine.
      retries: how often one run is started again.
    """
    self._root, self._retries = root, retries
    self._processes, self._address = processes, address
    self._interrupt = InterruptFlag()

  def command(self, job: Job) -> tuple[str, ...]:
    """Returns what follows the interpreter on a job's command line."""
    teacher = []
    if job.teacher is not None:
      teacher.append(f'--teacher_checkpoint_dir={self._root / job.teacher}')
    if job.teacher_checkpoint is not None:
      teacher.append(f'--teacher_checkpoint_number={job.teacher_checkpoint}')
    base_dir = f'--base_dir={self._root / job.directory}'
    return ('-m', 'reincarnating_rl.train', *job.flags, base_dir, *teacher)

  def shown(self, job: Job) -> str:
    """Returns a job's command, as a user may type it."""
    return shlex.join((sys.executable, *self.command(job)))

  def is_done(self, job: Job) -> bool:
    """Returns whether a job was finished before.

    Raises:
      UserError: see `finished.is_done`.
    """
    place = self._root / job.directory
    return finished.is_done(place, job.flags, self.command(job))

  def run(self, jobs: Sequence[Job]) -> dict[str, str]:
    """Runs the jobs that are not done. A job waits for the one it needs.

    Args:
      jobs: each after the one it needs.

    Returns:
      By directory of a failed job, why it failed. A job that needs a failed one
      does not run, and counts as failed.

    Raises:
      InUseError: another command is at work in the directory.
      UserError: it holds runs with other settings, or cannot be written.
      KeyboardInterrupt: after every run has written its checkpoint.
    """
    with claims.claimed(self._root, '--out'):
      done = {job.directory for job in jobs if self.is_done(job)}
      work = Work(jobs, done, self._retries)
      if not work.is_over:
        self._connect_and_run(work, len(jobs))
    return work.failed

  def _connect_and_run(self, work: Work, total: int) -> None:
    with (
      session.connected(self._address, self._processes),
      self._interrupt.listening(),
      _progress(total, work) as bar,
    ):
      for resources in {job.resources for job in work.waiting}:
        session.check_room(self._address, ray_names(resources))
      engine = Engine()
      try:
        self._work(engine, work, bar)
      except BaseException:
        self._stop(engine, work)
        raise

  def _work(self, engine: Engine, work: Work, bar: tqdm.tqdm) -> None:
    jobs: dict[str, Job] = {}
    while not work.is_over:
      most = self._processes or session.room(self._address)
      for job in work.take(most):
        jobs[job.directory] = job
        engine.start(job.directory, self._request(job))
      for name, news in engine.events(_POLL_SECONDS):
        if isinstance(news, str):
          work.started(jobs[name], news)
        elif (told := work.ended(jobs[name], news)) is not None:
          tqdm.tqdm.write(f'{name}: {told}', file=sys.stderr)
      self._interrupt.check()
      _show(bar, work)

  def _stop(self, engine: Engine, work: Work) -> None:
    """Has every run write its checkpoint; an interrupt ends them at once."""
    running = set(work.running)
    try:
      engine.stop()
      while running:
        for name, news in engine.events(_POLL_SECONDS):
          if not isinstance(news, str):
            running.discard(name)
        if self._interrupt.insisted:
          raise KeyboardInterrupt
    finally:
      engine.stop(at_once=True)

  def _request(self, job: Job) -> Request:
    return Request(
      self.command(job),
      job.flags,
      str(self._root / job.directory),
      os.getcwd(),
      os.path.abspath(self._root / '.jax_cache'),
      job.resources,
    )


@contextlib.contextmanager
def _progress(total: int, work: Work) -> Iterator[tqdm.tqdm]:
  """Makes the line of progress: done of all, time, time left, what runs."""
  with tqdm.tqdm(
    total=total,
    initial=len(work.done),
    unit=' run',
    dynamic_ncols=True,
    smoothing=0,  # A run takes long; the last one tells little.
  ) as bar:
    yield bar


def _show(bar: tqdm.tqdm, work: Work) -> None:
  running = [name for name, where in work.running.items() if where]
  names = ', '.join(running[:_SHOWN])
  counts = {
    'failed': len(work.failed),
    'waiting for a machine': len(work.running) - len(running),
    'running': len(running),
  }
  told = ', '.join(f'{count} {what}' for what, count in counts.items() if count)
  if running:
    told += f': {names}{", ..." if len(running) > _SHOWN else ""}'
  ended = len(work.done) + len(work.failed) - bar.n
  # A terminal's clock ticks; a file grows only when there is news.
  is_news = told != bar.postfix
  bar.set_postfix_str(told, sys.stderr.isatty() or is_news)
  if ended:
    bar.update(ended)
