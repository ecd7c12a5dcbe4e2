"""Numbers from bytes."""

import ml_dtypes
import numpy as np
import pytest

from reincarnating_rl.importers.formats import plain_numbers


def test_bfloat16_widens_exactly():
  every = np.arange(2**16, dtype=np.uint16).tobytes()
  expected = np.frombuffer(every, ml_dtypes.bfloat16).astype(np.float32)
  found = plain_numbers.from_bytes(every, 'bfloat16')
  np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
  ('type_name', 'shape'),
  [('float32', (3,)), ('float32', (True, 2)), ('V8', (1,)), ('f4,f4', (1,))],
)
def test_wrong_sizes_are_refused(type_name, shape):
  with pytest.raises(ValueError, match='numbers'):
    plain_numbers.shaped(bytes(8), type_name, shape)
