"""A seed's replay, from the host's store to the device's ring and back."""

import numpy as np

from reincarnating_rl.replay.device_ring import DeviceRing, Ring
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore


def functions_of(store: FrameStore, *, is_binary: bool) -> DeviceRing:
  """Returns the functions of a ring that holds what a store holds.

  Args:
    store: on the host.
    is_binary: whether its frames are of zeros and ones.
  """
  return DeviceRing(
    store.settings, is_binary, isinstance(store, PrioritizedFrameStore)
  )


def ring_of(store: FrameStore, functions: DeviceRing) -> Ring:
  """Returns a store's ring, in NumPy arrays.

  Args:
    store: on the host.
    functions: from `functions_of`.
  """
  capacity = store.settings.capacity
  columns = dict(store.columns)
  columns['observation'] = functions.encode(columns['observation'], np)
  keys = store.element_keys()
  head = store.add_count
  elements = np.zeros(capacity, np.int32)
  elements[np.arange(head - len(keys), head) % capacity] = keys
  priorities = max_priority = None
  if functions.is_prioritized:
    priorities = np.zeros(capacity, np.float32)
    priorities[keys % capacity] = store.arrays()['priorities']
    max_priority = np.float32(store.state_dict()['max_priority'])
  return Ring(
    **columns,
    elements=elements,
    tail=np.int32(head - len(keys)),
    head=np.int32(head),
    next_episode_step=np.int32(store.state_dict()['next_episode_step']),
    priorities=priorities,
    max_priority=max_priority,
  )


def fill(
  store: FrameStore,
  ring: Ring,
  functions: DeviceRing,
  *,
  step: int,
  labelled: int,
) -> None:
  """Brings a store up to date with a ring that has gone on from it.

  Args:
    store: on the host; what it had already is not read again.
    ring: in NumPy arrays.
    functions: of the ring.
    step: number of the ring's next step.
    labelled: number of its first step that may lack logits.
  """
  capacity = store.settings.capacity
  start = store.next_step
  if labelled > store.labelled:
    start = min(start, store.labelled)
  start = max(start, step - capacity, 0)
  slots = np.arange(start, step) % capacity
  rows = {name: getattr(ring, name)[slots] for name in store.columns}
  rows['observation'] = functions.decode(rows['observation'], np)
  if len(slots):
    store.write(start, rows)
  state = store.state_dict() | {
    'next_step': step,
    'next_episode_step': int(ring.next_episode_step),
    'add_count': int(ring.head),
    'labelled': labelled,
  }
  if functions.is_prioritized:
    state['max_priority'] = float(ring.max_priority)
  store.load_state_dict(state)
  if functions.is_prioritized:
    keys = store.element_keys()
    store.load_arrays(
      {'priorities': ring.priorities[keys % capacity].astype(np.float64)}
    )
