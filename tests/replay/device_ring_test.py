"""The replay in the device's memory, beside the stores on the host."""

import functools

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay.device_draws import Drawn, draw
from reincarnating_rl.replay.device_ring import DeviceRing
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore
from tests.fuzzing import fuzz

SHAPE = (3, 3)


def history(seed, steps):
  """Returns [T, ...] transitions of episodes, some of which are cut."""
  rng = np.random.default_rng(seed)
  terminal = rng.random(steps) < 0.1
  return Transition(
    rng.integers(0, 2, (steps, *SHAPE), np.uint8),
    rng.integers(0, 2, steps).astype(np.int32),
    rng.normal(size=steps).astype(np.float32),
    terminal,
    terminal | (rng.random(steps) < 0.1),
  )


def both(seed, steps, kind=FrameStore, **settings):
  """Returns a store and a ring to which the same steps were added."""
  store = kind(
    **{'capacity': 40, 'policy_size': 2, 'gamma': 0.9} | settings,
    observation_shape=SHAPE,
    actions=Discrete(2),
    seed=0,
  )
  rows = history(seed, steps)
  for row in zip(*rows, strict=True):
    store.add(Transition(*row))
  functions = DeviceRing(
    store.settings,
    is_binary=True,
    is_prioritized=kind is PrioritizedFrameStore,
  )

  @jax.jit
  def fill(rows):
    def body(ring, row):
      return functions.add(ring, *row), None

    numbered = jnp.arange(steps), rows
    return jax.lax.scan(body, functions.init(), numbered)[0]

  return store, functions, fill(rows)


def keys_of(functions, ring, steps):
  """Returns the first steps of a ring's elements, in order."""
  at = np.arange(ring.tail, ring.head) % functions.settings.capacity
  return np.asarray(ring.elements)[at]


def assert_same(store, functions, ring):
  keys = store.element_keys()
  np.testing.assert_array_equal(keys_of(functions, ring, None), keys)
  assert ring.head == store.add_count
  if not len(keys):
    return
  slots = jnp.asarray(store.slots(keys), jnp.int32)
  found = functions.gather(
    ring, store.next_step, Drawn(slots, jnp.ones(len(keys)))
  )
  expected = store.gather(keys)
  chex.assert_trees_all_equal_dtypes(found, expected)
  chex.assert_trees_all_close(found, expected, rtol=1e-5, atol=1e-6)
  chex.assert_trees_all_equal(
    found._replace(reward=0, discount=0, second=0),
    expected._replace(reward=0, discount=0, second=0),
  )


@pytest.mark.parametrize(
  ('n_step', 'stack_size', 'second'), [(1, 1, None), (3, 2, 5)]
)
def test_holds_the_elements_of_the_store(n_step, stack_size, second):
  for steps in (37, 100):  # The second has wrapped.
    assert_same(
      *both(
        steps,
        steps,
        n_step=n_step,
        stack_size=stack_size,
        second_n_step=second,
      )
    )


@fuzz(
  st.integers(0, 10**6),
  st.integers(1, 120),
  st.integers(1, 5),
  st.integers(1, 4),
  st.sampled_from([None, 1, 4]),
  quick=1,
  soak=60,
)
def test_any_history(seed, steps, n_step, stack_size, second):
  assert_same(
    *both(
      seed, steps, n_step=n_step, stack_size=stack_size, second_n_step=second
    )
  )


def test_priorities_are_those_of_the_store():
  store, functions, ring = both(0, 100, PrioritizedFrameStore, n_step=2)
  keys = keys_of(functions, ring, 100)
  drawn = np.array([*keys[:3], keys[0]])
  losses = np.array([4.0, 0.0, 9.0, 0.25], np.float32)
  store.update(drawn, td_losses=losses)
  slots = jnp.asarray(store.slots(drawn), jnp.int32)
  ring = functions.update(ring, slots, losses)
  expected = np.zeros(40)
  expected[store.slots(keys)] = store.arrays()['priorities']
  np.testing.assert_allclose(ring.priorities, expected, rtol=1e-6)
  most = store.state_dict()['max_priority']
  assert ring.max_priority == pytest.approx(most) == pytest.approx(3.0)
  found = functions.sample(ring, jax.random.PRNGKey(0), 8)
  shares = expected[found.slots] / expected.sum()
  np.testing.assert_allclose(
    found.importance_weight, np.sqrt(shares.min() / shares), rtol=1e-5
  )


