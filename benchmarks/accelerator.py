"""What an accelerator makes of it, in six minutes; ratios from one run.

  python benchmarks/accelerator.py
  JAX_PLATFORMS=cpu python benchmarks/accelerator.py --tiny

* Offline updates a second on Atari's frames in the device's memory, scanned,
  beside the bare update on one batch in place.
* The same of CleanRL's JAX update, written from its description: QDagger, a
  distillation of the teacher beside TD, a Python call an update, its batch
  handed over from the host.
* Online steps a second of the host loop.
* Many seeds of MinAtar in one program, environments included.

A part that does not fit in the time that is left is not begun.
"""

import argparse
import functools
import os
import tempfile
import time
from collections.abc import Callable, Iterator

os.environ['TQDM_DISABLE'] = '1'

import jax
import jax.numpy as jnp
import numpy as np
import optax

from reincarnating_rl.compat import dopamine_compat  # noqa: F401  isort: skip
from absl import logging
from jax.sharding import NamedSharding, PartitionSpec
from many_seeds import STEPS, configure, host_loop
from timing import in_turn

from reincarnating_rl.fleet import launch
from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.fleet.types import Clock, Own, Plan
from reincarnating_rl.learner import terms, value_function
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.learner import Learner, make_learner
from reincarnating_rl.learner.types import Batch, Weights
from reincarnating_rl.learner.update import jit_update, make_scanned_update
from reincarnating_rl.networks.registry import NETWORKS
from reincarnating_rl.replay import device_view
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.runner.factories import TeacherSettings

SECONDS = 330.0
ACTIONS, BATCH = 6, 32
TAU, GAMMA = 0.1, 0.99
NETWORK_NAMES = ('NatureDQNNetwork', 'ImpalaDQNNetwork')


def a_learner(network: str) -> Learner:
  """Returns a DQN that distils, on Atari's frames."""
  value = value_function.scalar(ACTIONS)
  return make_learner(
    value,
    NETWORKS[network].module(ACTIONS),
    [terms.td(value.td_loss), terms.distill(temperature=TAU)],
    optax.adam(1.0),
    example=np.zeros((84, 84, 4), np.uint8),
  )


