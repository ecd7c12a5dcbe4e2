"""Reading a legacy replay beside Dopamine's `OutOfGraphReplayBuffer.load`.

  python benchmarks/legacy.py --frames 1000000

A synthetic replay (`replay.pong`; one step in 900 ends an episode) is written
as Dopamine up to 4.0 writes one, and loaded in a new process by each. Peak
memory is all that the process ever held, its interpreter included; its ratio is
to the store's own arrays, and at most 1.15 for a million frames (7 GB, which
Dopamine's takes too: `--skip_dopamine` spares the second process). Nothing here
gates a test.
"""

import argparse
import gzip
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time

import numpy as np
from replay import peak, pong, resident

FRAME, STACK, EPISODE = (84, 84), 4, 900
NUMBER, LIMIT = 7, 1.15


def write(folder, count):
  """Writes a replay of `count` slots that has just been filled."""
  slot = np.arange(count)
  is_blank = slot % (EPISODE + STACK - 1) < STACK - 1
  is_end = slot % (EPISODE + STACK - 1) == EPISODE + STACK - 2
  reward = np.where(is_blank, 0, slot % 50 == 0)
  for name, column in (
    ('$store$_action', np.where(is_blank, 0, slot % 6).astype(np.int32)),
    ('$store$_reward', reward.astype(np.float32)),
    ('$store$_terminal', is_end.astype(np.uint8)),
    ('add_count', np.array(count)),
    ('invalid_range', (count - 1 + np.arange(STACK + 1)) % count),
  ):
    with _open(folder, name) as file:
      np.save(file, column)
  with _open(folder, 'episode_end_indices') as file:
    pickle.dump({int(i) for i in np.flatnonzero(is_end)}, file)
  _write_frames(folder, is_blank)


def _open(folder, name):
  path = os.path.join(folder, f'{name}_ckpt.{NUMBER}.gz')
  return gzip.open(path, 'wb', compresslevel=1)


def _write_frames(folder, is_blank):
  """Writes frame after frame, never all of them."""
  frames, count = pong(), len(is_blank)
  header = {'descr': '|u1', 'fortran_order': False, 'shape': (count, *FRAME)}
  with _open(folder, '$store$_observation') as file:
    np.lib.format.write_array_header_1_0(file, header)
    for at in range(0, count, len(frames)):
      blank = is_blank[at : at + len(frames), None, None]
      file.write(np.where(blank, 0, frames[: len(blank)]).tobytes())


def load_ours(folder):
  """Loads into a FrameStore; returns it, and a function that loads."""
  from reincarnating_rl.importers import external_replay
  from reincarnating_rl.replay.frame_store import FrameStore

  replay = external_replay.choose(folder)
  info = replay.inspect()
  store = FrameStore(
    capacity=info.entries,
    observation_shape=info.observation_shape,
    actions=info.actions,
    seed=0,
  )
  return store.columns, lambda: replay.load(store)


def load_dopamine(folder):
  """Loads into Dopamine's buffer; returns its arrays, and a function."""
  import tensorflow  # noqa: F401, I001
  import reincarnating_rl.compat.dopamine_compat  # noqa: F401
  from dopamine.tf.replay_memory import circular_replay_buffer

  name = f'$store$_observation_ckpt.{NUMBER}.gz'
  with gzip.open(os.path.join(folder, name)) as file:
    np.lib.format.read_magic(file)
    shape, _, _ = np.lib.format.read_array_header_1_0(file)
  buffer = circular_replay_buffer.OutOfGraphReplayBuffer(
    FRAME, STACK, shape[0], 32
  )
  return buffer._store, lambda: buffer.load(folder, NUMBER)


def measure(kind, folder):
  """Loads in this process, and says what it took."""
  arrays, load = {'ours': load_ours, 'dopamine': load_dopamine}[kind](folder)
  found = {'before': resident(), 'size': 0.0}
  start = time.perf_counter()
  load()
  found['seconds'] = time.perf_counter() - start
  found['peak'] = peak()
  found['size'] = sum(array.nbytes for array in arrays.values()) / 1e6
  return found


def run(kind, folder):
  """Measures in a process of its own."""
  output = subprocess.run(
    [sys.executable, __file__, '--kind', kind, '--directory', folder],
    check=True,
    stdout=subprocess.PIPE,
    env=os.environ | {'JAX_PLATFORMS': 'cpu'},
  ).stdout
  return json.loads(output.splitlines()[-1])


def show(label, found):
  """Prints what one of them took."""
  print(f'{label}:')
  print(f'  memory before loading, MB   {found["before"]:10.0f}')
  print(f'  peak memory, MB             {found["peak"]:10.0f}')
  print(f'  its own arrays, MB          {found["size"]:10.0f}')
  print(f'  peak / arrays               {found["peak"] / found["size"]:10.3f}')
  print(f'  seconds                     {found["seconds"]:10.1f}')
  speed = found['size'] / found['seconds']
  print(f'  MB/s                        {speed:10.0f}')


def main():
  """Writes a replay and prints the figures, or measures one of them."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--frames', type=int, default=1_000_000)
  parser.add_argument('--skip_dopamine', action='store_true')
  parser.add_argument('--kind', choices=['ours', 'dopamine'])
  parser.add_argument('--directory')
  args = parser.parse_args()
  if args.kind:
    print(json.dumps(measure(args.kind, args.directory)))
    return
  with tempfile.TemporaryDirectory() as folder:
    write(folder, args.frames)
    print(f'{args.frames:,} frames of a legacy replay')
    show(f'ours (limit of the ratio {LIMIT} at a million)', run('ours', folder))
    if args.skip_dopamine:
      print('Dopamine was not measured (--skip_dopamine).')
    else:
      show('Dopamine', run('dopamine', folder))


if __name__ == '__main__':
  main()
