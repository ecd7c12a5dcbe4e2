"""What is kept of flights, and that it is kept whatever happens."""

import json

import numpy as np
import pytest

from reincarnating_rl.balloon import records
from reincarnating_rl.balloon.records import FlightFile
from reincarnating_rl.envs.balloon_games import Flight
from reincarnating_rl.support.errors import DamagedFileError, UserError
from tests.balloon import fakes


def info(x_km, within, end=''):
  return {
    'x_km': x_km,
    'y_km': -2.71828,
    'altitude': 16_789.6,
    'pressure': 9_876.5,
    'battery_soc': 0.98765,
    'acs_power': 212.4,
    'superpressure': 1.0,
    'within_radius': within,
    'elapsed_seconds': 180.0,
    'end': end,
  }


def test_a_flight_is_kept_in_few_digits():
  infos = [info(3.14159, True), info(51.0, False, 'out_of_power')]
  flight = Flight(7, np.array([1.0, 0.25]), infos)
  assert records.describe(flight, [30.04, -4.25]) == {
    'seed': 7,
    'return': 1.25,
    'time_within_radius': 0.5,
    'steps': 2,
    'end': 'out_of_power',
    'path': {
      'x_km': [3.14, 51.0],
      'y_km': [-2.72, -2.72],
      'altitude': [16_790, 16_790],
      'pressure': [9_876, 9_876],
      'battery_soc': [0.988, 0.988],
      'acs_power': [212, 212],
      'within_radius': [1, 0],
      'sun_elevation': [30.0, -4.2],
    },
  }


@pytest.fixture
def written(tmp_path):
  file = FlightFile(tmp_path, fakes.policy())
  for seed in (1, 0):
    file.add(fakes.record(seed))
  return file


def test_flights_are_read_back_and_sorted(tmp_path, written):
  file = FlightFile(tmp_path, fakes.policy())
  assert list(file.flights) == [1, 0]
  file.sort()
  lines = (tmp_path / 'a.jsonl').read_text().splitlines()
  header, *found = [json.loads(line) for line in lines]
  assert found == [fakes.record(0), fakes.record(1)]
  assert header['policy'] == 'a' and header['identity'] == 'sha of a'
  assert file.read(1) == fakes.record(1) and file.read(2) is None
  # What a table needs, and no more, stays in memory.
  assert file.flights[1]['return'] == 3.5 and 'path' not in file.flights[1]


def test_what_a_kill_has_cut_is_dropped(tmp_path, written):
  data = written.path.read_bytes()
  for end in (len(data) - 1, len(data) - 20):
    written.path.write_bytes(data[:end])
    file = FlightFile(tmp_path, fakes.policy())
    assert list(file.flights) == [1]
    file.mend()
    file.add(fakes.record(5))
    assert list(FlightFile(tmp_path, fakes.policy()).flights) == [1, 5]


def test_a_kill_in_the_first_line(tmp_path, written):
  written.path.write_bytes(written.path.read_bytes()[:10])
  file = FlightFile(tmp_path, fakes.policy())
  file.mend()
  file.add(fakes.record(4))
  assert list(FlightFile(tmp_path, fakes.policy()).flights) == [4]


def test_another_policy_is_refused(tmp_path, written):
  other = fakes.policy()._replace(identity='another')
  with pytest.raises(UserError, match=r'a\.jsonl has .*or remove that file'):
    FlightFile(tmp_path, other)
  with pytest.raises(UserError, match='max_steps 960, not 10'):
    FlightFile(tmp_path, fakes.policy(), max_steps=10)
  student = fakes.policy('student')._replace(number=3)
  FlightFile(tmp_path, student).add(fakes.record(0))
  newer = student._replace(identity='another', number=4)
  with pytest.raises(UserError, match=r'flew by its file, ckpt\.3\.json'):
    FlightFile(tmp_path, newer)
  moved = fakes.policy()._replace(path='elsewhere')
  assert len(FlightFile(tmp_path, moved).flights) == 2


@pytest.mark.parametrize(
  'line',
  [b'{"seed"\n', b'[1]\n', b'{"seed": 1}\n', b'[' * 99_999 + b'\n'],
)
def test_damage_is_told(tmp_path, written, line):
  with open(written.path, 'ab') as file:
    file.write(line)
  with pytest.raises(DamagedFileError, match=r'a\.jsonl is damaged'):
    FlightFile(tmp_path, fakes.policy())


@pytest.mark.parametrize(
  'changed',
  [
    {'seed': [0]},
    {'return': 'x'},
    {'return': float('nan')},
    {'steps': 2},
    {'path': {'x_km': [1, 2, None]}},
    {'end': [[0]]},
  ],
)
def test_a_line_that_is_no_flight_is_told(tmp_path, written, changed):
  with open(written.path, 'a') as file:
    file.write(json.dumps(fakes.record(2) | changed) + '\n')
  with pytest.raises(DamagedFileError, match=r'a\.jsonl is damaged \(ValueErr'):
    FlightFile(tmp_path, fakes.policy())


def test_lines_are_json(written):
  lines = written.path.read_text().splitlines()
  assert [json.loads(line).get('seed') for line in lines] == [None, 1, 0]
