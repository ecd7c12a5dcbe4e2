"""Finds the replays of Dopamine 4.1's JAX agents in a directory.

Dopamine 4.1 saves its replay with Orbax and MessagePack as
`<iteration>/replay/checkpoint.msgpack`: a list of elements, each with two
compressed stacks of frames. The names of an element's parts are pickled in the
same file. They are skipped, because the order of the parts is known.
"""

import contextlib
import itertools
import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.importers import checks
from reincarnating_rl.importers.formats.msgpack_stream import (
  MsgpackStream,
  open_stream,
)
from reincarnating_rl.importers.formats.numpy_msgpack import (
  number,
  stored_array,
)
from reincarnating_rl.importers.loading import numbered_checkpoints
from reincarnating_rl.learner.actions import Actions, Discrete
from reincarnating_rl.support.errors import (
  EmptyReplayError,
  UserError,
  damaged_replay,
  incomplete_replay,
)

# An element's parts; Dopamine's sixth, episode_end, repeats is_terminal.
STATE, ACTION, REWARD, NEXT_STATE, IS_TERMINAL = range(5)
_NUM_PARTS = 6
_NAME = re.compile('(0|[1-9][0-9]{0,8})', re.ASCII)
_MAX_ELEMENTS = 2**24
_MAX_KEYS = 64  # Of a map; Dopamine's have three and four.
_MAX_STACK = 64


class Dopamine41Replay(NamedTuple):
  """The file of one replay."""

  folder: str
  number: int  # of the iteration

  @property
  def path(self) -> str:
    """The file with the replay."""
    return os.path.join(self._step, 'replay', 'checkpoint.msgpack')

  @property
  def missing(self) -> list[str]:
    """The file, where it is not there."""
    return [] if os.path.isfile(self.path) else [self.path]

  @property
  def is_begun(self) -> bool:
    """Whether Dopamine has written anything of it."""
    parts = ('replay', '_CHECKPOINT_METADATA')
    return any(os.path.exists(os.path.join(self._step, p)) for p in parts)

  @property
  def _step(self) -> str:
    return os.path.join(self.folder, str(self.number))


class Dopamine41Info(NamedTuple):
  """Description of a replay."""

  add_count: int  # number of elements ever added
  entries: int  # N, the number of stored elements; at least 1
  stack_size: int  # L of its agent
  observation_shape: tuple[int, ...]  # *O
  observation_dtype: np.dtype
  actions: Actions = Discrete(0)  # no file says how many

  @property
  def is_cut(self) -> bool:
    """Whether its oldest elements were overwritten."""
    return self.add_count > self.entries


def find(directory: str | os.PathLike[str]) -> list[Dopamine41Replay]:
  """Lists the replays of a run.

  Args:
    directory: a run, or its `checkpoints/`.

  Returns:
    First those in the directory itself, then those in its `checkpoints/`;
    ascending by number in each. Some may lack their file.
  """
  found = numbered_checkpoints(directory, _NAME)
  replays = itertools.starmap(Dopamine41Replay, found)
  return [replay for replay in replays if replay.is_begun]


def inspect(replay: Dopamine41Replay) -> Dopamine41Info:
  """Reads the description of a replay, and no more than its first element.

  Raises:
    MissingFileError: the file is missing.
    EmptyReplayError: the replay holds no element.
    DamagedFileError: the replay is damaged.
    ReplaySettingError: its actions are vectors.
  """
  if replay.missing:
    raise incomplete_replay(replay.missing)
  with open_elements(replay) as (add_count, count, elements):
    first = next(elements, None)
  if first is None:
    raise EmptyReplayError(
      f'The replay {replay.path} holds no step: choose another iteration.'
    )
  with reporting_damage(replay):
    state = stored_array(first[STATE])
    if not state.shape or not all(state.shape):
      raise ValueError('holds states without frames')
    *shape, stack_size = state.shape
    if stack_size > _MAX_STACK or not count <= add_count < 2**62:
      raise ValueError('holds impossible numbers')
    if isinstance(first[ACTION], dict) and 'data' in first[ACTION]:
      action = stored_array(first[ACTION])
      checks.check_no_vectors(replay.path, action.dtype, action.shape)
  return Dopamine41Info(add_count, count, stack_size, tuple(shape), state.dtype)


@contextlib.contextmanager
def open_elements(
  replay: Dopamine41Replay,
) -> Iterator[tuple[int, int, Iterator[list[Any]]]]:
  """Opens a replay at its first element.

  Args:
    replay: from `find`.

  Yields:
    The number of elements ever added, the number stored, and the elements as
    lists of parts, which `formats.numpy_msgpack` decodes.

  Raises:
    DamagedFileError: the part that was read is damaged.
  """
  with open_stream(replay.path) as stream:
    with reporting_damage(replay):
      add_count = _count_added(stream)
      count = _enter_elements(stream)
    yield add_count, count, _elements(replay, stream, count)


def _count_added(stream: MsgpackStream) -> int:
  """Reads up to the map of elements."""
  add_count = None
  for _ in range(_num_keys(stream)):
    key = stream.value()
    if key == 'memory':
      break
    if key == 'add_count':
      add_count = number(stream.value())
    else:
      stream.skip()
  if type(add_count) is not int:
    raise ValueError('has no add_count')
  return add_count


def _enter_elements(stream: MsgpackStream) -> int:
  for _ in range(_num_keys(stream)):
    if stream.value() == 'values':
      count = stream.array_size()
      if count > _MAX_ELEMENTS:
        raise ValueError(f'claims to hold {count} elements')
      return count
    stream.skip()
  raise ValueError('holds no list of elements')


def _num_keys(stream: MsgpackStream) -> int:
  count = stream.map_size()
  if count > _MAX_KEYS:  # Each key is read, which takes time.
    raise ValueError(f'holds a map of {count} names')
  return count


def _elements(
  replay: Dopamine41Replay, stream: MsgpackStream, count: int
) -> Iterator[list[Any]]:
  for _ in range(count):
    parts = stream.value()
    if not isinstance(parts, list) or len(parts) != _NUM_PARTS:
      raise damaged_replay(replay.path, 'holds an invalid element')
    yield parts


@contextlib.contextmanager
def reporting_damage(replay: Dopamine41Replay) -> Iterator[None]:
  """Turns a ValueError about a replay's content into an error about the file.

  Raises:
    DamagedFileError: with the message of the ValueError.
  """
  try:
    yield
  except UserError:
    raise
  except ValueError as error:
    raise damaged_replay(replay.path, str(error)[:200]) from error
