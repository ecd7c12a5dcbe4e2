"""Small files of data, and what a replay then holds of them."""

import h5py
import numpy as np

from reincarnating_rl.importers import external_replay
from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.replay.frame_store import FrameStore

BOX = Continuous((-2.0, -0.5), (2.0, 1.5))


def steps(count=12, *, ends=(4,), cuts=(9,), box=None):
  """Returns the arrays of some steps, by the names of `.npz` files."""
  rng = np.random.default_rng(0)
  actions = rng.integers(0, 3, count)
  if box is not None:
    actions = rng.uniform(box.low, box.high, (count, box.size)).astype('f4')
  flags = np.zeros((2, count), bool)
  flags[0, list(ends)] = flags[1, list(cuts)] = True
  return {
    'observations': rng.normal(size=(count, 3)).astype('f4'),
    'actions': actions,
    'rewards': rng.normal(size=count),
    'terminations': flags[0],
    'truncations': flags[1],
  }


def d4rl(path, arrays):
  """Writes steps by D4RL's names."""
  names = {'terminations': 'terminals', 'truncations': 'timeouts'}
  with h5py.File(path, 'w') as file:
    for name, array in arrays.items():
      file[names.get(name, name)] = array


def store(actions=None, shape=(3,), dtype='f4', **settings):
  """Returns an empty replay, as a game would have it."""
  return FrameStore(
    **{
      'capacity': 200,
      'observation_shape': shape,
      'observation_dtype': np.dtype(dtype),
      'actions': actions or Discrete(3),
      'stack_size': 1,
      'seed': 0,
    }
    | settings
  )


def loaded(path, actions=None, **settings):
  """Returns the columns of a replay that was read from a path."""
  filled = store(actions, **settings)
  report = external_replay.choose(path).load(filled)
  return filled.read(0, report.steps), report
