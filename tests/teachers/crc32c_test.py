"""The checksum against published values and TensorBoard's own."""

import hypothesis
import pytest
from hypothesis import strategies as st
from tensorboard.compat.tensorflow_stub import pywrap_tensorflow as oracle

from reincarnating_rl.teachers import crc32c


@pytest.mark.parametrize(
  ('data', 'expected'),
  [
    (b'', 0),
    (b'123456789', 0xE3069283),  # The customary check of a polynomial.
    # RFC 3720, B.4.
    (bytes(32), 0x8A9136AA),
    (b'\xff' * 32, 0x62A8AB43),
    (bytes(range(32)), 0x46DD794E),
    (bytes(reversed(range(32))), 0x113FDB5C),
  ],
)
def test_published_values(data, expected):
  assert crc32c.crc32c(data) == expected


@hypothesis.settings(max_examples=200, deadline=None)
@hypothesis.given(st.binary(max_size=400))
def test_any_bytes(data):
  assert crc32c.crc32c(data) == oracle.crc32c(data)
  assert crc32c.masked_crc32c(data) == oracle.masked_crc32c(data)
