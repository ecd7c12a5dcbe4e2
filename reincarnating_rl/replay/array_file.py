"""Immutable compressed files of arrays, each named by an entry of a manifest.

A file's name holds a part of its checksum: a manifest that was written earlier,
or resumed from, never finds other content under a name it knows.
"""

import functools
import math
import os
import re
from collections.abc import Callable
from typing import Any

import cramjam
import numpy as np
import safetensors
import safetensors.numpy

from reincarnating_rl.support import files
from reincarnating_rl.support.errors import DamagedFileError

RESUME_EARLIER = 'restore an earlier checkpoint'
NAME = re.compile(
  r'(steps-\d+-\d+|elements)-[0-9a-f]{16}\.safetensors\.zst', re.ASCII
)
_LEVEL = 1  # Of zstd, its fastest.

Entry = dict[str, Any]
Layout = dict[str, tuple[np.dtype, tuple[int, ...]]]


def write(directory: str, stem: str, arrays: dict[str, np.ndarray]) -> Entry:
  """Writes a file that does not change any more.

  Args:
    directory: where; it exists.
    stem: what the name begins with, `steps-<start>-<stop>` or `elements`.
    arrays: by name.

  Returns:
    JSON-able; what `read` needs to find and verify the file.

  Raises:
    OSError: the disk is full, say; nothing is left behind.
  """
  raw = safetensors.numpy.save(arrays)
  data = bytes(cramjam.zstd.compress(raw, level=_LEVEL))
  digest = files.sha256(data)
  name = f'{stem}-{digest[:16]}.safetensors.zst'
  files.write_atomically(os.path.join(directory, name), data)
  return {'file': name, 'bytes': len(data), 'sha256': digest}


def read(
  directory: str, entry: Entry, expected: Layout, remedy: str = RESUME_EARLIER
) -> dict[str, np.ndarray]:
  """Reads a file, and allocates no more than what it should hold.

  Args:
    directory: where it was written.
    entry: from `write`, or hostile.
    expected: type and shape by name of all arrays.
    remedy: what a message advises.

  Returns:
    Arrays by name, of those types and shapes.

  Raises:
    DamagedFileError: the file is missing or not what the entry says, or it
      holds anything else.
    KeyError, TypeError: it is no entry.
  """
  name = entry['file']
  if not NAME.fullmatch(name):
    name = f'{name[:100]!r} in {directory}'
    raise _damaged(remedy, name, 'is not the name of a part of a replay')
  path = os.path.join(directory, name)
  damaged = functools.partial(_damaged, remedy, path)
  limit = 4096 + sum(
    dtype.itemsize * math.prod(shape) for dtype, shape in expected.values()
  )
  data = _verified(path, entry, 4096 + limit + limit // 64, damaged)
  try:
    # Into a buffer of known size: a bomb has nowhere to grow.
    buffer = np.empty(limit, np.uint8)
    size = cramjam.zstd.decompress_into(data, buffer)
    arrays = safetensors.numpy.load(buffer[:size].tobytes())
  except (cramjam.DecompressionError, safetensors.SafetensorError) as error:
    raise damaged(f'cannot be decoded ({error})') from error
  found = {name: (array.dtype, array.shape) for name, array in arrays.items()}
  if found != expected:
    raise damaged(f'holds {_shapes(found)}, not {_shapes(expected)}')
  return arrays


def _verified(
  path: str,
  entry: Entry,
  limit: int,
  damaged: Callable[[str], DamagedFileError],
) -> bytes:
  """Returns a file's bytes once size and checksum are right."""
  try:
    size = os.path.getsize(path)
    if size != entry['bytes'] or size > limit:
      expected = repr(entry['bytes'])[:20]
      raise damaged(f'has {size} bytes, not {expected}')
    with open(path, 'rb') as f:
      data = f.read()
  except OSError as error:
    raise damaged(f'cannot be read ({error.strerror})') from error
  if files.sha256(data) != entry['sha256']:
    raise damaged('does not have the checksum of its manifest')
  return data


def _shapes(layout: Layout) -> str:
  text = ', '.join(f'{name} {shape}' for name, (_, shape) in layout.items())
  return repr(text[:300])[1:-1]  # On one line, whatever the names are.


def _damaged(remedy: str, path: str, what: str) -> DamagedFileError:
  return DamagedFileError(f'Replay file {path} {what}: {remedy}.')
