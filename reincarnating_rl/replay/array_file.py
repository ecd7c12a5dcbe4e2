"""Immutable compressed files of arrays; manifests refer to them by entries.

A file's name contains part of its checksum, so a manifest never finds new
content under an old name.
"""

import functools
import math
import os
import re
from collections.abc import Callable, Mapping
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
_LEVEL = 1  # The fastest level of zstd.

Entry = dict[str, Any]
Layout = dict[str, tuple[np.dtype, tuple[int, ...]]]


def write(directory: str, stem: str, arrays: dict[str, np.ndarray]) -> Entry:
  """Writes a file that never changes.

  Args:
    directory: an existing directory.
    stem: start of the file's name, `steps-<start>-<stop>` or `elements`.
    arrays: by name.

  Returns:
    A JSON-able entry, with which `read` finds and verifies the file.

  Raises:
    OSError: a write failed, for example because the disk is full. No file is
      left behind.
  """
  raw = safetensors.numpy.save(arrays)
  data = bytes(cramjam.zstd.compress(raw, level=_LEVEL))
  digest = files.sha256(data)
  name = f'{stem}-{digest[:16]}.safetensors.zst'
  files.write_atomically(os.path.join(directory, name), data)
  return {'file': name, 'bytes': len(data), 'sha256': digest}


def read(
  directory: str,
  entry: Entry,
  expected: Layout,
  remedy: str = RESUME_EARLIER,
  *,
  renamed: Mapping[str, str] | None = None,
) -> dict[str, np.ndarray]:
  """Reads a file, and allocates no more than the expected size.

  Args:
    directory: holds the file.
    entry: from `write`, or from an untrusted manifest.
    expected: type and shape of all arrays, by name.
    remedy: advice in error messages.
    renamed: names that earlier versions gave to arrays, and those of today.

  Returns:
    Arrays by name, of those types and shapes.

  Raises:
    DamagedFileError: the file is missing, does not match its entry, or holds
      other arrays.
    KeyError, TypeError: the entry is invalid.
  """
  name = entry['file']
  if not NAME.fullmatch(name):
    name = f'{name[:100]!r} in {directory}'
    raise _damaged(remedy, name, 'is not a valid file name')
  path = os.path.join(directory, name)
  damaged = functools.partial(_damaged, remedy, path)
  limit = 4096 + sum(
    dtype.itemsize * math.prod(shape) for dtype, shape in expected.values()
  )
  data = _verified(path, entry, 4096 + limit + limit // 64, damaged)
  try:
    # The buffer's size is fixed, so a decompression bomb cannot grow.
    buffer = np.empty(limit, np.uint8)
    size = cramjam.zstd.decompress_into(data, buffer)
    arrays = safetensors.numpy.load(buffer[:size].tobytes())
  except (MemoryError, ValueError) as error:  # No such buffer.
    raise damaged(f'would take {limit} bytes') from error
  except (cramjam.DecompressionError, safetensors.SafetensorError) as error:
    raise damaged(f'cannot be decoded ({error})') from error
  renamed = renamed or {}
  arrays = {renamed.get(name, name): array for name, array in arrays.items()}
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
  """Returns a file's bytes after checking size and checksum."""
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
    raise damaged('has another checksum than its manifest says')
  return data


def _shapes(layout: Layout) -> str:
  text = ', '.join(f'{name} {shape}' for name, (_, shape) in layout.items())
  return repr(text[:300])[1:-1]  # Names may contain line breaks.


def _damaged(remedy: str, path: str, what: str) -> DamagedFileError:
  return DamagedFileError(f'Replay file {path} {what}: {remedy}.')
