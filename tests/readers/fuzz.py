"""Mutates files and reads them; measures time and memory.

  python -m tests.readers.fuzz --mutations 200000 [READER ...]

Each reader runs in a process of its own, with a limit of memory. A failure
names its reader and number; `--only N` repeats that mutation alone.
"""

import argparse
import contextlib
import io
import json
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from typing import Any, NamedTuple

from reincarnating_rl.support.errors import UserError
from tests.readers import mutation
from tests.readers.table import READERS

MAX_SECONDS, MAX_BYTES = 2.0, 2**30
_MEGABYTE = 2**20
# What is not as it was cannot be mended.
_UNMENDABLE = (ValueError, LookupError, TypeError, AttributeError, OSError)
_UNMENDABLE += (RecursionError,)
_MENDED = 0.7  # Of the mutations beside a manifest with checksums.


class Figures(NamedTuple):
  """What the mutations of a reader cost."""

  mutations: int
  read: int  # without an error
  slowest: float  # CPU-seconds
  slowest_number: int
  peak: int  # bytes that the process grew by
  peak_number: int
  seconds: float
  failures: list[str]


class Mutant:
  """The files of a reader, mutated again and again."""

  def __init__(self, name: str, folder: pathlib.Path) -> None:
    self.name, self.reader, self.folder = name, READERS[name], folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    self.reader.write(folder)
    self.reader.read(folder)  # Or nothing would be tested.
    self._files = {
      path: path.read_bytes()
      for path in sorted(folder.rglob('*'))
      if path.is_file()
    }
    self._mutable = [path for path, data in self._files.items() if data]

  def read(self, number: int) -> bool:
    """Reads a mutation; returns whether it is one of a readable file.

    Raises:
      AssertionError: an error of a user is of several lines.
      Exception: any that is none of a user's.
    """
    rng = random.Random(f'{self.name} {number}')
    path = rng.choice(self._mutable)
    path.write_bytes(mutation.mutate(self._files[path], rng))
    changed = [path]
    if self.reader.mend is not None and rng.random() < _MENDED:
      with contextlib.suppress(*_UNMENDABLE):
        self.reader.mend(self.folder)
      changed = list(self._files)
    try:
      self.reader.read(self.folder)
    except UserError as error:
      text = str(error)
      assert '\n' not in text and '\x1b' not in text, repr(text)
      return False
    finally:
      for each in changed:
        each.write_bytes(self._files[each])
    return True


def measure(name: str, numbers: range, folder: pathlib.Path) -> Figures:
  """Reads mutations, and keeps on after a failure.

  Args:
    name: of the reader.
    numbers: of the mutations.
    folder: for its files.
  """
  mutant = Mutant(name, folder)
  read, slowest, peak, failures = 0, (0.0, -1), (0, -1), []
  base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
  began = time.perf_counter()
  for number in numbers:
    start = time.process_time()
    try:
      read += mutant.read(number)
    except Exception as error:  # noqa: BLE001
      frames = traceback.extract_tb(error.__traceback__)
      where = f'{frames[-1].filename}:{frames[-1].lineno}'
      failures.append(
        f'{name} {number}: {type(error).__name__} {error} {where}'
      )
    seconds = time.process_time() - start
    slowest = max(slowest, (seconds, number))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base
    if grown * 1024 > peak[0]:
      peak = grown * 1024, number
  if slowest[0] > MAX_SECONDS:
    failures.append(f'{name} {slowest[1]}: {slowest[0]:.1f} seconds')
  if peak[0] > MAX_BYTES:
    failures.append(f'{name} {peak[1]}: {peak[0] // _MEGABYTE} MB')
  taken = time.perf_counter() - began
  return Figures(len(numbers), read, *slowest, *peak, taken, failures)


def measure_apart(name: str, mutations: int) -> Figures:
  """Does the same in a process of its own, with a limit of memory."""
  command = [sys.executable, '-m', __spec__.name, '--mutations', str(mutations)]
  done = subprocess.run(
    [*command, '--json', name], capture_output=True, text=True, check=False
  )
  lines = done.stdout.splitlines()
  if done.returncode or not lines:
    raise RuntimeError(f'{name}: {done.stderr[-2000:]}')
  return Figures(**json.loads(lines[-1]))


def shares(mutations: int) -> dict[str, int]:
  """Returns how many of the mutations each reader gets."""
  total = sum(reader.weight for reader in READERS.values())
  return {
    name: round(mutations * reader.weight / total)
    for name, reader in READERS.items()
  }


def row(name: str, figures: Figures) -> str:
  """Returns a row of the table of figures."""
  return (
    f'{name:16} {figures.mutations:8} {figures.read:8} '
    f'{figures.slowest:8.2f} {figures.peak / _MEGABYTE:8.0f} '
    f'{figures.seconds:8.0f} {len(figures.failures):8}'
  )


TITLE = ' '.join(
  [f'{"reader":16}']
  + [
    f'{name:>8}' for name in 'mutated read slowest/s peak/MB all/s fail'.split()
  ]
)


def main(argv: list[str] | None = None) -> int:
  parser = argparse.ArgumentParser()
  parser.add_argument('names', nargs='*', metavar='READER')
  parser.add_argument('--mutations', type=int, default=20_000)
  parser.add_argument('--only', type=int)
  parser.add_argument('--json', action='store_true')
  args = parser.parse_args(argv)
  if args.json or args.only is not None:
    (name,) = args.names
    return _measure_here(name, args)
  print(TITLE, flush=True)
  failures: list[str] = []
  for name, count in shares(args.mutations).items():
    if args.names and name not in args.names:
      continue
    figures = measure_apart(name, count)
    failures += figures.failures
    print(row(name, figures), flush=True)
  print(*failures[:200], sep='\n')
  return bool(failures)


def _measure_here(name: str, args: Any) -> int:
  warnings.simplefilter('ignore')
  used = int(pathlib.Path('/proc/self/statm').read_text().split()[0])
  limit = used * resource.getpagesize() + 3 * MAX_BYTES
  resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
  shm = pathlib.Path('/dev/shm')
  with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
    path = pathlib.Path(folder, 'x')
    if args.only is not None:
      print(Mutant(name, path).read(args.only))
      return 0
    with contextlib.redirect_stdout(io.StringIO()):
      figures = measure(name, range(args.mutations), path)
  print(json.dumps(figures._asdict()))
  return 0


if __name__ == '__main__':
  sys.exit(main())
