"""Mutated files give what was read, or a user's error, soon and in little.

`READER_MUTATIONS` is the number of mutations of all readers together in `make
soak`; `python -m tests.readers.fuzz` measures them one by one.
"""

import os

import pytest

from tests.readers import fuzz
from tests.readers.table import READERS

_QUICK = 30
_SOAK = int(os.environ.get('READER_MUTATIONS', '200000'))


@pytest.mark.parametrize('name', READERS)
def test_mutated_files(name, tmp_path):
  figures = fuzz.measure(name, range(_QUICK), tmp_path / 'x')
  assert figures.failures == []
  assert figures.read < figures.mutations


@pytest.mark.soak
@pytest.mark.parametrize('name', READERS)
def test_many_mutated_files(name, capsys):
  figures = fuzz.measure_apart(name, fuzz.shares(_SOAK)[name])
  with capsys.disabled():
    print(f'\n{fuzz.TITLE}\n{fuzz.row(name, figures)}')
  assert figures.failures == []
  assert 0 < figures.read < figures.mutations


def test_a_failure_is_told(monkeypatch, tmp_path):
  """With the number of the mutation, where it was raised, and no more."""

  def fail(folder):
    if not next(folder.iterdir()).read_bytes().startswith(b'\x80\x02'):
      raise KeyError('x')

  broken = READERS['statistics']._replace(read=fail)
  monkeypatch.setitem(READERS, 'statistics', broken)
  figures = fuzz.measure('statistics', range(200), tmp_path / 'x')
  assert 0 < len(figures.failures) == 200 - figures.read
  assert figures.failures[0].startswith('statistics ')
  assert "KeyError 'x'" in figures.failures[0]
  monkeypatch.setattr(fuzz, 'MAX_SECONDS', -1.0)
  figures = fuzz.measure('statistics', range(1), tmp_path / 'x')
  assert figures.failures[-1].endswith('seconds')
