"""The record of a flight, and the file of a policy's flights."""

import json
import math
import os
import pathlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from reincarnating_rl.balloon.policy import Policy
from reincarnating_rl.envs.balloon_games import MAX_STEPS_PER_EPISODE, Flight
from reincarnating_rl.support import files, json_file
from reincarnating_rl.support.errors import DamagedFileError, UserError

Record = dict[str, Any]
"""One flight as JSON: `seed`, `return`, `time_within_radius` (a fraction),
`steps`, `end` and `path`. The path has lists with a value after each step (the
keys of `DIGITS`, and `within_radius`, 0 or 1) and one with a value before each
step (`SUN`).
"""

# Of the values on a path; as they are in `BalloonGame.step`.
DIGITS = {
  'x_km': 2,
  'y_km': 2,
  'altitude': 0,
  'pressure': 0,
  'battery_soc': 3,
  'acs_power': 0,
}
SUN = 'sun_elevation'  # In degrees above the horizon.
_TYPES = {
  'seed': int,
  'return': (int, float),
  'time_within_radius': (int, float),
  'steps': int,
  'end': str,
  'path': dict,
}
_SUFFIX = '.jsonl'


def describe(flight: Flight, sun: list[float]) -> Record:
  """Returns the record of a flight.

  Args:
    flight: of T steps.
    sun: its elevation in degrees before each step, [T].
  """
  path = {
    name: [_rounded(info[name], digits) for info in flight.infos]
    for name, digits in DIGITS.items()
  }
  path['within_radius'] = [int(i['within_radius']) for i in flight.infos]
  path[SUN] = [_rounded(x, 1) for x in sun]
  return {
    'seed': flight.seed,
    'return': flight.return_,
    'time_within_radius': flight.time_within_radius,
    'steps': len(flight.infos),
    'end': flight.end,
    'path': path,
  }


def _rounded(value: float, digits: int) -> float:
  return round(float(value), digits) if digits else round(float(value))


def file_of(directory: str | os.PathLike[str], name: str) -> pathlib.Path:
  """Returns the path of a policy's flights."""
  return pathlib.Path(directory) / f'{name}{_SUFFIX}'


class FlightFile:
  """A policy's flights: a line that names the policy, then a line a flight.

  Once `add` has returned, a flight is kept, whatever happens later.

  Attributes:
    path: of the file.
    flights: by seed, without their paths.
  """

  def __init__(
    self,
    directory: pathlib.Path,
    policy: Policy,
    max_steps: int = MAX_STEPS_PER_EPISODE,
  ) -> None:
    """Reads the file, if it exists; writes nothing.

    Args:
      directory: of the file.
      policy: whose flights they are.
      max_steps: until a flight's time-out.

    Raises:
      UserError: the file has another policy's flights, or is damaged.
    """
    self.path = file_of(directory, policy.name)
    self._header = {
      'policy': policy.name,
      'identity': policy.identity,
      'max_steps': max_steps,
      'agent': policy.agent,
      'checkpoint': policy.path,
      'checkpoint_number': policy.number,
    }
    self.flights: dict[int, Record] = {}
    if self.path.exists():
      lines = _parsed(self.path)
      if header := next(lines, None):  # Else a kill has cut even that line.
        self._check(header)
      self.flights = {record['seed']: _short(record) for record in lines}

  def read(self, seed: int) -> Record | None:
    """Returns a flight with its path, if it is there."""
    if seed not in self.flights:
      return None
    header_and_flights = _parsed(self.path)
    next(header_and_flights)
    return next(r for r in header_and_flights if r['seed'] == seed)

  def add(self, record: Record) -> None:
    """Writes a flight, durably."""
    with open(self.path, 'ab') as file:
      is_new = file.tell() == 0
      if is_new:
        file.write(_line(self._header))
      file.write(_line(record))
      file.flush()
      os.fsync(file.fileno())
    if is_new:
      files.sync_directory(str(self.path.parent))
    self.flights[record['seed']] = _short(record)

  def mend(self) -> None:
    """Drops a last line that a kill has cut."""
    if self.path.exists():
      with open(self.path, 'rb+') as file:
        file.truncate(_whole(file))

  def sort(self) -> None:
    """Sorts the flights by their seeds."""
    if list(self.flights) == sorted(self.flights):
      return
    # The lines as they are: ten thousand flights are gigabytes once parsed.
    header, *lines = self.path.read_bytes().splitlines(keepends=True)
    by_seed = dict(zip(self.flights, lines, strict=True))
    files.write_atomically(
      str(self.path), b''.join([header, *(by_seed[s] for s in sorted(by_seed))])
    )
    self.flights = dict(sorted(self.flights.items()))

  def _check(self, header: dict[str, Any]) -> None:
    for key in ('identity', 'max_steps'):
      if header.get(key) != self._header[key]:
        raise UserError(
          f'{self.path} has the flights of another {self._header["policy"]} '
          f'({key} {_plain(header.get(key))}, not {self._header[key]}): choose '
          f'another --out or another NAME=DIR, or {_remedy(header)}.'
        )


def _parsed(path: pathlib.Path) -> Iterator[dict[str, Any]]:
  """Reads the line that names the policy, then flight by flight.

  A last line that was cut off is ignored.

  Raises:
    DamagedFileError: a line cannot be read.
  """
  try:
    with open(path, 'rb') as file:
      whole = _whole(file)
      while file.tell() < whole:
        is_header = file.tell() == 0
        value = dict(json.loads(file.readline()))
        if not is_header:
          _check_flight(value)
        yield value
  except (ValueError, TypeError, LookupError, RecursionError) as error:
    raise DamagedFileError(
      f'{path} is damaged ({type(error).__name__}): remove it, and its flights '
      'will be flown again.'
    ) from error


def _check_flight(value: dict[str, Any]) -> None:
  """Refuses what no table or picture can be made of."""
  path, steps = value['path'], value['steps']
  numbers = (value['return'], value['time_within_radius'])
  if not (
    all(isinstance(value[key], types) for key, types in _TYPES.items())
    and all(math.isfinite(number) for number in numbers)
    and all(isinstance(x, list) and len(x) == steps for x in path.values())
    and all(isinstance(x, int | float) for row in path.values() for x in row)
  ):
    raise ValueError('a line is no flight')


def _remedy(header: dict[str, Any]) -> str:
  number = header.get('checkpoint_number')
  if number is None:
    return 'remove that file'
  return (
    f'name the checkpoint that flew by its file, ckpt.{_plain(number)}.json'
  )


def _plain(value: Any) -> str:
  """Returns a text of one line, for messages."""
  return ascii(str(value)[:80])[1:-1]


def _whole(file: BinaryIO) -> int:
  """Returns where the last whole line ends; leaves the file at its start."""
  file.seek(0)
  end = file.read().rfind(b'\n') + 1
  file.seek(0)
  return end


def _line(value: dict[str, Any]) -> bytes:
  return json_file.dumps(value, separators=(',', ':')).encode() + b'\n'


def _short(record: Record) -> Record:
  return {key: value for key, value in record.items() if key != 'path'}
