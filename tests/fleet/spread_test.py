import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.fleet.spread import Spread
from tests import scripts

_FOUR = """
import jax
jax.config.update('jax_num_cpu_devices', 4)
import numpy as np
from tests.fleet.spread_test import check
from reincarnating_rl.fleet.spread import Spread
for number, used in ((8, 4), (6, 3), (1, 1)):
  spread = Spread(number)
  assert spread.num_devices == used
  states = check(spread)
  assert len(states.sharding.device_set) == used
"""


def check(spread):
  """Runs a program of all seeds; returns its states."""
  n = spread.number
  program = spread.program(
    lambda state, own, shared: (state + own * shared, {'sum': state.sum()})
  )
  states = spread.put(list(np.arange(2.0 * n).reshape(n, 2)))
  owns = spread.put(list(np.arange(float(n))))
  states, told = program(states, owns, spread.share(np.float32(10.0)))
  expected = np.arange(2.0 * n).reshape(n, 2) + 10 * np.arange(n)[:, None]
  np.testing.assert_array_equal(states, expected)
  assert [float(t['sum']) for t in spread.take(told)] == [
    4.0 * i + 1 for i in range(n)
  ]
  return states


@pytest.mark.parametrize('side_by_side', [False, True])
@pytest.mark.parametrize('number', [1, 3])
def test_each_seed_gets_its_own(number, side_by_side):
  check(Spread(number, jax.devices()[:1], side_by_side=side_by_side))


def test_a_single_seed_keeps_its_branches():
  spread = Spread(1, jax.devices()[:1])
  program = spread.program(
    lambda x, own, shared: (jax.lax.cond(x > 0, jnp.sin, jnp.cos, x), None)
  )
  assert 'cond' in str(jax.make_jaxpr(program)(jnp.ones(1), None, 0))


def test_four_devices_share_the_seeds():
  done = scripts.run(_FOUR)
  assert done.returncode == 0, done.stderr
