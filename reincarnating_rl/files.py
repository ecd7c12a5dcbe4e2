"""Durable writes: a file is there whole, or not at all."""

import hashlib
import os


def write_atomically(path: str, data: bytes) -> None:
  """Writes a file so that a kill or a full disk leaves the old one or the new.

  Args:
    path: of the file; its folder exists.
    data: the bytes.

  Raises:
    OSError: the disk is full, say; nothing is left behind.
  """
  temporary = f'{path}.tmp'
  try:
    with open(temporary, 'wb') as f:
      f.write(data)
      f.flush()
      os.fsync(f.fileno())
    os.replace(temporary, path)
  except OSError:
    if os.path.exists(temporary):
      os.remove(temporary)
    raise
  sync_directory(os.path.dirname(path))


def sync_directory(directory: str) -> None:
  """Makes renames in a folder durable."""
  descriptor = os.open(directory or '.', os.O_RDONLY)
  try:
    os.fsync(descriptor)
  finally:
    os.close(descriptor)


def sha256(data: bytes) -> str:
  """Returns the checksum of bytes, in hexadecimal."""
  return hashlib.sha256(data).hexdigest()
