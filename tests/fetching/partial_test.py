import os
import pathlib
import threading

import pytest

from reincarnating_rl.fetching import partial
from reincarnating_rl.fetching.errors import FetchError
from reincarnating_rl.fetching.remote import RemoteFile
from reincarnating_rl.support import files

DATA = b'123456789'
REMOTE = RemoteFile('name', len(DATA), '1', 'crc32c', '4waSgw==')


class Download:
  """A partial file, and the calls of its `on_bytes`."""

  def __init__(self, tmp_path):
    self.path = str(tmp_path / 'deep' / 'file')
    self.told = []
    self.stop = threading.Event()

  def opened(self, remote=REMOTE):
    return partial.opened(self.path, remote, self.told.append, self.stop)

  def there(self, remote=REMOTE):
    return partial.bytes_there(self.path, remote)


@pytest.fixture
def download(tmp_path):
  return Download(tmp_path)


def test_write_leave_and_finish(download):
  with download.opened() as part:
    part.write(DATA[:4])
    assert not part.is_right()
  assert download.there() == 4
  assert not os.path.exists(download.path)
  with download.opened() as part:
    assert part.size == 4
    part.write(DATA[4:])
    assert part.is_right()
    part.finish(download.path)
  with open(download.path, 'rb') as f:
    assert f.read() == DATA
  assert os.listdir(os.path.dirname(download.path)) == ['file']
  assert download.told == [4, 5]


def test_a_file_that_another_has_just_finished_stays(download, monkeypatch):
  first = download.opened()
  part = first.__enter__()
  part.write(DATA)
  lock = partial.claims.lock

  def late(*args):
    monkeypatch.undo()
    part.finish(download.path)
    first.__exit__(None, None, None)
    return lock(*args)

  monkeypatch.setattr(partial.claims, 'lock', late)
  with download.opened():
    assert pathlib.Path(download.path).read_bytes() == DATA


def test_the_bytes_are_durable_before_the_name(download, monkeypatch):
  events = []
  fsync, replace = os.fsync, os.replace

  def noted_fsync(descriptor):
    events.append(os.fstat(descriptor).st_ino)
    fsync(descriptor)

  def noted_replace(source, target):
    assert os.path.getsize(source) == len(DATA)
    events.append('replace')
    replace(source, target)

  with download.opened() as part:
    part.write(DATA)
    monkeypatch.setattr(os, 'fsync', noted_fsync)
    monkeypatch.setattr(os, 'replace', noted_replace)
    part.finish(download.path)
  folder = os.stat(os.path.dirname(download.path)).st_ino
  assert events == [os.stat(download.path).st_ino, 'replace', folder]


@pytest.mark.parametrize(
  'other',
  [REMOTE._replace(version='2'), REMOTE._replace(size=10)],
  ids=['version', 'size'],
)
def test_another_version_restarts(download, other):
  with download.opened() as part:
    part.write(DATA[:4])
  assert download.there(other) == 0
  with download.opened(other) as part:
    assert part.size == 0
    part.write(DATA[:3])
  assert (download.there(other), download.there()) == (3, 0)


@pytest.mark.parametrize('record', [None, b'', b'{', b'\xff', b'[]' * 9999])
def test_bytes_without_their_record_are_not_trusted(download, record):
  with download.opened() as part:
    part.write(DATA[:4])
  if record is None:
    os.remove(f'{download.path}.part.json')
  else:
    with open(f'{download.path}.part.json', 'wb') as f:
      f.write(record)
  assert download.there() == 0
  with download.opened() as part:
    assert part.size == 0


def test_a_kill_during_a_restart(download, monkeypatch):
  with download.opened() as part:
    part.write(DATA[:4])

  def killed(path, data):
    raise SystemExit

  other = REMOTE._replace(version='2')
  with monkeypatch.context() as patch, pytest.raises(SystemExit):
    patch.setattr(files, 'write_atomically', killed)
    download.opened(other).__enter__()
  assert (download.there(other), download.there()) == (0, 0)


def test_more_bytes_than_the_file_has(download):
  with download.opened() as part:
    part.write(DATA)
    with pytest.raises(partial.Overlong):
      part.write(b'0')
  with open(f'{download.path}.part', 'ab') as f:
    f.write(b'0')
  assert download.there() == 0


def test_discarded_bytes_are_subtracted(download):
  with download.opened() as part:
    part.write(b'wrong')
    part.discard()
    part.write(DATA)
    assert part.is_right()
  assert download.told == [5, -5, 9]


def test_nothing_is_written_after_a_stop(download):
  with download.opened() as part:
    part.write(DATA[:4])
    download.stop.set()
    with pytest.raises(partial.Stopped):
      part.write(DATA[4:])
  assert download.there() == 4


def test_two_processes_do_not_write_one_file(download):
  with (
    download.opened() as part,
    pytest.raises(FetchError, match='Another process is fetching'),
  ):
    part.write(DATA[:4])
    download.opened().__enter__()
  assert download.there() == 4
