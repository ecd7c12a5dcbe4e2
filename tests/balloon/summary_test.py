"""The table's numbers, by hand."""

import pytest

from reincarnating_rl.balloon import summary
from tests.balloon import fakes


def flights(*triples):
  return [
    fakes.record(seed, time_within=time, return_=return_, end=end)
    for seed, (time, return_, end) in enumerate(triples)
  ]


def test_means_errors_failures_and_shares():
  told = summary.summarise(
    {
      'teacher': flights((0.8, 700.0, 'time_out'), (0.6, 500.0, 'time_out')),
      'student': flights(
        (0.5, 500.0, 'out_of_power'), (0.2, 400.0, 'envelope_burst')
      ),
    }
  )
  teacher, student = told
  # Two values that differ by d have the standard error d / 2.
  assert teacher['time_within_radius'] == {
    'mean': pytest.approx(0.7),
    'stderr': pytest.approx(0.1),
    'of_the_first': 1.0,
  }
  assert student['return'] == {
    'mean': 450.0,
    'stderr': pytest.approx(50.0),
    'of_the_first': 0.75,
  }
  assert student['failures'] == {
    'out_of_power': 1,
    'envelope_burst': 1,
    'zeropressure': 0,
  }
  assert summary.rows(told) == [
    ('teacher', '70.0 ± 10.0', '600.0 ± 100.0', '0 of 2', '100%', '100%'),
    (
      *('student', '35.0 ± 15.0', '450.0 ± 50.0'),
      *('1 out of power, 1 envelope burst of 2', '50%', '75%'),
    ),
  ]
  assert len(summary.NAMES) == 6


def test_of_one_flight_there_is_no_error_and_of_nothing_no_share():
  told = summary.summarise(
    {
      'teacher': flights((0.0, 2.0, 'time_out')),
      'student': flights((0.5, 4.0, 'time_out')),
    }
  )
  assert summary.rows(told) == [
    ('teacher', '0.0', '2.0', '0 of 1', '–', '100%'),
    ('student', '50.0', '4.0', '0 of 1', '–', '200%'),
  ]
