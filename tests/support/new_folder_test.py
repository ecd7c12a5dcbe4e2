import errno
import os

import pytest

from reincarnating_rl.support import new_folder
from reincarnating_rl.support.errors import UserError


def test_a_link_to_an_empty_folder_stays_a_link(tmp_path):
  (tmp_path / 'real').mkdir()
  out = tmp_path / 'out'
  out.symlink_to('real')
  new_folder.check_empty(str(out), 'OUT')
  with new_folder.writing(str(out), 'OUT') as part:
    open(os.path.join(part, 'work'), 'w').close()
  assert out.is_symlink() and os.listdir(tmp_path / 'real') == ['work']
  assert sorted(os.listdir(tmp_path)) == ['out', 'real']


def test_a_mount_point_is_refused_before_the_work(tmp_path, monkeypatch):
  def replace(source, target):
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), source)

  monkeypatch.setattr(os, 'replace', replace)
  (tmp_path / 'out').mkdir()
  with (
    pytest.raises(UserError, match='/out cannot be replaced .*busy.*in it'),
    new_folder.writing(str(tmp_path / 'out'), 'OUT'),
  ):
    pytest.fail('the work has begun')
  assert os.listdir(tmp_path) == ['out']
