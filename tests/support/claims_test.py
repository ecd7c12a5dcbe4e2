"""Folders that one process at a time may claim."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from reincarnating_rl.support import claims, files

# Claims a folder, tells, and holds it until its input ends.
HOLD = """
import os, sys
from reincarnating_rl.support import claims
with claims.claimed(sys.argv[1], '--out'):
  if len(sys.argv) > 2 and not os.fork():
    import time
    time.sleep(60)
  print(os.getpid(), flush=True)
  sys.stdin.read()
"""


@pytest.fixture
def hold():
  """Starts a process that holds a folder."""
  started = []

  def start(directory, *arguments):
    process = subprocess.Popen(
      [sys.executable, '-c', HOLD, str(directory), *arguments],
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      start_new_session=True,
      text=True,
    )
    started.append(process)
    assert int(process.stdout.readline()) == process.pid
    return process

  yield start
  for process in started:
    process.kill()
    process.communicate()


def refusal(directory):
  with pytest.raises(claims.InUseError) as caught:
    claims.claim(directory, '--out')
  return str(caught.value)


def claim_soon(directory):
  """Claims a folder; a kill and a fork take a moment."""
  for _ in range(600):
    try:
      claims.claim(directory, '--out').free()
      return
    except claims.InUseError:
      time.sleep(0.05)
  raise AssertionError(f'{directory} is not free.')


def test_another_process_is_told_who_has_the_folder(tmp_path, hold):
  process = hold(tmp_path)
  assert refusal(tmp_path) == (
    f'{tmp_path} is in use by process {process.pid}: let it end, stop it, or '
    'choose another --out.'
  )
  process.communicate('')  # It ends.
  assert os.listdir(tmp_path) == []
  with claims.claimed(tmp_path, '--out'):
    assert os.listdir(tmp_path) == ['.lock']


def test_a_kill_frees_the_folder(tmp_path, hold):
  for _ in range(2):
    hold(tmp_path).kill()
    claim_soon(tmp_path)
    (tmp_path / '.lock').write_text('1 another-machine')  # As a kill leaves it.


def test_a_forked_child_does_not_hold_on(tmp_path, hold):
  parent = hold(tmp_path, 'and fork')
  os.kill(parent.pid, signal.SIGKILL)
  parent.wait()
  claim_soon(tmp_path)
  os.killpg(parent.pid, signal.SIGKILL)  # The child lives until now.


def test_this_process_may_claim_a_folder_again(tmp_path):
  first = claims.claim(tmp_path, '--out')
  assert claims.claim(f'{tmp_path}/../{tmp_path.name}', '--out') is first
  first.free()
  second = claims.claim(tmp_path, '--out')
  assert second is not first
  second.free()
  second.free()


def test_a_folder_that_was_made_for_nothing_is_removed(tmp_path):
  with claims.claimed(tmp_path / 'a' / 'b', '--out'):
    assert (tmp_path / 'a' / 'b' / '.lock').is_file()
  assert os.listdir(tmp_path) == []
  with claims.claimed(tmp_path / 'a' / 'b', '--out'):
    (tmp_path / 'a' / 'kept').write_text('')
  assert os.listdir(tmp_path / 'a') == ['kept']


def test_a_folder_that_cannot_be_written(tmp_path):
  (tmp_path / 'file').write_text('')
  for path in (
    tmp_path / 'file',
    tmp_path / 'file' / 'a',
    tmp_path / ('x' * 300),
  ):
    with pytest.raises(files.UnwritableError) as caught:
      claims.claim(path, '--out')
    assert str(caught.value).startswith(f'{path} cannot be written (')
    assert str(caught.value).endswith('or choose another --out.')


@pytest.mark.parametrize('name', ['', 'a/b'])
def test_a_full_disk_is_told_and_nothing_is_left(tmp_path, monkeypatch, name):
  def no_space(descriptor):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

  monkeypatch.setattr(claims.os, 'fsync', no_space)
  told = f'^{tmp_path / name} cannot be written .No space left on device.: free'
  with pytest.raises(files.UnwritableError, match=told):
    claims.claim(tmp_path / name, '--out')
  assert os.listdir(tmp_path) == []


def test_without_locks_a_line_says_what_to_do(tmp_path, monkeypatch, capsys):
  def no_locks(*arguments):
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

  monkeypatch.setattr(claims.fcntl, 'flock', no_locks)
  for _ in range(2):
    with claims.claimed(tmp_path, '--out'):
      pass
  (line,) = capsys.readouterr().err.splitlines()
  assert line == (
    f'warning: {tmp_path} is on a file system without locks (No locks '
    'available): take care that no other process writes there, or choose a '
    'folder on a local disk.'
  )


def test_a_holder_that_removes_its_file_meanwhile(tmp_path, monkeypatch):
  """Two would hold locks, on two files of one name."""
  open_, opened = os.open, []

  def open_and_lose(path, *arguments):
    opened.append(open_(path, *arguments))
    if len(opened) == 1:
      os.remove(path)
    return opened[-1]

  monkeypatch.setattr(claims.os, 'open', open_and_lose)
  with claims.claimed(tmp_path, '--out'):
    assert len(opened) == 2
    assert os.path.samestat(os.fstat(opened[-1]), os.stat(tmp_path / '.lock'))
    with open(tmp_path / '.lock') as file:
      assert not claims.lock(file, str(tmp_path)), 'It holds no lock.'
