"""A ring of numbered steps, and the keys of the elements that begin in them."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay import frames
from reincarnating_rl.replay.element_keys import ElementKeys
from reincarnating_rl.replay.memory import ReusedMemory
from reincarnating_rl.replay.n_step import has_element
from reincarnating_rl.replay.settings import ReplaySettings

# Lists of steps that a state has only where they are not empty.
_LISTS = ('partial', 'without_action')


class StepRing:
  """Stores the newest steps, and knows which of them begin an element.

  Steps are numbered from 0 as they arrive; lanes take turns: step i is of lane
  i % L. The key of an element is the number of its first step;
  `replay.n_step` defines which steps begin one.

  Attributes:
    settings: shape and size of the ring.
    columns: [capacity, ...] arrays. A step's slot is its number modulo
      capacity. `episode_step` counts from the episode's start.
    next_step: number of the next step.
    add_count: number of elements completed so far.
    labelled: number of the first step that may lack the teacher's policy.
    segments: files that hold steps of this ring; managed by `SegmentLog`.
    partial: numbers of the first steps of episodes that are not whole, as far
      as columns do not tell.
    without_action: numbers of steps of which a frame alone is known. No element
      begins there.
    life: another object after each `clear`.
  """

  def __init__(self, settings: ReplaySettings) -> None:
    """Makes an empty ring; memory is taken as steps arrive."""
    self.settings = settings
    capacity = settings.capacity
    self.columns = {
      name: frames.aligned_zeros((capacity, *shape), dtype)
      for name, (dtype, shape) in settings.column_layout().items()
    }
    self._memory = ReusedMemory()  # Of states.
    self._elements = ElementKeys(capacity, settings.num_lanes)
    self.clear()

  def keep_frames_in_file(self, folder: str) -> None:
    """Moves the frames of an empty ring from memory to a file.

    Args:
      folder: of the file, which has no name and goes with the ring.

    Raises:
      OSError: the disk has no room for all of them.
    """
    now = self.columns['observation']
    moved = frames.zeros_in_file(now.shape, now.dtype, folder)
    self.columns['observation'] = moved

  def clear(self) -> None:
    """Drops all steps and resets `add_count`."""
    self.next_step = self.add_count = self.labelled = 0
    self._elements.clear()
    self._next_episode_steps = [0] * self.settings.num_lanes
    self.segments: list[dict[str, Any]] = []
    self.partial = self.without_action = ()
    self.life = object()

  def __len__(self) -> int:
    """Returns the number of elements."""
    return len(self._elements)

  @property
  def oldest_step(self) -> int:
    """Number of the oldest stored step."""
    return max(self.next_step - self.settings.capacity, 0)

  def add(self, transition: Transition, **kwargs: Any) -> None:
    """Stores a step; the first one after an episode's end begins the next.

    Args:
      transition: one step, ours or Dopamine's `TransitionElement`.
      **kwargs: ignored; Dopamine's agents pass a priority.

    Raises:
      ValueError: the observation has another shape or dtype than the ring.
    """
    del kwargs
    observation = np.asarray(transition.observation)
    self.settings.check_observations(observation, ())
    terminal = getattr(transition, 'terminal', None)
    if terminal is None:
      terminal = transition.is_terminal
    step, lanes = self.next_step, self.settings.num_lanes
    episode_step = self._next_episode_steps[step % lanes]
    capacity, columns = self.settings.capacity, self.columns
    if step >= capacity:
      self._evict(step + 1 - capacity)
    slot = step % capacity
    columns['observation'][slot] = observation
    columns['action'][slot] = transition.action
    columns['reward'][slot] = transition.reward
    columns['terminal'][slot] = terminal
    columns['episode_step'][slot] = episode_step
    if self.settings.policy_size:
      columns['teacher_policy'][slot] = 0.0
    self.next_step = step + 1
    is_end = terminal or transition.episode_end
    self._next_episode_steps[step % lanes] = 0 if is_end else episode_step + 1
    reach = self.settings.n_step * lanes
    last = step if terminal else step - reach
    first = step - min(episode_step * lanes, reach)
    for key in range(first, last + 1, lanes):
      self._append(key)
      self.add_count += 1

  def element_keys(self) -> np.ndarray:
    """Returns the keys of all elements, [N] int64, in order, lane by lane."""
    return self._elements.all()

  def truncate_episode(self) -> None:
    """Cuts the open episode of each lane after its last stored step."""
    self._next_episode_steps = [0] * self.settings.num_lanes

  def write(self, start: int, rows: dict[str, np.ndarray]) -> None:
    """Overwrites the columns of consecutive steps; makes no elements.

    Args:
      start: number of the first step.
      rows: [T, ...] by column; if T > capacity, only the last rows are kept.
    """
    count, capacity = len(rows['action']), self.settings.capacity
    skipped = max(count - capacity, 0)
    slots = np.arange(start + skipped, start + count) % capacity
    for name, row in rows.items():
      self.columns[name][slots] = row[skipped:]

  def read(self, start: int, stop: int) -> dict[str, np.ndarray]:
    """Returns a copy of the columns of stored steps [start, stop)."""
    slots = np.arange(start, stop) % self.settings.capacity
    return {name: column[slots] for name, column in self.columns.items()}

  def state_dict(self) -> dict[str, Any]:
    """Returns the JSON-able state, without the columns."""
    open_ = self._next_episode_steps
    lists = {name: self._stored(getattr(self, name)) for name in _LISTS}
    return {
      'next_step': self.next_step,
      'next_episode_step': open_[0] if len(open_) == 1 else open_,
      'add_count': self.add_count,
      'labelled': self.labelled,
      **{name: [*numbers] for name, numbers in lists.items() if numbers},
    }

  def _stored(self, numbers: Iterable[Any]) -> tuple[int, ...]:
    """Returns those of some numbers that are of stored steps."""
    stored = range(self.oldest_step, self.next_step)
    return tuple(n for n in map(int, numbers) if n in stored)

  def load_state_dict(self, state: dict[str, Any]) -> None:
    """Restores a state, after `write` has restored its steps.

    Args:
      state: from `state_dict`.

    Raises:
      KeyError, TypeError, ValueError: the state is invalid.
    """
    if not 0 <= int(state['labelled']) <= int(state['next_step']):
      raise ValueError('labelled must lie between 0 and next_step')
    self.next_step = int(state['next_step'])
    open_ = list(map(int, np.atleast_1d(state['next_episode_step'])))
    if len(open_) != self.settings.num_lanes:
      raise ValueError('next_episode_step must have one number a lane')
    self._next_episode_steps = open_
    self.add_count = int(state['add_count'])
    self.labelled = int(state['labelled'])
    for name in _LISTS:
      setattr(self, name, self._stored(state.get(name, ())))
    steps = np.arange(self.oldest_step, self.next_step)
    slots = steps % self.settings.capacity
    is_whole = has_element(
      self.columns['episode_step'][slots],
      self.columns['terminal'][slots],
      horizon=self.settings.n_step,
      stack_size=self.settings.stack_size,
      num_lanes=self.settings.num_lanes,
    )
    is_whole[np.array(self.without_action, np.int64) - self.oldest_step] = False
    self._elements.clear()
    self._extend(steps[is_whole])

  def _padded(self, episode_step: np.ndarray) -> np.ndarray:
    """Returns how many steps back the oldest frame of a state lies."""
    older = np.minimum(episode_step, self.settings.stack_size - 1)
    return older * self.settings.num_lanes

  # Stores with data of each element override these three methods.

  def _append(self, key: int) -> None:
    self._elements.append(key)

  def _extend(self, keys: np.ndarray) -> None:
    self._elements.extend(keys)

  def _evict(self, oldest: int) -> list[int]:
    """Drops the elements that need a frame older than a step; returns keys."""
    return self._elements.drop_until(lambda key: self._first(key) >= oldest)

  def _first(self, key: int) -> int:
    """Returns the number of the oldest step that an element needs."""
    capacity, stack_size = self.settings.capacity, self.settings.stack_size
    age = int(self.columns['episode_step'][key % capacity])
    return key - min(age, stack_size - 1) * self.settings.num_lanes
