import errno
import shutil

import pytest

from reincarnating_rl.fetching import destination
from reincarnating_rl.fetching.errors import DestinationError


def test_order_of_default_folders(monkeypatch):
  monkeypatch.setenv('TEACHER_CKPT_DIR', '/data/teachers')
  monkeypatch.setenv('HOME', '/home/me')
  assert destination.choose('~/mine') == '/home/me/mine'
  assert destination.choose(None) == '/data/teachers'
  monkeypatch.setenv('TEACHER_CKPT_DIR', '')
  assert destination.choose(None) == 'teacher_ckpts'


def test_space_is_measured_at_the_destination(tmp_path, monkeypatch):
  measured = []

  def disk_usage(path):
    measured.append(path)
    return shutil._ntuple_diskusage(0, 0, 7_060_000_000)

  monkeypatch.setattr(destination.shutil, 'disk_usage', disk_usage)
  place = str(tmp_path / 'not' / 'yet')
  destination.check_space(place, 6_960_000_000)
  with pytest.raises(DestinationError, match='needs 7.06GB, .* 7.06GB free'):
    destination.check_space(place, 6_960_000_001)
  assert measured == [str(tmp_path)] * 2


def test_a_full_disk_is_no_error_if_nothing_is_missing(monkeypatch):
  usage = shutil._ntuple_diskusage(0, 0, 0)
  monkeypatch.setattr(destination.shutil, 'disk_usage', lambda path: usage)
  destination.check_space('.', 0)


def test_errors_of_the_disk_are_one_line():
  message = (
    r'^/a/b cannot be written \(No space left on device\): fix that .*'
    'resumes the download.$'
  )
  with (
    pytest.raises(DestinationError, match=message),
    destination.writing('/a'),
  ):
    raise OSError(errno.ENOSPC, 'No space left on device', '/a/b')
