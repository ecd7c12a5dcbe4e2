"""Small stores in a `SegmentLog`, for its tests."""

import copy
import json
import os

import numpy as np

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.segment_log import SegmentLog


def make(kind=FrameStore, **settings):
  return kind(
    **(
      {
        'capacity': 300,
        'observation_shape': (2,),
        'actions': Discrete(8),
        'seed': 0,
      }
      | settings
    )
  )


def fill(store, steps):
  rng = np.random.default_rng(store.next_step)
  for _ in range(steps):
    frame = rng.integers(0, 256, 2).astype(np.uint8)
    store.add(Transition(frame, 1, float(rng.normal()), rng.random() < 0.05))


def restored(log, manifest, **settings):
  store = make(**settings)
  log.load(store, json.loads(json.dumps(manifest)))
  return store


def altered(manifest, path, value):
  """Returns a manifest with the value at a path replaced or removed."""
  manifest = copy.deepcopy(manifest)
  *parents, last = path
  holder = manifest
  for part in parents:
    holder = holder[part]
  if value == 'missing':
    del holder[last]
  else:
    holder[last] = value
  return manifest


def names(log):
  return set(os.listdir(log.directory))


def write(folder, store, number=3, **replays):
  """Writes a run's replay and a manifest with nothing else."""
  folder.mkdir(exist_ok=True)
  manifest = SegmentLog(str(folder / 'replay_student')).save(store)
  text = json.dumps({'replays': {'student': manifest} | replays})
  (folder / f'ckpt.{number}.json').write_text(text)
  return manifest
