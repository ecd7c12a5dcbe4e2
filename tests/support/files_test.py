import contextlib
import errno
import os
import stat

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


@pytest.mark.parametrize('number', [errno.EINVAL, errno.ENOTSUP, errno.EIO])
def test_a_folder_need_not_be_synced_where_none_can_be(
  tmp_path, monkeypatch, number
):
  fsync = os.fsync

  def of_files_alone(descriptor):
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
      raise OSError(number, os.strerror(number))
    fsync(descriptor)

  monkeypatch.setattr(files.os, 'fsync', of_files_alone)
  told = contextlib.nullcontext()
  if number == errno.EIO:
    told = pytest.raises(OSError, match=os.strerror(number))
  with told:
    files.write_atomically(str(tmp_path / 'a'), b'data')
  assert (tmp_path / 'a').read_bytes() == b'data'


def test_an_unwritable_path_is_a_user_error(tmp_path, monkeypatch):
  monkeypatch.setenv('HOME', str(tmp_path))
  files.write_for_user('~/a', b'data')
  assert (tmp_path / 'a').read_bytes() == b'data'
  told = r'^~/no/a cannot be written \(No such .*, or choose another --json\.$'
  with pytest.raises(UserError, match=told):
    files.write_for_user('~/no/a', b'data', '--json')
  with pytest.raises(UserError, match=told):
    files.check_file('~/no/a', '--json')


def test_what_a_user_named_is_checked_without_a_trace(tmp_path):
  files.check_file(str(tmp_path / 'a'), '--json')
  assert not os.listdir(tmp_path)
  (tmp_path / 'a').write_text('old')
  files.check_file(str(tmp_path / 'a'), '--json')
  assert (tmp_path / 'a').read_text() == 'old'
  for path in (tmp_path, tmp_path / 'a' / 'b', tmp_path / ('x' * 300)):
    with pytest.raises(files.UnwritableError) as caught:
      files.check_file(str(path), '--json')
    assert str(caught.value).startswith(f'{path} cannot be written (')
  assert os.listdir(tmp_path) == ['a']


def test_a_link_stays_a_link_and_a_pipe_a_pipe(tmp_path):
  (tmp_path / 'link').symlink_to(tmp_path / 'file')
  files.write_for_user(str(tmp_path / 'link'), b'data')
  assert (tmp_path / 'link').is_symlink()
  assert (tmp_path / 'file').read_bytes() == b'data'
  reader, writer = os.pipe()
  path = f'/dev/fd/{writer}'
  files.check_file(path, '--json')
  files.write_for_user(path, b'data')
  assert os.read(reader, 9) == b'data'
  os.close(reader)
  os.close(writer)


@pytest.mark.parametrize(
  ('number', 'cure'),
  [
    (errno.ENOSPC, 'free some space'),
    (errno.EDQUOT, 'free some space'),
    (errno.EIO, 'mend that'),
    (errno.EROFS, 'mend that'),
    (errno.EACCES, 'mend that'),
  ],
)
def test_a_failed_write_names_the_file_and_the_reason(
  tmp_path, monkeypatch, number, cure
):
  def fail(descriptor):
    raise OSError(number, os.strerror(number))

  monkeypatch.setattr(files.os, 'fsync', fail)
  path = str(tmp_path / 'a')
  with (
    pytest.raises(files.UnwritableError) as caught,
    files.writing(tmp_path, 'choose another --out'),
  ):
    files.write_atomically(path, b'data')
  assert str(caught.value) == (
    f'{path} cannot be written ({os.strerror(number)}): {cure}, or choose '
    'another --out.'
  )


def test_two_who_write_one_file_do_not_disturb_each_other(tmp_path):
  path = str(tmp_path / 'a')
  (tmp_path / 'a.tmp').write_bytes(b'what a kill left, which is longer')
  with files.atomically(path) as first:
    first.write(b'first')
    files.check_file(path, '--out')
    with files.atomically(path) as second:
      second.write(b'second')
    assert (tmp_path / 'a').read_bytes() == b'second'
  assert (tmp_path / 'a').read_bytes() == b'first'
  assert os.listdir(tmp_path) == ['a']


def test_a_temporary_file_that_has_got_its_name_is_opened_anew(
  tmp_path, monkeypatch
):
  path = tmp_path / 'a'
  (tmp_path / 'a.tmp').write_bytes(b'another')

  def flock(descriptor, operation):
    monkeypatch.undo()
    os.replace(f'{path}.tmp', path)

  monkeypatch.setattr(files.fcntl, 'flock', flock)
  with files.atomically(str(path)) as file:
    file.write(b'own')
    assert path.read_bytes() == b'another'
  assert path.read_bytes() == b'own'


def test_other_errors_pass():
  with pytest.raises(KeyError), files.writing('/runs/1', 'choose another'):
    raise KeyError


def test_a_folder_that_is_none(tmp_path):
  files.check_folder(str(tmp_path / 'none'), '--out')
  files.check_folder(str(tmp_path), '--out')
  (tmp_path / 'file').write_text('')
  told = '/file cannot be written .Not a directory.: mend that, or choose'
  with pytest.raises(files.UnwritableError, match=told):
    files.check_folder(str(tmp_path / 'file'), '--out')


def test_sha256_of_the_standard_example():
  # FIPS 180-2, appendix B.1.
  expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  assert files.sha256(b'abc') == expected
