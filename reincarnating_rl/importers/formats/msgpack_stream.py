"""MessagePack read value by value, from files that may be larger than memory.

No value becomes larger than what the file has of it, and nothing in a file is
called: of MessagePack's types, those that are left to the reader are refused.
"""

import contextlib
from collections.abc import Iterator
from typing import IO, Any

import msgpack

from reincarnating_rl.support.errors import damaged_replay

_MAX_ITEMS = 16  # Of an array or a map that is read as a whole.
_MAX_TEXT = 4096
_MAX_BYTES = 2**27
_BUFFER = 2**28
_READ = 2**20
_UNREADABLE = (msgpack.UnpackException, ValueError, OSError, RecursionError)


class MsgpackStream:
  """The values in an open file, in order."""

  def __init__(self, file: IO[bytes], path: str) -> None:
    """Begins at the file's start; `open_stream` calls this."""
    self._path = path
    self._unpacker = msgpack.Unpacker(
      file,
      read_size=_READ,
      max_buffer_size=_BUFFER,
      max_array_len=_MAX_ITEMS,
      max_map_len=_MAX_ITEMS,
      max_str_len=_MAX_TEXT,
      max_bin_len=_MAX_BYTES,
      max_ext_len=0,
    )

  def map_size(self) -> int:
    """Enters a map; its keys and values, in turn, come next.

    Returns:
      How many pairs there are, by its own account.

    Raises:
      DamagedFileError: what comes next is no map.
    """
    with _told(self._path):
      return self._unpacker.read_map_header()

  def array_size(self) -> int:
    """Enters an array; its items come next.

    Returns:
      How many there are, by its own account.

    Raises:
      DamagedFileError: what comes next is no array.
    """
    with _told(self._path):
      return self._unpacker.read_array_header()

  def value(self) -> Any:
    """Reads a value: numbers, text, bytes, and small lists and dicts of them.

    Raises:
      DamagedFileError: there is none, or it is larger than what is accepted.
    """
    with _told(self._path):
      return self._unpacker.unpack()

  def skip(self) -> None:
    """Passes over a value, however large.

    Raises:
      DamagedFileError: there is none.
    """
    with _told(self._path):
      self._unpacker.skip()


@contextlib.contextmanager
def open_stream(path: str) -> Iterator[MsgpackStream]:
  """Opens a file for reading.

  Args:
    path: of the file.

  Raises:
    DamagedFileError: it cannot be opened.
  """
  with _told(path):
    file = open(path, 'rb')  # noqa: SIM115
  with file:
    yield MsgpackStream(file, path)


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
  """Turns what reading may raise into one error that names the file."""
  try:
    yield
  except _UNREADABLE as error:
    reason = str(error)[:100] or type(error).__name__
    raise damaged_replay(path, f'cannot be read ({reason})') from error