def test_goes_on_as_the_store_does_after_an_update():
  store, functions, ring = both(0, 100, PrioritizedFrameStore, n_step=2)
  ring = functions.label(ring, jnp.arange(60, 100), jnp.ones((40, 2)))
  keys = keys_of(functions, ring, 100)[-3:]
  losses = np.array([4.0, 9.0, 0.25, 100.0], np.float32)
  store.update(keys, td_losses=losses[:3])
  before = ring.priorities
  # The last is the teacher's, and of no element here.
  slots = jnp.array([*store.slots(keys), -1], jnp.int32)
  ring = functions.update(ring, slots, losses)
  assert ring.max_priority == pytest.approx(3.0)
  others = np.setdiff1d(np.arange(40), slots)
  np.testing.assert_array_equal(ring.priorities[others], before[others])
  add = jax.jit(functions.add)
  for step, row in enumerate(zip(*history(3, 5), strict=True), start=100):
    store.add(Transition(*row))
    ring = add(ring, jnp.int32(step), Transition(*row))
  keys = keys_of(functions, ring, 105)
  expected = np.zeros(40)
  expected[store.slots(keys)] = store.arrays()['priorities']
  np.testing.assert_allclose(ring.priorities, expected, rtol=1e-6)
  assert ring.priorities[store.slots(keys[-1:])] == pytest.approx(3.0)
  # Nobody has asked a teacher about what is new: steps 100 to 104.
  assert ring.teacher_policy[:, 0].tolist() == [1.0] * 20 + [0.0] * 5 + (
    [1.0] * 15
  )


def test_draws_are_in_proportion_to_priorities():
  rng = np.random.default_rng(0)
  priorities = np.zeros(700, np.float32)
  some = rng.choice(700, 50, replace=False)
  priorities[some] = rng.random(50) + 0.1
  uniform = (np.arange(20_000) + 0.5) / 20_000
  at, probabilities = draw(jnp.asarray(priorities), jnp.asarray(uniform))
  shares = np.bincount(at, minlength=700) / 20_000
  np.testing.assert_allclose(shares, priorities / priorities.sum(), atol=3e-4)
  assert set(np.asarray(at)) == set(some)
  np.testing.assert_allclose(
    probabilities, priorities[at] / priorities.sum(), rtol=1e-5
  )
  ends, _ = draw(jnp.asarray(priorities), jnp.array([0.0, 1.0]))
  assert list(ends) == [min(some), max(some)]


def test_uniform_draws_reach_all_elements_and_nothing_else():
  _, functions, ring = both(1, 100)
  drawn = functions.sample(ring, jax.random.PRNGKey(0), 2000)
  assert set(np.asarray(drawn.slots)) == {
    key % 40 for key in keys_of(functions, ring, 100)
  }


def test_labels_go_to_their_steps():
  _, functions, ring = both(2, 100)
  steps = jnp.arange(75, 85)  # Around the end of the ring.
  logits = jnp.arange(20.0).reshape(10, 2)
  ring = functions.label(ring, steps, logits)
  np.testing.assert_array_equal(
    np.asarray(ring.teacher_policy)[np.arange(75, 85) % 40], logits
  )


def test_seeds_side_by_side_are_seeds_alone():
  functions = both(0, 5)[1]
  rows = [history(seed, 60) for seed in range(2)]
  stacked = jax.tree.map(lambda *x: np.stack(x, 1), *rows)

  def fill(rows, map_):
    add = map_(functions.add)

    def body(ring, row):
      return add(ring, *row), None

    first = functions.init()
    if map_ is not None and rows.action.ndim == 2:
      first = jax.tree.map(lambda x: jnp.stack([x, x]), first)
    return jax.lax.scan(body, first, (jnp.arange(60), rows))[0]

  together = fill(stacked, functools.partial(jax.vmap, in_axes=(0, None, 0)))
  for i, row in enumerate(rows):
    alone = fill(row, lambda f: f)
    chex.assert_trees_all_equal(
      jax.tree.map(lambda x, i=i: x[i], together), alone
    )
