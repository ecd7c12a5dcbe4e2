"""What is to be run next, what again, and what no more."""

from collections.abc import Collection, Iterable

from reincarnating_rl.studies.attempt import Ended
from reincarnating_rl.studies.plan import Job


class Work:
  """Keeps account of the jobs of a study.

  Attributes:
    waiting: jobs that have to be run, in their order.
    running: where each job runs, by its directory; '' while that is unknown.
    done: directories of the jobs that are done.
    failed: by directory, why a job failed.
  """

  def __init__(
    self, jobs: Iterable[Job], done: Collection[str], retries: int
  ) -> None:
    """Takes the jobs.

    Args:
      jobs: each after the one that it needs.
      done: directories of those that were done before.
      retries: how often one job is run again.
    """
    self.waiting = [job for job in jobs if job.directory not in done]
    self.running: dict[str, str] = {}
    self.done, self.failed = set(done), dict[str, str]()
    self._retries = retries
    self._attempts: dict[str, int] = {}
    self._reasons: dict[str, str] = {}

  @property
  def is_over(self) -> bool:
    """Whether nothing runs or waits."""
    return not (self.waiting or self.running)

  def take(self, most: int) -> list[Job]:
    """Returns the jobs that are to be started, which then count as running.

    Args:
      most: may run at a time.
    """
    ready = [job for job in self.waiting if job.teacher in self.done | {None}]
    ready = ready[: max(most - len(self.running), 0)]
    for job in ready:
      self.waiting.remove(job)
      self.running[job.directory] = ''
      self._attempts[job.directory] = self._attempts.get(job.directory, 0) + 1
    return ready

  def started(self, job: Job, where: str) -> None:
    """Hears where a job runs."""
    self.running[job.directory] = where

  def ended(self, job: Job, ended: Ended) -> str | None:
    """Hears how an attempt ended; a job that may be run again waits.

    Args:
      job: whose attempt.
      ended: how.

    Returns:
      What happened, in one line; None where the job is done.
    """
    name = job.directory
    del self.running[name]
    if ended.reason is None:
      self.done.add(name)
      return None
    is_same = ended.is_its_own and self._reasons.get(name) == ended.reason
    if ended.is_its_own:
      self._reasons[name] = ended.reason
    if is_same or self._attempts[name] > self._retries:
      self._fail(name, ended.reason)
      return ended.reason
    self.waiting.append(job)
    return f'{ended.reason}; it is started again'

  def _fail(self, name: str, reason: str) -> None:
    self.failed[name] = reason
    lost = [job for job in self.waiting if job.teacher == name]
    for job in lost:
      self.waiting.remove(job)
      self._fail(job.directory, f'its teacher failed: {name}')