def a_store(frames: int) -> FrameStore:
  """Returns labelled frames at random."""
  store = FrameStore(
    capacity=frames,
    observation_shape=(84, 84),
    gamma=GAMMA,
    actions=Discrete(ACTIONS),
    policy_size=ACTIONS,
    batch_size=BATCH,
    seed=0,
  )
  rng = np.random.default_rng(0)
  for _ in range(frames // 500):
    store.add_episode(
      rng.integers(0, 256, (500, 84, 84), np.uint8),
      rng.integers(0, ACTIONS, 500),
      rng.normal(size=500),
      terminal=True,
      teacher_policy=rng.normal(size=(500, ACTIONS)).astype(np.float32),
    )
  return store


def weights() -> Weights:
  """Returns those of an update."""
  one = np.float32(1.0)
  return Weights({'td': one, 'distill': one}, np.float32(1e-4))


def bare(learner: Learner, batch: Batch, updates: int) -> Callable[[], None]:
  """Returns what makes updates on a batch in place."""
  update, state = jit_update(learner.update), learner.init(key())
  batch = jax.device_put(batch)

  def run() -> None:
    nonlocal state
    for _ in range(updates):
      state, _ = update(state, batch, weights())
    jax.block_until_ready(state)

  return run


def scanned(
  learner: Learner, store: FrameStore, updates: int
) -> Callable[[], None]:
  """Returns what makes updates on frames in the device's memory."""
  program = make_scanned_update(
    learner.update, functools.partial(device_view.gather, stack_size=4)
  )
  view, state = device_view.device_view(store), learner.init(key())

  def run() -> None:
    nonlocal state
    slots = store.slots(store.sample_keys((updates, BATCH))).astype(np.int32)
    state, _ = program(state, view, slots, weights())
    jax.block_until_ready(state)

  return run


def cleanrl(
  network: str, store: FrameStore, updates: int
) -> Callable[[], None]:
  """Returns CleanRL's update, an update a call, sampled on the host."""
  module = NETWORKS[network].module(ACTIONS)
  apply = jax.vmap(
    lambda params, state: module.apply(params, state).q_values, (None, 0)
  )
  params = module.init(key(), np.zeros((84, 84, 4), np.uint8))
  optimizer = optax.adam(1e-4, eps=1.5e-4)

  @jax.jit
  def update(params, target, moments, batch, logits):
    next_values = apply(target, batch.next_state).max(axis=1)
    goal = batch.reward + batch.discount * next_values

    def loss(params):
      values = apply(params, batch.state)
      chosen = values[jnp.arange(BATCH), batch.action]
      q_loss = jnp.square(chosen - goal).mean()
      policy = jax.nn.log_softmax(values / TAU)
      teacher = jax.nn.softmax(logits / TAU)
      return q_loss - (teacher * policy).sum(axis=1).mean()

    gradient = jax.grad(loss)(params)
    steps, moments = optimizer.update(gradient, moments)
    return optax.apply_updates(params, steps), moments

  state = params, optimizer.init(params)

  def run() -> None:
    nonlocal state
    for _ in range(updates):
      batch = store.sample()
      state = update(state[0], params, state[1], batch, batch.teacher_policy)
    jax.block_until_ready(state)

  return run


def key() -> jax.Array:
  """Returns the key of everything."""
  return jax.random.PRNGKey(0)


def offline(network: str, tiny: bool) -> Iterator[str]:
  """Yields lines on offline updates."""
  updates = 2 if tiny else 200
  learner, store = a_learner(network), a_store(1000 if tiny else 50_000)
  seconds = in_turn(
    {
      'bare update (limit)': bare(learner, store.sample(), updates),
      'scanned, frames on the device': scanned(learner, store, updates),
      "CleanRL's JAX update": cleanrl(network, store, updates),
    },
    rounds=1 if tiny else 5,
  )
  limit = seconds['bare update (limit)']
  for name, value in seconds.items():
    yield (
      f'{network}, {name}: {updates / value:,.1f} updates/s, '
      f'{value / limit:.2f} x the limit'
    )


def many(folder: str, number: int) -> Callable[[], None]:
  """Returns what takes a thousand steps of so many seeds; no run is made."""
  first = launch.create_fleet(
    base_dir=folder,
    number=1,
    first_seed=1,
    agent='dqn',
    teacher=TeacherSettings(),
  )
  online, spread, blocks = first._online, Spread(number), STEPS // 4
  program = spread.program(functools.partial(online.run, labels=False))
  copies = jax.jit(
    lambda state: jax.tree.map(lambda x: jnp.repeat(x, number, 0), state),
    out_shardings=NamedSharding(spread.mesh, PartitionSpec('seeds')),
  )
  states = copies(first.state)
  states = states._replace(key=spread.place(jax.random.split(key(), number)))
  (seed,) = first.seeds
  ask = first._training._weights(seed, np.zeros(blocks))
  weights = jax.tree.map(lambda x: np.repeat(x[None], number, 0), ask)
  own, time_ = (Own(spread.place(weights)), None), 0

  def run() -> None:
    nonlocal states, time_
    clock = Clock(np.int32(time_), np.int32(time_))
    plan = Plan(clock, np.full((blocks, 4), 0.1, np.float32), np.int32(0))
    states, told = program(states, own, plan)
    jax.block_until_ready(told)
    time_ += STEPS

  return run


def online(tiny: bool, numbers: list[int]) -> Iterator[str]:
  """Yields lines on the host loop and on many seeds of MinAtar."""
  host, began = None, time.perf_counter()
  configure('breakout', 'dqn')
  for number in (0, *numbers):
    with tempfile.TemporaryDirectory() as folder:
      run = many(folder, number) if number else host_loop(folder, 'dqn')
      seconds = in_turn({'': run}, rounds=1 if tiny else 3)['']
    rate = max(number, 1) * STEPS / seconds
    host = host or rate
    name = f'{number} seeds in one program' if number else 'the host loop'
    yield f'MinAtar, {name}: {rate:,.0f} steps/s, {rate / host:.1f} x'
    if time.perf_counter() - began > SECONDS / 2:
      return


def main() -> None:
  """Prints a line a measurement."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--tiny', action='store_true', help='whether it works')
  parser.add_argument('--networks', nargs='*', default=NETWORK_NAMES)
  parser.add_argument('--seeds', nargs='+', type=int, default=[1, 64, 1024])
  args = parser.parse_args()
  logging.set_verbosity(logging.ERROR)
  began = time.perf_counter()
  print(jax.devices()[0].device_kind, flush=True)
  parts = [
    functools.partial(offline, name, args.tiny) for name in args.networks
  ]
  parts.append(functools.partial(online, args.tiny, args.seeds))
  for part in parts:
    if time.perf_counter() - began > SECONDS:
      print('no time is left for the rest')
      break
    for line in part():
      print(line, flush=True)


if __name__ == '__main__':
  main()
