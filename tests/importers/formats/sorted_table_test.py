"""Tables of keys; tensor_bundle_test reads TensorFlow's."""

import pytest

from reincarnating_rl.importers.formats import sorted_table
from tests.importers.formats import bundles


def _read(data):
  return list(sorted_table.entries(data))


def _varints(*numbers):
  return b''.join(map(bundles.varint, numbers))


def test_keys_share_their_beginnings():
  data = _varints(0, 3, 1) + b'abc' + b'1'
  data += _varints(2, 2, 0) + b'xy' + _varints(0, 1, 2) + b'b' + b'22'
  restarts = bytes(4) + (1).to_bytes(4, 'little')
  expected = [(b'abc', b'1'), (b'abxy', b''), (b'b', b'22')]
  assert _read(bundles.table(data + restarts)) == expected


def test_several_blocks_and_none():
  first, second = [(b'a', b'1'), (b'b', b'2')], [(b'c', b'3')]
  data = bundles.table(bundles.block(first), bundles.block(second))
  assert _read(data) == first + second
  assert _read(bundles.table()) == []


def test_cut_anywhere():
  data = bundles.table(bundles.block([(b'key', b'value')]))
  for position in range(len(data)):
    with pytest.raises(ValueError, match='does not end like a table'):
      _read(data[:position])


def test_altered_anywhere():
  content = bundles.block([(b'key', b'value'), (b'kez', b'')])
  data = bundles.table(content)
  for position in range(len(data)):
    altered = bytearray(data)
    altered[position] ^= 64
    try:
      found = _read(bytes(altered))
    except ValueError:
      continue
    # After the data come padding and a part that this reader skips.
    assert found == _read(data) and position >= len(content) + 5


@pytest.mark.parametrize(
  ('content', 'message'),
  [
    (b'', 'too short'),
    (b'\xff\xff\xff', 'too short'),
    (b'\xff\xff\xff\xff', 'too short'),
    (_varints(0, 5, 0) + b'a' + bytes(4), 'too early'),
    (_varints(0, 1, 2**60) + b'a' + bytes(4), 'too early'),
    (_varints(1, 1, 0) + b'a' + bytes(4), 'shares more than'),
    (_varints(0, 1001, 0) + bytes(1001) + bytes(4), 'too long'),
    (b'\x80\x80' + bytes(4), 'no end'),
  ],
)
def test_malformed_blocks(content, message):
  with pytest.raises(ValueError, match=message):
    _read(bundles.table(content))


def test_compressed_blocks_are_refused():
  data = bundles.table(bundles.block([]), compression=b'\1')
  with pytest.raises(ValueError, match='compressed'):
    _read(data)


def test_repeated_blocks_are_refused():
  data = bundles.table(bundles.block([(b'a', bytes(900))]), repeat=100)
  with pytest.raises(ValueError, match='larger than the file'):
    _read(data)
