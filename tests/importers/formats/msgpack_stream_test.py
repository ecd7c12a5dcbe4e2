import io

import msgpack
import pytest

from reincarnating_rl.importers.formats.msgpack_stream import (
  MsgpackStream,
  open_stream,
)
from reincarnating_rl.support.errors import DamagedFileError


def test_values_in_order(tmp_path):
  path = tmp_path / 'file'
  value = {'large': list(range(10_000)), 'list': [[1, b'x'], [2.5, None]]}
  path.write_bytes(msgpack.packb(value))
  with open_stream(str(path)) as stream:
    assert stream.map_size() == 2
    assert stream.value() == 'large'
    stream.skip()
    assert (stream.value(), stream.array_size()) == ('list', 2)
    assert [stream.value(), stream.value()] == value['list']
    with pytest.raises(DamagedFileError, match='file cannot be read'):
      stream.value()


def test_a_file_larger_than_what_is_held(monkeypatch):
  """A list ten times as large as the buffer is skipped, or read by item."""
  module = 'reincarnating_rl.importers.formats.msgpack_stream'
  monkeypatch.setattr(f'{module}._BUFFER', 2**12)
  monkeypatch.setattr(f'{module}._READ', 2**10)
  items = [bytes(1000)] * 40
  stream = MsgpackStream(io.BytesIO(msgpack.packb([items, items])), 'x')
  assert stream.array_size() == 2
  stream.skip()
  assert [stream.value() for _ in range(stream.array_size())] == items


@pytest.mark.parametrize(
  'data',
  [
    b'',
    b'\xc1',
    b'\xa5abc',
    b'\xa1\xff',
    b'\xdd\xff\xff\xff\xff',
    b'\xdf\xff\xff\xff\xff',
    b'\xc6\xff\xff\xff\xff',
    b'\xd4\x01x',
    b'\xd6\xff\x00\x00\x00\x01',
    b'\x81\x01\x02',
    99_999 * b'\x91',
    msgpack.packb(17 * [0]),
    msgpack.packb('x' * 5000),
  ],
)
def test_values_beyond_the_limits(data):
  stream = MsgpackStream(io.BytesIO(data), 'the file')
  with pytest.raises(DamagedFileError, match='the file cannot be read') as told:
    stream.value()
  assert '\n' not in str(told.value)


def test_unexpected_values_and_missing_files(tmp_path):
  for method in ('map_size', 'array_size'):
    with pytest.raises(DamagedFileError, match='cannot be read'):
      getattr(MsgpackStream(io.BytesIO(b'\x01'), 'x'), method)()
  with (
    pytest.raises(DamagedFileError, match='missing cannot be read'),
    open_stream(str(tmp_path / 'missing')),
  ):
    pass
