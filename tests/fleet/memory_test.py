import jax
import numpy as np
import pytest

from reincarnating_rl.fleet import memory
from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.support.errors import UserError


def test_sizes_are_those_of_arrays_and_of_shapes():
  tree = {'a': np.zeros((3, 2)), 'b': jax.ShapeDtypeStruct((4,), np.uint8)}
  assert memory.size(tree) == 52


def test_says_what_is_needed_and_what_fits():
  spread = Spread(100, jax.devices()[:1])
  line = memory.plan(spread, 10**7, 7 * 10**6, 10**10)
  assert '100 seeds on 1 cpu device: about 20 MB a seed, 2.0 GB of 10.0' in line
  with pytest.raises(UserError, match='ask for at most 50') as error:
    memory.plan(spread, 10**7, 7 * 10**6, 10**9)
  assert 'needs about 2.0 GB' in str(error.value)
  assert 'GB of' not in memory.plan(spread, 10**7, 0, None)


def test_this_machine_has_memory():
  assert memory.available(jax.devices('cpu')[0]) > 10**8
