"""Legacy replays for the tests, written by hand, and a store for them."""

import gzip
import io
import pickle

import numpy as np

from reincarnating_rl.importers import legacy, legacy_files
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.frame_store import FrameStore

STORED = ('observation', 'action', 'reward', 'terminal')
ATTRIBUTES = (*(f'$store$_{name}' for name in STORED), 'add_count')
ATTRIBUTES += ('invalid_range', 'episode_end_indices')


def npy(array):
  """The bytes of `numpy.save`."""
  file = io.BytesIO()
  np.save(file, array)
  return file.getvalue()


def arrays(
  text, *, capacity=None, add_count=None, stack_size=3, n_step=1, shape=(2,)
):
  """Returns a replay's attributes, a letter a slot.

  Letters are x for a step, T for a terminal one, E for one that is listed as
  an end, 0 for a blank one and ? for one that was never written.
  """
  capacity = capacity or len(text)
  text = text.ljust(capacity, '?')
  add_count = len(text.rstrip('?')) if add_count is None else add_count
  number = np.arange(capacity)
  letters = np.array(list(text))
  is_blank = letters == '0'
  frames = (1 + number % 250).reshape(-1, *(1 for _ in shape))
  frames = np.broadcast_to(frames, (capacity, *shape)).astype(np.uint8)
  frames[is_blank] = 0
  reward = np.where(is_blank, 0, number / 4).astype(np.float32)
  reward[letters == '?'] = np.nan
  cursor = add_count % capacity
  around = cursor - n_step + np.arange(stack_size + n_step)
  return {
    '$store$_observation': frames,
    '$store$_action': np.where(is_blank, 0, 1 + number % 3).astype(np.int32),
    '$store$_reward': reward,
    '$store$_terminal': (letters == 'T').astype(np.uint8),
    'add_count': np.array(add_count),
    'invalid_range': around % capacity,
    'episode_end_indices': set(
      np.flatnonzero((letters == 'T') | (letters == 'E'))
    ),
  }


def path(folder, attribute, number=7, prefix='ckpt'):
  return folder / f'{attribute}_{prefix}.{number}.gz'


def write(folder, attributes, number=7, prefix='ckpt'):
  """Writes attributes from `arrays`; compresses values that are bytes."""
  folder.mkdir(exist_ok=True)
  for name, value in attributes.items():
    if isinstance(value, set):
      value = pickle.dumps(value)
    elif not isinstance(value, bytes):
      value = npy(value)
    compressed = gzip.compress(value, mtime=0)
    path(folder, name, number, prefix).write_bytes(compressed)


# Two blank steps begin an episode; the last two slots are still unused.
DUMP = arrays('00xxT00xxE00x??')


def make(kind=FrameStore, **changed):
  """Makes a store for the frames of `arrays`."""
  return kind(
    **(
      {
        'capacity': 50,
        'observation_shape': (2,),
        'stack_size': 3,
        'gamma': 0.9,
        'actions': Discrete(0),
        'seed': 0,
      }
      | changed
    )
  )


def load(folder, store=None, **arguments):
  """Loads the one replay of a folder into a store, or a new one."""
  store = make() if store is None else store  # An empty one is false.
  replay = legacy_files.choose(legacy_files.find(folder))
  return store, legacy.load(replay, store, **arguments)
