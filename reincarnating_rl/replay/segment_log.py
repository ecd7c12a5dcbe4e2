"""A replay on disk: immutable compressed segments that a manifest names.

Each save writes only the steps that no file holds yet, so its cost is what is
new. A segment's name holds a part of its checksum: a manifest that was written
earlier, or resumed from, never finds other content under a name it knows.
"""

import os
import re
from collections.abc import Sequence
from typing import Any

import cramjam
import numpy as np
import safetensors
import safetensors.numpy

from reincarnating_rl import files
from reincarnating_rl.errors import UserError
from reincarnating_rl.replay.frame_store import FrameStore

# 14 MB of Atari frames: buffers of more than 32 MB are mapped anew each time,
# and the page faults make saving and loading four times as slow.
SEGMENT_STEPS = 2048
_MAX_SEGMENT_STEPS = 65_536  # What a reader accepts: it allocates this much.
_LEVEL = 1  # Of zstd, its fastest.
_NAME = re.compile(r'steps-\d+-\d+-[0-9a-f]{16}\.safetensors\.zst')
_FIELDS = ('file', 'start', 'stop', 'labelled', 'bytes', 'sha256')

Manifest = dict[str, Any]


class DamagedReplayError(UserError):
  """A replay's files are not what its manifest says."""


class SegmentLog:
  """The segments of one replay in one directory."""

  def __init__(self, directory: str) -> None:
    """Opens a directory; nothing is made before the first `save`."""
    self.directory = directory

  def save(self, store: FrameStore) -> Manifest:
    """Writes the steps that are new since the store was saved or loaded.

    Steps that had no teacher's logits when they were written, and have them
    now, are written again.

    Args:
      store: what to save; it notes its segments.

    Returns:
      JSON-able; the replay is saved once the caller has stored this.

    Raises:
      OSError: the disk is full, say; earlier manifests stay restorable.
    """
    if not os.path.isdir(self.directory):
      os.makedirs(self.directory)
      files.sync_directory(os.path.dirname(self.directory))
    segments = self._reusable(store)
    start = segments[-1]['stop'] if segments else store.oldest_step
    labelled = _labelled(store, start, store.next_step)
    for first, last in ((start, labelled), (labelled, store.next_step)):
      for at in range(first, last, SEGMENT_STEPS):
        stop = min(at + SEGMENT_STEPS, last)
        segments.append(self._write(store, at, stop))
    store.segments = segments
    return {
      'settings': store.settings.as_json(),
      'state': store.state_dict(),
      'segments': [dict(segment) for segment in segments],
    }

  def load(self, store: FrameStore, manifest: Manifest) -> None:
    """Fills a store, one segment at a time; what it held is forgotten.

    Args:
      store: with the settings of the one that was saved.
      manifest: from `save`.

    Raises:
      UserError: the settings differ.
      DamagedReplayError: a segment is missing or not what it was, or the
        manifest is none; the store is then empty.
    """
    store.clear()
    try:
      _check_settings(store, manifest['settings'])
      self._load(store, manifest['state'], manifest['segments'])
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
      store.clear()
      raise DamagedReplayError(
        f'The manifest of the replay in {self.directory} cannot be used '
        f'({type(error).__name__}: {error}): restore an earlier checkpoint.'
      ) from error

  def remove_unreferenced(self, manifests: Sequence[Manifest]) -> None:
    """Deletes the segments that no manifest names, and stale temporaries.

    Args:
      manifests: all that must stay restorable.
    """
    if not os.path.isdir(self.directory):
      return
    named = {s['file'] for m in manifests for s in m['segments']}
    for name in os.listdir(self.directory):
      is_ours = _NAME.fullmatch(name.removesuffix('.tmp'))
      if is_ours and name not in named:
        os.remove(os.path.join(self.directory, name))

  def _reusable(self, store: FrameStore) -> list[dict[str, Any]]:
    """Returns the leading segments that still hold what the store holds."""
    kept = []
    for segment in store.segments:
      if segment['stop'] <= store.oldest_step:
        continue
      path = os.path.join(self.directory, segment['file'])
      labelled = _labelled(store, segment['start'], segment['stop'])
      if labelled != segment['labelled'] or not os.path.exists(path):
        break
      kept.append(segment)
    return kept

  def _write(self, store: FrameStore, start: int, stop: int) -> dict[str, Any]:
    raw = safetensors.numpy.save(store.read(start, stop))
    data = bytes(cramjam.zstd.compress(raw, level=_LEVEL))
    digest = files.sha256(data)
    name = f'steps-{start}-{stop}-{digest[:16]}.safetensors.zst'
    files.write_atomically(os.path.join(self.directory, name), data)
    return {
      'file': name,
      'start': start,
      'stop': stop,
      'labelled': _labelled(store, start, stop),
      'bytes': len(data),
      'sha256': digest,
    }

  def _load(
    self,
    store: FrameStore,
    state: dict[str, Any],
    segments: list[dict[str, Any]],
  ) -> None:
    oldest = max(state['next_step'] - store.settings.capacity, 0)
    at = oldest
    for segment in segments:
      start, stop = segment['start'], segment['stop']
      if not start <= at < stop <= start + _MAX_SEGMENT_STEPS:
        raise ValueError(f'steps {start} to {stop} do not follow step {at}')
      rows = self._read(store, segment)
      store.write(at, {name: row[at - start :] for name, row in rows.items()})
      at = stop
    if at != state['next_step']:
      raise ValueError(f'steps {at} to {state["next_step"]} are missing')
    store.load_state_dict(state)
    store.segments = [{k: s[k] for k in _FIELDS} for s in segments]

  def _read(
    self, store: FrameStore, segment: dict[str, Any]
  ) -> dict[str, np.ndarray]:
    count = segment['stop'] - segment['start']
    limit = 4096 + count * store.step_bytes
    data = self._read_file(segment, 4096 + limit + limit // 64)
    path = os.path.join(self.directory, segment['file'])
    try:
      # Into a buffer of known size: a bomb has nowhere to grow.
      buffer = np.empty(limit, np.uint8)
      size = cramjam.zstd.decompress_into(data, buffer)
      rows = safetensors.numpy.load(buffer[:size].tobytes())
    except (cramjam.DecompressionError, safetensors.SafetensorError) as error:
      raise _damaged(path, f'cannot be decoded ({error})') from error
    found = {name: (row.dtype, row.shape) for name, row in rows.items()}
    expected = {
      name: (column.dtype, (count, *column.shape[1:]))
      for name, column in store.columns.items()
    }
    if found != expected:
      raise _damaged(path, f'does not hold {count} steps of this replay')
    return rows

  def _read_file(self, segment: dict[str, Any], limit: int) -> bytes:
    """Returns a segment's bytes once size and checksum are right."""
    name = segment['file']
    path = os.path.join(self.directory, str(name))
    if not _NAME.fullmatch(name):
      raise _damaged(path, 'is not the name of a segment')
    try:
      size = os.path.getsize(path)
      if size != segment['bytes'] or size > limit:
        raise _damaged(path, f'has {size} bytes, not {segment["bytes"]}')
      with open(path, 'rb') as f:
        data = f.read()
    except OSError as error:
      raise _damaged(path, f'cannot be read ({error.strerror})') from error
    if files.sha256(data) != segment['sha256']:
      raise _damaged(path, 'does not have the checksum of its manifest')
    return data


def _damaged(path: str, what: str) -> DamagedReplayError:
  return DamagedReplayError(
    f'Replay segment {path} {what}: restore an earlier checkpoint.'
  )


def _labelled(store: FrameStore, start: int, stop: int) -> int:
  """Returns the first step of a range that may lack logits, or its end."""
  if not store.settings.num_actions:
    return stop
  return min(max(store.labelled, start), stop)


def _check_settings(store: FrameStore, saved: dict[str, Any]) -> None:
  for name, value in store.settings.as_json().items():
    if saved[name] != value:
      raise UserError(
        f'The saved replay has {name} = {saved[name]} and this run {value}: '
        'resume with the setting that it was saved with.'
      )
