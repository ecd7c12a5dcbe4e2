"""Reads MessagePack value by value, from files that may exceed the memory.

No value becomes larger than its bytes in the file, and nothing in a file is
called: MessagePack's extension types are refused.
"""

import contextlib
from collections.abc import Iterator
from typing import IO, Any

import msgpack

from reincarnating_rl.support.errors import damaged_replay

_MAX_ITEMS = 16  # In an array or a map that is read as a whole.
_MAX_TEXT = 4096
_MAX_BYTES = 2**27
_BUFFER = 2**28
_READ = 2**20
_UNREADABLE = (msgpack.UnpackException, ValueError, OSError, RecursionError)


class MsgpackStream:
  """The values in an open file, in order."""

  def __init__(self, file: IO[bytes], path: str) -> None:
    """Begins at the file's start; called by `open_stream`."""
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
    """Enters a map; its keys and values alternate next.

    Returns:
      The number of pairs that the file claims.

    Raises:
      DamagedFileError: the next value is not a map.
    """
    with _reporting_damage(self._path):
      return self._unpacker.read_map_header()

  def array_size(self) -> int:
    """Enters an array; its items come next.

    Returns:
      The number of items that the file claims.

    Raises:
      DamagedFileError: the next value is not an array.
    """
    with _reporting_damage(self._path):
      return self._unpacker.read_array_header()

  def value(self) -> Any:
    """Reads a value: a number, text, bytes, or a small list or dict of these.

    Raises:
      DamagedFileError: the file ends, or the value exceeds the limits.
    """
    with _reporting_damage(self._path):
      return self._unpacker.unpack()

  def skip(self) -> None:
    """Skips a value of any size.

    Raises:
      DamagedFileError: the file ends.
    """
    with _reporting_damage(self._path):
      self._unpacker.skip()


@contextlib.contextmanager
def open_stream(path: str) -> Iterator[MsgpackStream]:
  """Opens a file for reading.

  Args:
    path: of the file.

  Raises:
    DamagedFileError: the file cannot be opened.
  """
  with _reporting_damage(path):
    file = open(path, 'rb')  # noqa: SIM115
  with file:
    yield MsgpackStream(file, path)


@contextlib.contextmanager
def _reporting_damage(path: str) -> Iterator[None]:
  """Turns errors of reading into one error that names the file."""
  try:
    yield
  except _UNREADABLE as error:
    reason = str(error)[:100] or type(error).__name__
    raise damaged_replay(path, f'cannot be read ({reason})') from error
