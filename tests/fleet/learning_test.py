"""A seed's online loop by hand, with a student that counts its updates."""

import dataclasses
import itertools
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.fleet import learning
from reincarnating_rl.fleet.learning import Online
from reincarnating_rl.fleet.play import Player
from reincarnating_rl.fleet.types import Clock, Own, Plan, Seed
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import LearnerState, Report, Weights
from reincarnating_rl.replay.device_ring import DeviceRing
from reincarnating_rl.replay.settings import ReplaySettings
from tests import toys
from tests.fleet import corridors

EPSILONS = np.float32([[0.0, 1.0], [1.0, 0.0]])  # Of two blocks in turn.
LOGITS = np.arange(10, dtype=np.float32).reshape(toys.LENGTH, 2)


def dear(place, action, key):
  """A step of the corridor for twenty times the money."""
  place, outcome = corridors.step(place, action, key)
  return place, outcome._replace(reward=20 * outcome.reward)


def act(params, state, key, epsilon, *, eval_mode):
  """Goes by what a student is to act by, each of it in turn."""
  place = state[..., -1].argmax()
  return key + 1, (params + place + epsilon.astype(jnp.int32)) % 2


def update(learner, batch, weights):
  """Counts; an element's priority becomes a tenth of its place, plus 0.1."""
  places = batch.state[..., -1].argmax(axis=-1)
  losses = ((1.0 + places) / 10) ** 2
  learner = learner._replace(params=learner.params + 1)
  return learner, Report(losses, {'Rate': weights.learning_rate})


def online():
  settings = ReplaySettings.checked(
    capacity=40,
    observation_shape=(toys.LENGTH,),
    observation_dtype=np.float32,
    stack_size=2,
    n_step=1,
    gamma=0.9,
    actions=Discrete(2),
    policy_size=2,
  )
  return Online(
    player=Player(
      dataclasses.replace(corridors.program(), step=dear),
      stack_size=2,
      max_steps=5,
    ),
    learner=SimpleNamespace(
      update=update,
      sync_target=lambda s: s._replace(target_params=s.params),
    ),
    replay=DeviceRing(settings, is_prioritized=True),
    act=act,
    teacher=SimpleNamespace(policy_logits=lambda x: x[..., -1] @ LOGITS),
    rolls_in=False,
    batch_size=3,
    update_period=2,
    updates_per_step=1,
    warm_up=7,
    target_period=3,
    min_history=2,
    clips_rewards=True,
    reads_returns=False,
  )


def play(parts, blocks):
  """Yields a seed after each block of two steps, and what the block tells."""
  seed = Seed(
    LearnerState(jnp.int32(0), jnp.int32(-1), (), jnp.int32(0)),
    parts.replay.init(),
    **learning.begin(parts.player, jax.random.PRNGKey(0)),
  )
  run = jax.jit(
    lambda seed, rate, plan: parts.run(
      seed, (Own(Weights({}, rate)), None), plan, labels=True
    )
  )
  for block in range(blocks):
    clock = Clock(jnp.int32(2 * block), jnp.int32(2 * block))
    plan = Plan(clock, EPSILONS[block % 2][None], jnp.int32(0))
    seed, told = run(seed, np.float32([block]), plan)
    yield seed, told


def played(params):
  """Returns columns by hand of steps that `params` [T] have chosen."""
  rows, place, age = [], 1, 0
  epsilons = itertools.cycle(EPSILONS.reshape(-1).tolist())
  for count, epsilon in zip(params, epsilons, strict=False):
    seen, action = place, (count + place + int(epsilon)) % 2
    place += 1 if action == toys.RIGHT else -1
    reward = {0: 1.0, toys.LENGTH - 1: 1.0}.get(place, -1.0)
    terminal = place in (0, toys.LENGTH - 1)
    rows.append((seen, action, reward, terminal, age))
    age += 1
    if terminal or age == 5:
      place, age = 1, 0
  return [np.array(column) for column in zip(*rows, strict=True)]


def test_each_step_is_as_by_hand():
  parts = online()
  told = list(play(parts, 10))
  learners = [seed.learner for seed, _ in told]
  # The warm-up ends at step 7: so the block of steps 6 and 7 may sync, and the
  # next is the first that begins with an update.
  updates = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6]
  assert [int(x.params) for x in learners] == updates
  # Blocks with a multiple of 3: of 6, 9, 12, 15, 18.
  assert [int(x.target_params) for x in learners] == [
    *(-1, -1, -1, 0, 1, 1, 3, 4, 4, 6),
  ]
  assert int(learners[-1].key) == 20  # As often as it has acted.
  assert [bool(t.updated[0]) for _, t in told] == [x > 0 for x in updates]
  assert [float(t.metrics['Rate'][0]) for _, t in told] == [
    *(0.0, 0.0, 0.0, 0.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0),
  ]
  places, *columns = played(np.repeat(updates, 2))
  ring = told[-1][0].ring
  eye = np.eye(toys.LENGTH)
  np.testing.assert_array_equal(ring.observation[:20], eye[places])
  for name, column in zip(
    ('action', 'reward', 'terminal', 'episode_step'), columns, strict=True
  ):
    np.testing.assert_array_equal(getattr(ring, name)[:20], column, name)
  np.testing.assert_array_equal(ring.teacher_policy[:20], LOGITS[places])
  # New elements have priority 1, those of updates what `update` says.
  priorities = np.asarray(ring.priorities[:20])
  drawn = (priorities > 0.0) & (priorities < 1.0)
  assert drawn.sum() > 5 and len(set(places[drawn])) > 1
  np.testing.assert_allclose(priorities[drawn], (1 + places[drawn]) / 10)
