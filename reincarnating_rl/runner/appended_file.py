"""A file that grows."""

import os

_BUFFER = 8192  # Bytes.


class AppendedFile:
  """Bytes on their way to the end of a file.

  Attributes:
    path: of the file, which is made at once, so that it fails now if it must.
    pending: what is not in the file yet.
  """

  def __init__(self, path: str) -> None:
    """Makes the file, or goes on with it.

    Args:
      path: of the file.

    Raises:
      OSError: it cannot be written.
    """
    self.path, self.pending = path, b''
    open(path, 'ab').close()

  def add(self, data: bytes) -> None:
    """Adds bytes, and flushes where there are many.

    Raises:
      OSError: they cannot be written; they stay pending.
    """
    self.pending += data
    if len(self.pending) > _BUFFER:
      self.flush()

  def flush(self) -> None:
    """Hands what is pending to the operating system: all or nothing.

    Raises:
      OSError: it cannot be written; it stays pending.
    """
    before = os.path.getsize(self.path)
    try:
      with open(self.path, 'ab') as file:
        file.write(self.pending)
    except OSError:
      os.truncate(self.path, before)
      raise
    self.pending = b''
