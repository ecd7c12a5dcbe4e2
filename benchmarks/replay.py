"""Our replay beside Dopamine's `dopamine.jax.replay_memory.ReplayBuffer`.

  python benchmarks/replay.py --frames 100000
  python benchmarks/replay.py --frames 100000 --game humanoid

Both get the same synthetic game and are measured in processes of their own;
memory is what the filled replay adds to what the process had before. `pong` has
frames, stacks of four and batches of 32; `humanoid` has the vectors of
dm_control's, 67 numbers that are seen and 21 that act, no stacks, and batches
of 256. Nothing here gates a test.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

import numpy as np

ROWS = {
  'memory': 'memory held, MB',
  'add': 'add, us',
  'sample': 'sample, ms',
  'faults': 'page faults of a sample',
  'save': 'first save, s',
  'disk': 'on disk, MB',
  'save_new': 'save after 1,000 new steps, s',
  'load': 'load, s',
  'load_peak': 'peak memory of load, MB',
}


class Game(NamedTuple):
  """Steps that are added again and again."""

  observations: np.ndarray  # [N, *O]
  actions: np.ndarray  # [N, ...]
  stack_size: int
  batch_size: int
  episode: int  # steps
  terminal: bool  # whether it ends, rather than times out


def humanoid(count=4096):
  """Numbers without meaning, as many as those of dm_control's humanoid."""
  rng = np.random.default_rng(0)
  return Game(
    rng.normal(size=(count, 67)).astype(np.float32),
    rng.uniform(-1, 1, (count, 21)).astype(np.float32),
    stack_size=1,
    batch_size=256,
    episode=1000,
    terminal=False,
  )


def pong(count=4096):
  """Frames with two paddles, a ball, a net and a score; none like the next."""
  frames = np.full((count, 84, 84), 87, np.uint8)
  frames[:, :9] = frames[:, 79:] = 236
  frames[:, 9:79, 41:43:2] = 120
  for i, frame in enumerate(frames):
    ours, theirs = 10 + (3 * i) % 60, 10 + (5 * i) % 60
    frame[ours : ours + 8, 74:76] = 148
    frame[theirs : theirs + 8, 8:10] = 132
    frame[11 + (7 * i) % 66, 11 + (11 * i) % 62] = 236
    frame[2:7, 20 + i % 9 : 24 + i % 9] = 160
  actions = np.arange(count, dtype=np.int32) % 6
  return Game(frames, actions, 4, 32, episode=900, terminal=True)


GAMES = {'pong': pong, 'humanoid': humanoid}


def resident():
  """Returns the megabytes that this process holds now."""
  with open('/proc/self/statm', encoding='utf-8') as f:
    return int(f.read().split()[1]) * os.sysconf('SC_PAGE_SIZE') / 1e6


def peak():
  """Returns the most megabytes that this process ever held."""
  return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def page_faults():
  """Returns how often this process was given a page of memory."""
  return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def timed(function):
  """Returns the seconds that a call takes."""
  start = time.perf_counter()
  function()
  return time.perf_counter() - start


class Ours:
  """FrameStore and SegmentLog."""

  def __init__(self, game, capacity, directory):
    from reincarnating_rl.learner.actions import Continuous, Discrete
    from reincarnating_rl.learner.types import Transition
    from reincarnating_rl.replay.frame_store import FrameStore
    from reincarnating_rl.replay.segment_log import SegmentLog

    actions = Discrete(6)
    if game.actions.ndim > 1:
      size = game.actions.shape[1]
      actions = Continuous((-1.0,) * size, (1.0,) * size)
    self.replay = FrameStore(
      capacity=capacity,
      observation_shape=game.observations.shape[1:],
      observation_dtype=game.observations.dtype,
      actions=actions,
      stack_size=game.stack_size,
      batch_size=game.batch_size,
      seed=0,
    )
    self.transition = Transition
    self.log = SegmentLog(os.path.join(directory, 'replay'))
    self.manifest = os.path.join(directory, 'manifest.json')

  def save(self, _):
    """Writes what is new, and the manifest that replaces the one before."""
    manifest = self.log.save(self.replay)
    with open(self.manifest, 'w', encoding='utf-8') as f:
      json.dump(manifest, f)

  def load(self, _):
    """Loads what the manifest names."""
    with open(self.manifest, encoding='utf-8') as f:
      self.log.load(self.replay, json.load(f))


