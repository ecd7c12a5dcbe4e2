"""`kill -9` at any instant: a run goes on bit for bit; two never both run.

`KILLS=10 pytest -s -m soak tests/runner/kill_9_test.py` is a quick try of the
long check, which prints how many kills there were in each phase.
"""

import collections
import functools
import json
import os
import random
import time

import pytest

from tests.runner import experiments, kills, lives

KILLS = int(os.environ.get('KILLS', '300'))
_KILLS_A_RUN = 10
# In the order of a run.
_IN_ORDER = (
  *('teacher evaluation', 'collect', 'pretrain', 'evaluation', 'online'),
)
_ANYWHERE = ('start', 'checkpoint')


@pytest.fixture(scope='module')
def makers():
  makers = lives.Lives()
  yield makers
  makers.close()


@pytest.fixture(scope='module')
def never_killed(tmp_path_factory):
  """Returns the outcome of a student's run that nobody kills."""

  @functools.cache
  def outcome(student):
    folder = tmp_path_factory.mktemp(f'whole_{student}')
    return kills.whole(functools.partial(lives.make_runner, student), folder)

  return outcome


def finish(makers, student, directory, expected):
  """Two processes come at once: one runs, to the same end."""
  both = [makers.start(student, directory) for _ in range(2)]
  assert sorted(life.wait() for life in both) == [0, lives.REFUSED]
  runner = lives.make_runner(student, directory)
  assert experiments.outcome(runner) == expected
  runner._claim.free()


@pytest.mark.slow
def test_kill_9(tmp_path, makers, never_killed):
  directory = tmp_path / 'run'
  for phase in ('pretrain', 'checkpoint'):
    life = makers.start('dqn', directory)
    assert life.reaches(phase)
    life.kill()
    assert life.wait() == lives.KILLED
  finish(makers, 'dqn', directory, never_killed('dqn'))


def durations(makers, student, directory):
  """Returns the longest stay in each phase, in seconds, saving included."""
  assert makers.start(student, directory / 'compiles').wait() == 0
  life = makers.start(student, directory / 'timed')
  longest = collections.Counter()
  began = {}
  while not life.has_ended:
    phase, now = life.phase, time.monotonic()
    if phase != 'checkpoint':  # It is within the others.
      began = {p: t for p, t in began.items() if p == phase}
    began.setdefault(phase, now)
    for entered, since in began.items():
      longest[entered] = max(longest[entered], now - since)
    time.sleep(0.0005)
  assert life.wait() == 0
  return longest


def ordered_targets(moments):
  """Returns phases to be killed in; none lies behind one before it."""
  chosen = moments.choices(_IN_ORDER + _ANYWHERE, k=_KILLS_A_RUN)
  in_order = iter(
    sorted((p for p in chosen if p in _IN_ORDER), key=_IN_ORDER.index)
  )
  return [p if p in _ANYWHERE else next(in_order) for p in chosen]


def kill_in(life, phase, longest, moments):
  """Kills a life in a phase, or in a later one if that is behind it.

  Returns:
    False if it came to its end before.
  """
  if phase != 'start':
    later = _IN_ORDER[_IN_ORDER.index(phase) :] if phase in _IN_ORDER else ()
    phase = life.reaches(phase, *later) or phase
  time.sleep(moments.uniform(0.0, longest[phase]))
  life.kill()  # One that has ended is there until it is waited for.
  status = life.wait()
  assert status in (0, lives.KILLED)
  return status == lives.KILLED


@pytest.mark.soak
def test_hundreds_of_kills_change_nothing(tmp_path, makers, never_killed):
  moments, began = random.Random(1), time.monotonic()
  longest = {
    student: durations(makers, student, tmp_path / f'times_{student}')
    for student in lives.STUDENTS
  }
  by_phase, by_student = collections.Counter(), collections.Counter()
  runs = 0
  while by_phase.total() < KILLS:
    student = lives.STUDENTS[runs % len(lives.STUDENTS)]
    directory = tmp_path / f'{runs}_{student}'
    for phase in ordered_targets(moments):
      if by_phase.total() == KILLS:
        break
      life = makers.start(student, directory)
      if not kill_in(life, phase, longest[student], moments):
        break  # It has come to its end.
      by_phase[life.phase] += 1
      by_student[student] += 1
    finish(makers, student, directory, never_killed(student))
    runs += 1
  report = {
    'kills': by_phase.total(),
    'by_phase': {phase: by_phase[phase] for phase in lives.PHASES},
    'by_student': by_student,
    'runs': runs,
    'bit_equal_runs': runs,  # Each was compared.
    'refused_processes': runs,
    'minutes': round((time.monotonic() - began) / 60, 1),
  }
  text = json.dumps(report, indent=1)
  (tmp_path / 'kills.json').write_text(text)
  print(f'\n{text}\n{tmp_path}/kills.json')
  assert sum(count > 0 for count in by_phase.values()) >= min(KILLS // 20, 7)
