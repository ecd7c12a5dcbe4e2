"""Protocol buffers, on the examples of their documentation and others."""

import pytest

from reincarnating_rl.importers.formats import wire_format


def test_numbers():
  assert wire_format.read_varint(b'\x00', 0) == (0, 1)
  assert wire_format.read_varint(b'..\xac\x02..', 2) == (300, 4)
  minus_one = b'\xff' * 9 + b'\x01'
  assert wire_format.read_varint(minus_one, 0) == (2**64 - 1, 10)
  for endless in (b'', b'\x80', b'\x80' * 10 + b'\x00'):
    with pytest.raises(ValueError, match='no end'):
      wire_format.read_varint(endless, 0)


def test_fields_of_every_type():
  message = b'\x08\x96\x01' + b'\x12\x07testing' + b'\x12\x00'
  message += b'\x35\x01\x02\x00\x00' + b'\x39' + b'\x03' + bytes(7)
  assert list(wire_format.fields(message)) == [
    (1, 150),
    (2, b'testing'),
    (2, b''),
    (6, 513),
    (7, 3),
  ]


@pytest.mark.parametrize(
  'message',
  [
    b'\x08',
    b'\x12\x08testing',
    b'\x12\xff\xff\xff\xff\x7f',
    b'\x35\x01\x02\x00',
    b'\x0b\x0c',  # A group, which no version 3 has.
    b'\xff\xff',
  ],
)
def test_malformed_messages(message):
  with pytest.raises(ValueError, match='no end|too early|unknown type'):
    list(wire_format.fields(message))
