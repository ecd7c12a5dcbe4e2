import errno
import os

import pytest

from reincarnating_rl.support import files
from reincarnating_rl.support.errors import UserError


def test_replaces_a_file_and_leaves_nothing_else(tmp_path):
  path = tmp_path / 'a'
  files.write_atomically(str(path), b'old')
  files.write_atomically(str(path), b'new')
  assert path.read_bytes() == b'new'
  assert os.listdir(tmp_path) == ['a']


def test_a_path_without_a_folder(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  files.write_atomically('a', b'data')
  assert (tmp_path / 'a').read_bytes() == b'data'


@pytest.mark.parametrize('call', ['fsync', 'replace'])
@pytest.mark.parametrize('error', [OSError(errno.ENOSPC, ''), SystemExit()])
def test_a_failure_leaves_the_old_file_alone(
  tmp_path, monkeypatch, call, error
):
  path = tmp_path / 'a'
  path.write_bytes(b'old')

  def fail(*args):
    raise error

  monkeypatch.setattr(files.os, call, fail)
  with pytest.raises(type(error)):
    files.write_atomically(str(path), b'new')
  assert path.read_bytes() == b'old'
  assert os.listdir(tmp_path) == ['a']


def test_the_data_is_durable_before_its_name_and_then_the_name(
  tmp_path, monkeypatch
):
  events = []
  fsync, replace = os.fsync, os.replace

  def noted_fsync(descriptor):
    events.append(os.fstat(descriptor).st_ino)
    fsync(descriptor)

  def noted_replace(source, target):
    assert os.path.getsize(source) == 4
    events.append(('replace', os.stat(source).st_ino))
    replace(source, target)

  monkeypatch.setattr(files.os, 'fsync', noted_fsync)
  monkeypatch.setattr(files.os, 'replace', noted_replace)
  files.write_atomically(str(tmp_path / 'a'), b'data')
  file, folder = (tmp_path / 'a').stat().st_ino, tmp_path.stat().st_ino
  assert events == [file, ('replace', file), folder]


def test_an_unwritable_path_is_a_user_error(tmp_path, monkeypatch):
  monkeypatch.setenv('HOME', str(tmp_path))
  files.write_for_user('~/a', b'data')
  assert (tmp_path / 'a').read_bytes() == b'data'
  with pytest.raises(UserError, match='^~/no/a cannot be written .*another'):
    files.write_for_user('~/no/a', b'data')


@pytest.mark.parametrize('number', [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_user_error(number):
  with (
    pytest.raises(files.DiskFullError, match='No space left in /runs/1: free'),
    files.disk_full_is_a_users_error('/runs/1'),
  ):
    raise OSError(number, os.strerror(number))


@pytest.mark.parametrize('error', [PermissionError(errno.EACCES, ''), KeyError])
def test_other_errors_pass(error):
  with (
    pytest.raises((PermissionError, KeyError)),
    files.disk_full_is_a_users_error('/runs/1'),
  ):
    raise error


def test_sha256_of_the_standard_example():
  # FIPS 180-2, appendix B.1.
  expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  assert files.sha256(b'abc') == expected
