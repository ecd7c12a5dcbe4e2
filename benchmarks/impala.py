"""What an Impala costs on one core, by how it pools.

  python benchmarks/impala.py

An update of 32 states of 84 x 84 x 4: the loss's gradient at the states, and
the target's values at the next ones. Both have the same bits. Seconds are those
of the process on its core, whoever else uses the machine.
"""

import argparse
import os
import time
from unittest import mock

os.environ['JAX_PLATFORMS'] = 'cpu'
if hasattr(os, 'sched_setaffinity'):  # Before XLA counts the cores.
  os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from timing import in_turn

from reincarnating_rl.networks import pooling, torsos
from reincarnating_rl.networks.q_networks import ImpalaDQNNetwork

BATCH, SIDE, STACK, ACTIONS = 32, 84, 4, 18


def flax_pool(x, padding='SAME'):
  """XLA's own pooling, whose gradient scatters."""
  return nn.max_pool(x, (3, 3), strides=(2, 2), padding=padding)


def programs(pool):
  """Returns the jitted update and the forward pass, by how they pool."""
  network = ImpalaDQNNetwork(ACTIONS, inputs_preprocessed=True)

  def values(params, states):
    def one(state):
      pixels = torsos.preprocess_pixels(state)
      return network.apply(params, pixels).q_values

    with mock.patch.object(pooling, 'max_pool', pool):
      return jax.vmap(one)(states)

  def loss(params, states, next_states):
    aims = jax.lax.stop_gradient(values(params, next_states).max(axis=1))
    return jnp.mean((values(params, states)[:, 0] - aims) ** 2)

  return jax.jit(jax.grad(loss)), jax.jit(values)


def main():
  """Prints a line a program."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--rounds', type=int, default=7)
  args = parser.parse_args()
  rng = np.random.default_rng(0)
  states, after = rng.integers(0, 256, (2, BATCH, SIDE, SIDE, STACK), np.uint8)
  network = ImpalaDQNNetwork(ACTIONS, inputs_preprocessed=True)
  params = network.init(
    jax.random.PRNGKey(0), torsos.preprocess_pixels(states[0])
  )
  timed, bits = {}, []
  for name, pool in (('Flax', flax_pool), ('ours', pooling.max_pool)):
    update, values = programs(pool)
    bits.append(jax.tree.leaves(update(params, states, after)))
    timed[f'update, {name}'] = lambda update=update: jax.block_until_ready(
      update(params, states, after)
    )
    timed[f'values, {name}'] = lambda values=values: jax.block_until_ready(
      values(params, states)
    )
  same = all(map(np.array_equal, *bits))
  seconds = in_turn(timed, rounds=args.rounds, clock=time.process_time)
  for name, value in seconds.items():
    beside = seconds[f'{name.split(",")[0]}, Flax']
    print(f'{name:16}{1e3 * value:8.1f} ms {beside / value:6.2f} x')
  print(f'The gradients are {"the same bits" if same else "NOT the same"}.')


if __name__ == '__main__':
  main()
