"""What runs next, what again, and what no more."""

import pytest

from reincarnating_rl.studies.attempt import Ended
from reincarnating_rl.studies.plan import Job
from reincarnating_rl.studies.work import Work

LOST = Ended('it was lost: its process was killed', -9)
STOPPED = Ended('Stopped.', 130)


def make(*names, retries=3, done=()):
  """Jobs `name` or `name<teacher`."""
  jobs = [
    Job(name, (), teacher or None)
    for name, _, teacher in (text.partition('<') for text in names)
  ]
  return {job.directory: job for job in jobs}, Work(jobs, done, retries)


def names(jobs):
  return [job.directory for job in jobs]


def test_students_wait_for_their_teachers():
  jobs, work = make('t', 's<t', 'o')
  assert names(work.take(9)) == ['t', 'o']
  assert names(work.take(9)) == []
  assert work.ended(jobs['t'], Ended()) is None
  assert names(work.take(9)) == ['s']
  work.ended(jobs['s'], Ended())
  work.ended(jobs['o'], Ended())
  assert work.is_over and work.done == {'t', 's', 'o'}


def test_no_more_run_than_may():
  jobs, work = make('a', 'b', 'c')
  assert names(work.take(2)) == ['a', 'b']
  assert names(work.take(2)) == []
  work.ended(jobs['a'], Ended())
  assert names(work.take(2)) == ['c']


def test_what_was_done_before_is_not_run():
  _, work = make('t', 's<t', done={'t'})
  assert names(work.take(9)) == ['s']


def attempts(work, job, *ends):
  """How often a job was started, whose attempts end so; the last for ever."""
  count = 0
  while job.directory not in work.done | set(work.failed):
    assert names(work.take(9)) == [job.directory]
    work.ended(job, ends[min(count, len(ends) - 1)])
    count += 1
    assert count < 20
  return count


@pytest.mark.parametrize(
  ('ends', 'count', 'reason'),
  [
    # The same way twice: nobody tries a third time.
    ([Ended('error: x', 1)], 2, 'error: x'),
    ([Ended('x', 1), Ended('y', 1), Ended('y', 1)], 3, 'y'),
    # A machine's faults are no program's, and do not hide it.
    ([Ended('x', 1), LOST, Ended('x', 1)], 3, 'x'),
    ([LOST], 4, LOST.reason),
    ([STOPPED], 4, STOPPED.reason),
    ([Ended('ended by signal 9, Killed', -9)], 4, 'ended by signal 9, Killed'),
    ([Ended(f'step {i}', 1) for i in range(9)], 4, 'step 3'),
    ([LOST, LOST, STOPPED, Ended()], 4, None),
  ],
)
def test_how_often_a_job_is_tried(ends, count, reason):
  jobs, work = make('a')
  assert attempts(work, jobs['a'], *ends) == count
  assert work.failed.get('a') == reason


def test_a_failure_takes_along_all_that_learns_from_it():
  jobs, work = make('t', 's<t', 'p<s', 'o', retries=0)
  work.take(1)
  assert work.ended(jobs['t'], Ended('error: x', 1)) == 'error: x'
  assert work.failed == {
    't': 'error: x',
    's': 'its teacher failed: t',
    'p': 'its teacher failed: s',
  }
  assert names(work.take(9)) == ['o']


def test_what_is_lost_waits_behind_the_others():
  jobs, work = make('a', 'b')
  work.take(1)
  assert work.ended(jobs['a'], LOST).endswith('it is started again')
  assert names(work.take(9)) == ['b', 'a']
