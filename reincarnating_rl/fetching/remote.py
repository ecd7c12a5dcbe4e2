"""A file as its owner describes it, and its checksum."""

import base64
import hashlib
import os
from collections.abc import Callable
from typing import Any, NamedTuple

import google_crc32c

_CHUNK = 2**20  # Bytes read at a time.


class RemoteFile(NamedTuple):
  """A file that can be downloaded; one version of it never changes."""

  name: str  # Relative, with slashes.
  size: int  # Bytes.
  version: str  # A bucket's generation, or a repository's commit.
  algorithm: str  # Of `digest`: crc32c, md5, sha256 or git.
  digest: str  # Base64 for crc32c and md5, else hexadecimal.


# Functions of the file's size, which git's checksum begins with.
_HASHES: dict[str, Callable[[int], Any]] = {
  'crc32c': lambda size: google_crc32c.Checksum(),
  'md5': lambda size: hashlib.md5(usedforsecurity=False),
  'sha256': lambda size: hashlib.sha256(),
  'git': lambda size: hashlib.sha1(b'blob %d\0' % size, usedforsecurity=False),
}


class Checksum:
  """Checksum of a file whose bytes arrive in pieces."""

  def __init__(self, remote: RemoteFile) -> None:
    self._remote = remote
    self._hash = _HASHES[remote.algorithm](remote.size)

  def update(self, data: bytes) -> None:
    """Takes the next bytes."""
    self._hash.update(data)

  def is_right(self) -> bool:
    """Returns whether the bytes so far match the owner's checksum."""
    digest = self._hash.digest()
    if self._remote.algorithm in ('crc32c', 'md5'):
      return base64.b64encode(digest).decode() == self._remote.digest
    return digest.hex() == self._remote.digest


def is_complete(path: str, remote: RemoteFile) -> bool:
  """Returns whether a file has the owner's size and checksum.

  Args:
    path: of a file, which may not exist.
    remote: the complete file.

  Raises:
    OSError: the file cannot be read.
  """
  if not os.path.isfile(path) or os.path.getsize(path) != remote.size:
    return False
  checksum = Checksum(remote)
  with open(path, 'rb') as f:
    while data := f.read(_CHUNK):
      checksum.update(data)
  return checksum.is_right()
