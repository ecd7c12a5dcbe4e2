"""Which replays of Dopamine 4.1's JAX agents a directory has.

Dopamine 4.1 saves its replay with Orbax and MessagePack, a folder an iteration,
`<iteration>/replay/checkpoint.msgpack`: a list of elements, each of two stacks
of frames, compressed. What it pickled beside them, the names of an element's
parts, is passed over; their order is known.
"""

import contextlib
import itertools
import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.importers.checkpoint_numbers import numbered
from reincarnating_rl.importers.formats.msgpack_stream import (
  MsgpackStream,
  open_stream,
)
from reincarnating_rl.importers.formats.numpy_msgpack import (
  number,
  stored_array,
)
from reincarnating_rl.support.errors import (
  MissingFileError,
  UserError,
  damaged_replay,
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
    """The file with everything in it."""
    name = ('replay', 'checkpoint.msgpack')
    return os.path.join(self.folder, str(self.number), *name)


class Dopamine41Info(NamedTuple):
  """What a replay says of itself."""

  add_count: int  # elements that ever were added
  entries: int  # N, elements that it holds; at least 1
  stack_size: int  # L, of its agent
  observation_shape: tuple[int, ...]  # *O
  observation_dtype: np.dtype

  @property
  def is_cut(self) -> bool:
    """Whether its oldest elements are gone."""
    return self.add_count > self.entries


def find(directory: str | os.PathLike[str]) -> list[Dopamine41Replay]:
  """Lists the replays of a run.

  Args:
    directory: a run, or its `checkpoints/`.

  Returns:
    Those in the directory itself and in its `checkpoints/`; in each of them
    ascending by number.
  """
  found = numbered(directory, _NAME)
  replays = itertools.starmap(Dopamine41Replay, found)
  return [replay for replay in replays if os.path.isfile(replay.path)]


def inspect(replay: Dopamine41Replay) -> Dopamine41Info:
  """Reads what a replay holds, and no more than its first element.

  Raises:
    MissingFileError: it holds no element.
    DamagedFileError: it is damaged.
  """
  with open_elements(replay) as (add_count, count, elements):
    first = next(elements, None)
  if first is None:
    raise MissingFileError(f'The replay {replay.path} holds no step yet.')
  with told(replay):
    state = stored_array(first[STATE])
    if not state.shape or not all(state.shape):
      raise ValueError('holds states without frames')
    *shape, stack_size = state.shape
    if stack_size > _MAX_STACK or not count <= add_count < 2**62:
      raise ValueError('holds numbers that cannot be')
  return Dopamine41Info(add_count, count, stack_size, tuple(shape), state.dtype)


@contextlib.contextmanager
def open_elements(
  replay: Dopamine41Replay,
) -> Iterator[tuple[int, int, Iterator[list[Any]]]]:
  """Opens a replay at its first element.

  Args:
    replay: from `find`.

  Yields:
    How many elements ever were added, how many there are, and the elements:
    their parts as `formats.numpy_msgpack` reads them.

  Raises:
    DamagedFileError: it is damaged, as far as it has been read.
  """
  with open_stream(replay.path) as stream:
    with told(replay):
      add_count = _count_added(stream)
      count = _enter_elements(stream)
    yield add_count, count, _elements(replay, stream, count)


def _count_added(stream: MsgpackStream) -> int:
  """Reads on until the map of what it holds."""
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
    raise ValueError('does not say how many elements were added')
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
  if count > _MAX_KEYS:  # Each of them is looked at, however small.
    raise ValueError(f'holds a map of {count} names')
  return count


def _elements(
  replay: Dopamine41Replay, stream: MsgpackStream, count: int
) -> Iterator[list[Any]]:
  for _ in range(count):
    parts = stream.value()
    if not isinstance(parts, list) or len(parts) != _NUM_PARTS:
      raise damaged_replay(replay.path, 'holds what is no element')
    yield parts


@contextlib.contextmanager
def told(replay: Dopamine41Replay) -> Iterator[None]:
  """Turns a ValueError about what a replay holds into one of the file.

  Raises:
    DamagedFileError: with the error's message.
  """
  try:
    yield
  except UserError:
    raise
  except ValueError as error:
    raise damaged_replay(replay.path, str(error)[:200]) from error
