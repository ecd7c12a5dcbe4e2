"""What the layers of an Impala cost on one core, and what else there is.

  python benchmarks/convolutions.py

Each row is a layer's values and gradients, of 32 images: XLA's own convolution
beside one product of patches, nine shifted products, channels first and
bfloat16; XLA's own pooling beside that of `networks/pooling.py`. Seconds are
those of the process on its core, in turn.
"""

import os
import time

os.environ['JAX_PLATFORMS'] = 'cpu'
if hasattr(os, 'sched_setaffinity'):  # Before XLA counts the cores.
  os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import jax
import jax.numpy as jnp
import numpy as np
from impala import BATCH, flax_pool
from jax import lax
from timing import in_turn

from reincarnating_rl.networks import minatar_networks, pooling

LAYERS = ((84, 4, 16), (42, 16, 16), (42, 16, 32), (21, 32, 32), (11, 32, 32))
POOLINGS = ((84, 16), (42, 32), (21, 32))
ROUNDS = 7


def xla(x, kernel, layout='NHWC'):
  """XLA's convolution, padded."""
  axes = layout, 'HWIO', layout
  return lax.conv_general_dilated(
    x, kernel, (1, 1), 'SAME', dimension_numbers=axes
  )


def padded(x):
  """Pads by one on each side."""
  return jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))


def patches(x, kernel):
  """One product, of all patches."""
  return minatar_networks.convolve_patches(padded(x), kernel)


def shifted(x, kernel):
  """A product an entry of the kernel."""
  x, (height, width) = padded(x), x.shape[1:3]
  return sum(
    x[:, i : i + height, j : j + width] @ kernel[i, j]
    for i in range(3)
    for j in range(3)
  )


def channels_first(x, kernel):
  """XLA's, with a transposition before and after."""
  y = xla(x.transpose(0, 3, 1, 2), kernel, 'NCHW')
  return y.transpose(0, 2, 3, 1)


def bfloat16(x, kernel):
  """XLA's, of rounded numbers."""
  y = xla(x.astype(jnp.bfloat16), kernel.astype(jnp.bfloat16))
  return y.astype(jnp.float32)


CONVOLUTIONS = (xla, patches, shifted, channels_first, bfloat16)


def array(*shape):
  """Random numbers."""
  numbers = np.random.default_rng(0).normal(size=shape)
  return jnp.asarray(numbers.astype(np.float32))


def program(function, inputs):
  """Returns what computes values and gradients, compiled."""
  values = function(*inputs)

  @jax.jit
  def both(*given):
    y, pull = jax.vjp(function, *given)
    return y, pull(values)

  jax.block_until_ready(both(*inputs))
  return lambda: jax.block_until_ready(both(*inputs))


def main():
  """Prints a line a layer."""
  names = [function.__name__ for function in CONVOLUTIONS]
  print(f'{"ms":24}' + ''.join(f'{name:>16}' for name in names))
  for side, channels, features in LAYERS:
    inputs = array(BATCH, side, side, channels), array(3, 3, channels, features)
    timed = {f.__name__: program(f, inputs) for f in CONVOLUTIONS}
    seconds = in_turn(timed, rounds=ROUNDS, clock=time.process_time)
    row = f'{side} x {side}, {channels} to {features}'
    print(f'{row:24}' + ''.join(f'{1e3 * seconds[n]:16.1f}' for n in names))
    work = 3 * 2 * BATCH * side**2 * 9 * channels * features
    print(f'{"":24}{work / seconds["xla"] / 1e9:8.0f} GFLOP/s')
  print(f'{"pooling, ms":24}{"xla":>16}{"ours":>16}')
  for side, channels in POOLINGS:
    inputs = (array(BATCH, side, side, channels),)
    timed = {
      'xla': program(jax.vmap(flax_pool), inputs),
      'ours': program(jax.vmap(pooling.max_pool), inputs),
    }
    seconds = in_turn(timed, rounds=ROUNDS, clock=time.process_time)
    row = f'{side} x {side} x {channels}'
    print(f'{row:24}' + ''.join(f'{1e3 * x:16.1f}' for x in seconds.values()))
  square = array(1024, 1024)
  product = jax.jit(jnp.matmul)
  seconds = in_turn(
    {'product': lambda: product(square, square).block_until_ready()},
    rounds=ROUNDS,
    clock=time.process_time,
  )
  rate = 2 * 1024**3 / seconds['product'] / 1e9
  print(f'A product of 1,024 x 1,024: {rate:.0f} GFLOP/s.')


if __name__ == '__main__':
  main()
