"""A QDagger DQN's update with each network for frames, beside Nature's.

python benchmarks/networks.py

The settings are those of the shipped qdagger_dqn.gin.
"""

import argparse
import time
from collections.abc import Callable

import jax
from limits import bare_updates
from pretraining import filled
from timing import in_turn

NETWORKS = {
  'Nature': 'networks.NatureDQNNetwork',
  'Compact': 'reincarnation_networks.CompactDQNNetwork',
  'Patch': 'reincarnation_networks.PatchDQNNetwork',
}


def updates(network: str, count: int) -> Callable[[], None]:
  """Returns a function that makes `count` updates, on one batch.

  Args:
    network: its name for gin.
    count: of updates.
  """
  agent, store = filled('dqn', 1000, [f'JaxDQNAgent.network = @{network}'])
  batch = jax.device_put(store.sample())
  return bare_updates(agent, batch, count)


def main() -> None:
  """Prints milliseconds an update, and how many times as fast as Nature's."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--updates', type=int, default=20, help='in one timing')
  parser.add_argument('--rounds', type=int, default=9)
  parser.add_argument(
    '--cpu', action='store_true', help='CPU seconds, on a machine that is busy'
  )
  args = parser.parse_args()
  alternatives = {n: updates(g, args.updates) for n, g in NETWORKS.items()}
  seconds = in_turn(
    alternatives,
    rounds=args.rounds,
    clock=time.process_time if args.cpu else time.perf_counter,
  )
  print(f'{jax.default_backend()}, batch 32')
  for name, value in seconds.items():
    ratio = seconds['Nature'] / value
    print(f'{name:10} {1e3 * value / args.updates:8.2f} ms  {ratio:5.2f} x')


if __name__ == '__main__':
  main()
