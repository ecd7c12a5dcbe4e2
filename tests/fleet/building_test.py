"""What a fleet refuses, and how it mixes batches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.fleet import building
from reincarnating_rl.fleet.building import Mixture
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay import device_view
from reincarnating_rl.replay.device_draws import Drawn
from reincarnating_rl.replay.device_ring import DeviceRing
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.callable_teacher import CallableTeacher
from tests import toys
from tests.fleet import corridors

STATE = np.zeros((toys.LENGTH, 1), np.float32)


def test_refuses_games_that_are_no_programs():
  assert building.program_of(corridors.corridor()).num_actions == 2
  with pytest.raises(UserError, match='--run_number'):
    building.program_of(toys.corridor())
  game = corridors.corridor()
  with pytest.raises(UserError, match='leave them out'):
    building.program_of(game._replace(for_teacher=game))


def test_refuses_teachers_that_are_no_programs():
  building.check_teacher(None, STATE)
  building.check_teacher(toys.ScriptedTeacher(), STATE)
  teacher = CallableTeacher(
    lambda states: states.sum(axis=(1, 2)).astype(int), num_actions=2
  )
  with pytest.raises(UserError, match='write it in JAX'):
    building.check_teacher(teacher, STATE)


def store_of(action):
  """Returns a store of steps that tell whose they are by their action."""
  store = FrameStore(
    capacity=64,
    observation_shape=(2,),
    stack_size=1,
    actions=Discrete(2),
    policy_size=2,
    seed=0,
  )
  frames = np.ones((50, 2), np.uint8)
  store.add_episode(
    frames, np.full(50, action, np.int32), np.ones(50), terminal=True
  )
  return store


@pytest.mark.parametrize('is_exact', [False, True])
def test_mixes_in_the_teachers_elements(is_exact):
  own, theirs = store_of(0), store_of(1)
  replay = DeviceRing(own.settings)
  data = device_view.device_view(theirs), jnp.arange(50), 50
  keys = own.sample_keys(1000)
  batch = own.gather(keys)._replace(
    importance_weight=np.linspace(0.1, 0.5, 1000).astype(np.float32)
  )
  drawn = Drawn(jnp.asarray(own.slots(keys)), jnp.ones(1000))
  mixed, slots = Mixture(replay, 0.25, is_exact=is_exact).mix(
    batch, drawn, jax.random.PRNGKey(0), data
  )
  is_teacher = np.asarray(mixed.action) == 1
  assert (is_teacher.sum() == 250) == is_exact
  assert abs(is_teacher.mean() - 0.25) < 0.05
  np.testing.assert_array_equal(slots.slots == -1, is_teacher)
  weights = np.asarray(mixed.importance_weight)
  assert (weights[is_teacher] == 1.0).all()
  assert weights[~is_teacher].max() == 1.0 > weights[~is_teacher].min()
