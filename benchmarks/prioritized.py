"""Prioritised sampling beside Dopamine's `PrioritizedSamplingDistribution`.

  python benchmarks/prioritized.py

Both are full, and each operation is timed once a round, as in training: four
new elements, a draw of keys and probabilities, an update. Our sums wait for the
draw, whose time includes them. Our `add` stores a step as well (of one pixel);
Dopamine's is the sampler's part alone: add, and remove the oldest.
"""

import argparse
import os

os.environ['JAX_PLATFORMS'] = 'cpu'

import numpy as np

from reincarnating_rl.compat import dopamine_compat  # noqa: F401  isort: skip
from dopamine.jax.replay_memory import samplers
from timing import in_turn

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore

ADDED = 4  # Elements between updates, Dopamine's update_period.
FRAME = np.zeros(1, np.uint8)


class Ours:
  """PrioritizedFrameStore whose every step is an element."""

  def __init__(self, losses: np.ndarray, batch_size: int) -> None:
    count = len(losses)
    self.store = PrioritizedFrameStore(
      capacity=count,
      observation_shape=(1,),
      actions=Discrete(1),
      stack_size=1,
      seed=0,
    )
    self.store.add_episode(
      np.zeros((count, 1), np.uint8),
      np.zeros(count, np.int32),
      np.zeros(count, np.float32),
      terminal=True,
    )
    self.store.update(np.arange(count), td_losses=losses)
    self.losses = losses[:batch_size]

  def add(self) -> None:
    """Stores steps; each evicts an element and completes one."""
    for _ in range(ADDED):
      self.store.add(Transition(FRAME, 0, 0.0, False))

  def sample(self) -> None:
    """Draws keys; the elements themselves are not gathered."""
    self.keys = self.store._draw(len(self.losses)).keys

  def update(self) -> None:
    """Updates what was drawn."""
    self.store.update(self.keys, td_losses=self.losses)


class Dopamine:
  """PrioritizedSamplingDistribution as Dopamine's Rainbow uses it."""

  def __init__(self, losses: np.ndarray, batch_size: int) -> None:
    self.next_key = count = len(losses)
    # One more than it holds, for it adds before it removes.
    self.sampler = samplers.PrioritizedSamplingDistribution(
      seed=0, max_capacity=count + 1
    )
    # What `add` leaves behind; a million calls would take minutes.
    self.sampler._index_by_key = {key: key for key in range(count)}
    self.sampler._key_by_index = list(range(count))
    self.sampler._sum_tree.set(np.arange(count), np.sqrt(losses + 1e-10))
    self.count = count
    self.losses = losses[:batch_size]

  def add(self) -> None:
    """Adds keys with the largest priority, and removes the oldest."""
    for _ in range(ADDED):
      priority = self.sampler._sum_tree.max_recorded_priority
      self.sampler.add(self.next_key, priority=priority)
      self.sampler.remove(self.next_key - self.count)
      self.next_key += 1

  def sample(self) -> None:
    """Draws keys."""
    self.keys = self.sampler.sample(len(self.losses)).keys

  def update(self) -> None:
    """Updates what was drawn."""
    priorities = np.sqrt(self.losses + 1e-10)
    self.sampler.update(self.keys, priorities=priorities)


def main() -> None:
  """Prints microseconds, and their ratio."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--elements', type=int, default=1_000_000)
  parser.add_argument('--batch_size', type=int, default=32)
  parser.add_argument('--rounds', type=int, default=5000)
  args = parser.parse_args()

  losses = np.random.default_rng(0).lognormal(size=args.elements)
  ours, theirs = (kind(losses, args.batch_size) for kind in (Ours, Dopamine))
  operations = ('add', 'sample', 'update')
  seconds = in_turn(
    {
      f'{operation} {name}': getattr(side, operation)
      for operation in operations
      for name, side in (('ours', ours), ('theirs', theirs))
    },
    rounds=args.rounds,
  )
  print(f'{args.elements:,} elements, batch {args.batch_size}; microseconds')
  print(f'{"":12}{"ours":>10}{"Dopamine":>12}{"ratio":>10}')
  totals = [0.0, 0.0]
  for operation in operations:
    pair = [1e6 * seconds[f'{operation} {name}'] for name in ('ours', 'theirs')]
    totals = [total + one for total, one in zip(totals, pair, strict=True)]
    label = f'add {ADDED}' if operation == 'add' else operation
    print(f'{label:12}{pair[0]:10.1f}{pair[1]:12.1f}{pair[1] / pair[0]:9.1f}x')
  print(
    f'{"together":12}{totals[0]:10.1f}{totals[1]:12.1f}'
    f'{totals[1] / totals[0]:9.1f}x'
  )


if __name__ == '__main__':
  main()
