"""Members of honest and of hostile zip files."""

import io
import tracemalloc
import warnings
import zipfile

import pytest

from reincarnating_rl.importers.formats.zip_members import Members
from reincarnating_rl.support.errors import DamagedFileError
from tests.importers.formats import torch_files


def test_members_are_read():
  members = {'a/b': b'12', 'c': b''}
  found = Members(torch_files.zipped(members), 'dir/x.zip')
  assert found.names == {'a/b', 'c'}
  assert {name: found.read(name) for name in found.names} == members


def _twice():
  buffer = io.BytesIO()
  with zipfile.ZipFile(buffer, 'w') as file, warnings.catch_warnings():
    warnings.simplefilter('ignore')
    file.writestr('a', b'1')
    file.writestr('a', b'2')
  return buffer.getvalue()


def _overlapping(count):
  """Many names of one member, so that a small file seems large."""
  data = torch_files.zipped({'a': bytes(1000)})
  start = data.index(b'PK\x01\x02')
  end = data.index(b'PK\x05\x06')
  entry = data[start:end]
  entries = b''.join(
    entry[:46] + bytes([97 + i]) + entry[47:] for i in range(count)
  )
  sizes = count.to_bytes(2, 'little') * 2 + len(entries).to_bytes(4, 'little')
  return data[:start] + entries + data[end : end + 8] + sizes + data[end + 16 :]


@pytest.mark.parametrize(
  ('data', 'reason'),
  [
    (b'', 'not a zip file'),
    (b'PK\x03\x04 and no more', 'not a zip file'),
    (torch_files.zipped({'../a': b''}), "'../a' is not a valid name"),
    (torch_files.zipped({'/etc/a': b''}), 'is not a valid name'),
    (torch_files.zipped({'b\\..\\a': b''}), 'is not a valid name'),
    (_twice(), 'two members have the same name'),
    (_overlapping(5), 'larger than the file'),
    (b'PK\x01\x02' * 10_001, 'too many members'),
  ],
)
def test_odd_directories_are_refused(data, reason):
  with pytest.raises(DamagedFileError) as error:
    Members(data, 'dir/x.zip')
  assert str(error.value).startswith('dir/x.zip is damaged')
  assert reason in str(error.value) and '\n' not in str(error.value)


def test_a_bomb_is_not_inflated():
  data = torch_files.zipped({'a': bytes(10**8)}, zipfile.ZIP_DEFLATED)
  found = Members(data, 'x.zip')
  tracemalloc.start()
  try:
    with pytest.raises(DamagedFileError, match="'a' is compressed"):
      found.read('a')
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
  finally:
    tracemalloc.stop()


def test_an_altered_member_is_reported():
  data = torch_files.zipped({'a': b'unmistakable'})
  found = Members(data.replace(b'unmistakable', b'unmistakeble'), 'x.zip')
  with pytest.raises(DamagedFileError, match='CRC'):
    found.read('a')