class Dopamine:
  """ReplayBuffer as Dopamine's agents make it."""

  def __init__(self, game, capacity, directory):
    import reincarnating_rl.compat.dopamine_compat  # noqa: F401, I001
    from dopamine.jax.replay_memory import accumulator
    from dopamine.jax.replay_memory import elements
    from dopamine.jax.replay_memory import replay_buffer
    from dopamine.jax.replay_memory import samplers
    from absl import logging

    logging.set_verbosity(logging.ERROR)
    self.replay = replay_buffer.ReplayBuffer(
      accumulator.TransitionAccumulator(game.stack_size, 1, 0.99),
      samplers.UniformSamplingDistribution(0),
      batch_size=game.batch_size,
      max_capacity=capacity,
    )
    self.transition = elements.TransitionElement
    self.directory = directory

  def save(self, number):
    """Writes a checkpoint of that number."""
    self.replay.save(self.directory, number)

  def load(self, number):
    """Loads the checkpoint of that number."""
    self.replay.load(self.directory, number)


def fill(bench, game, first, count):
  """Adds steps first to first + count."""
  for i in range(first, first + count):
    at, ends = i % len(game.actions), i % game.episode == game.episode - 1
    bench.replay.add(
      bench.transition(
        *(game.observations[at], game.actions[at], 0.0),
        *(ends and game.terminal, ends),
      )
    )


def size_on_disk(directory):
  """Returns the megabytes of all files under a directory."""
  return (
    sum(
      os.path.getsize(os.path.join(folder, name))
      for folder, _, names in os.walk(directory)
      for name in names
    )
    / 1e6
  )


def measure_filled(kind, game, count, directory):
  """Fills, samples and saves twice."""
  bench = kind(game, count, directory)
  before = resident()
  found = {'add': timed(lambda: fill(bench, game, 0, count)) / count * 1e6}
  found['memory'] = resident() - before
  faults = page_faults()
  times = [timed(bench.replay.sample) for _ in range(300)]
  found['faults'] = (page_faults() - faults) / len(times)
  found['sample'] = 1e3 * float(np.median(times))
  found['save'] = timed(lambda: bench.save(1))
  found['disk'] = size_on_disk(directory)
  fill(bench, game, count, 1000)
  found['save_new'] = timed(lambda: bench.save(2))
  return found


def measure_loaded(kind, game, count, directory):
  """Loads what `measure_filled` saved, in a new process."""
  bench = kind(game, count, directory)
  before = resident()
  seconds = timed(lambda: bench.load(2))
  return {'load': seconds, 'load_peak': peak() - before}


def run(name, game, frames):
  """Measures one replay; each stage in a process of its own."""
  found = {}
  with tempfile.TemporaryDirectory() as directory:
    for stage in ('filled', 'loaded'):
      output = subprocess.run(
        [sys.executable, __file__, '--frames', str(frames), '--game', game]
        + ['--stage', stage, '--kind', name, '--directory', directory],
        check=True,
        stdout=subprocess.PIPE,
        env=os.environ | {'JAX_PLATFORMS': 'cpu'},
      ).stdout
      found |= json.loads(output.splitlines()[-1])
  return found


def main():
  """Prints the table, or measures one stage for it."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--frames', type=int, default=100_000)
  parser.add_argument('--game', choices=list(GAMES), default='pong')
  parser.add_argument('--skip_dopamine', action='store_true')
  parser.add_argument('--stage', choices=['filled', 'loaded'])
  parser.add_argument('--kind', choices=['ours', 'dopamine'])
  parser.add_argument('--directory')
  args = parser.parse_args()
  if args.stage:
    kind = {'ours': Ours, 'dopamine': Dopamine}[args.kind]
    stage = {'filled': measure_filled, 'loaded': measure_loaded}[args.stage]
    game = GAMES[args.game]()
    print(json.dumps(stage(kind, game, args.frames, args.directory)))
    return
  ours = run('ours', args.game, args.frames)
  theirs = {}
  if not args.skip_dopamine:
    theirs = run('dopamine', args.game, args.frames)
  if args.skip_dopamine:
    print('Dopamine was not measured (--skip_dopamine).')
  print(
    f'{args.frames:,} steps of {args.game}'.ljust(32),
    'ours    Dopamine   ratio'.rjust(32),
  )
  for key, label in ROWS.items():
    row = f'{label:32}{ours[key]:10.2f}'
    if theirs:
      row += f'{theirs[key]:12.2f}'
      if ours[key]:
        row += f'{theirs[key] / ours[key]:9.1f}x'
    print(row)


if __name__ == '__main__':
  main()
