"""A replay on disk: immutable compressed segments that a manifest names.

A save writes only steps that no file holds yet. Data of elements, such as
priorities, can change anywhere, so each save writes them whole to a new file.
Files are never changed.
"""

import operator
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from reincarnating_rl.replay import array_file
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.settings import ReplaySettings
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import DamagedFileError, UserError

# 14 MB of Atari frames: buffers of more than 32 MB are mapped anew each time,
# and the page faults make saving and loading four times as slow.
SEGMENT_STEPS = 2048
_MAX_SEGMENT_STEPS = 65_536  # A limit: readers allocate a whole segment.
# Columns of earlier versions.
_RENAMED = {'teacher_logits': 'teacher_policy'}
_FIELDS = ('file', 'start', 'stop', 'labelled', 'bytes', 'sha256')

Manifest = dict[str, Any]


class SegmentLog:
  """The segments of one replay in one directory."""

  def __init__(
    self, directory: str, remedy: str = array_file.RESUME_EARLIER
  ) -> None:
    """Opens a directory; the first `save` creates it.

    Args:
      directory: holds the segments.
      remedy: advice in errors about a missing or damaged segment.
    """
    self.directory = directory
    self._remedy = remedy

  def save(self, store: FrameStore) -> Manifest:
    """Writes the steps that are new since the store was saved or loaded.

    Steps that were labelled since they were written are written again.

    Args:
      store: to be saved; its `segments` are updated.

    Returns:
      JSON-able. The replay is saved once the caller has stored this manifest.

    Raises:
      OSError: a write failed, for example because the disk is full. Earlier
        manifests can still be restored.
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
    manifest = {
      'settings': store.settings.as_json(),
      'state': store.state_dict(),
      'segments': [dict(segment) for segment in segments],
    }
    arrays = store.arrays()
    if arrays:
      entry = array_file.write(self.directory, 'elements', arrays)
      manifest['elements'] = entry
    return manifest

  def load(self, store: FrameStore, manifest: Manifest) -> None:
    """Fills a store, one segment at a time; its former content is dropped.

    Args:
      store: has the settings of the saved store. It may have a larger capacity
        if nothing was overwritten.
      manifest: from `save`.

    Raises:
      UserError: the settings differ, or only one of them has priorities.
      DamagedFileError: a file is missing or damaged, or the manifest is
        invalid; the store is then empty.
    """
    store.clear()
    try:
      _check_settings(store, manifest)
      _check_has_elements(store, manifest)
      self._load_steps(store, manifest['state'], manifest['segments'])
      self._load_elements(store, manifest)
    except UserError:
      store.clear()
      raise
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
      store.clear()
      raise DamagedFileError(
        f'The manifest of the replay in {self.directory} cannot be used '
        f'({type(error).__name__}: {error}): restore an earlier checkpoint.'
      ) from error

  def remove_unreferenced(self, manifests: Sequence[Manifest]) -> None:
    """Deletes files that no manifest names, and stale temporary files.

    Args:
      manifests: all manifests that must stay restorable.
    """
    if not os.path.isdir(self.directory):
      return
    named = {s['file'] for m in manifests for s in m['segments']}
    named |= {m['elements']['file'] for m in manifests if 'elements' in m}
    for name in os.listdir(self.directory):
      is_ours = array_file.NAME.fullmatch(name.removesuffix('.tmp'))
      if is_ours and name not in named:
        os.remove(os.path.join(self.directory, name))

  def _reusable(self, store: FrameStore) -> list[dict[str, Any]]:
    """Returns the leading segments that still match the store's steps."""
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
    stem, steps = f'steps-{start}-{stop}', store.read(start, stop)
    return {
      'start': start,
      'stop': stop,
      'labelled': _labelled(store, start, stop),
      **array_file.write(self.directory, stem, steps),
    }

  def _load_steps(
    self,
    store: FrameStore,
    state: dict[str, Any],
    segments: list[dict[str, Any]],
  ) -> None:
    oldest = max(state['next_step'] - store.settings.capacity, 0)
    wanted = range(oldest, state['next_step'])
    for at, rows in self.read_steps(segments, store.settings, wanted):
      store.write(at, rows)
    store.load_state_dict(state)
    store.segments = [{k: s[k] for k in _FIELDS} for s in segments]

  def read_steps(
    self,
    segments: list[dict[str, Any]],
    settings: ReplaySettings,
    wanted: range,
  ) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Reads steps, one segment at a time.

    Args:
      segments: of a manifest; those before the wanted steps are not opened.
      settings: of the saved replay.
      wanted: numbers of consecutive steps.

    Yields:
      The number of a step, and the columns from it to its segment's end.

    Raises:
      DamagedFileError: a file is missing or damaged.
      KeyError, TypeError, ValueError: the segments do not hold those steps.
    """
    layout, at = settings.column_layout(), wanted.start
    for segment in segments:
      start, stop = map(operator.index, (segment['start'], segment['stop']))
      if stop <= at:
        continue
      if not start <= at < stop <= start + _MAX_SEGMENT_STEPS:
        raise ValueError(f'steps {start} to {stop} do not follow step {at}')
      expected = {
        name: (dtype, (stop - start, *shape))
        for name, (dtype, shape) in layout.items()
      }
      rows = array_file.read(
        self.directory, segment, expected, self._remedy, renamed=_RENAMED
      )
      yield at, {name: row[at - start :] for name, row in rows.items()}
      at = stop
    if at != wanted.stop:
      raise ValueError(f'steps {at} to {wanted.stop} are missing')

  def _load_elements(self, store: FrameStore, manifest: Manifest) -> None:
    # The shapes are known only after the steps were loaded.
    expected = {
      name: (array.dtype, array.shape) for name, array in store.arrays().items()
    }
    if expected:
      entry = manifest['elements']
      store.load_arrays(
        array_file.read(self.directory, entry, expected, self._remedy)
      )


def _labelled(store: FrameStore, start: int, stop: int) -> int:
  """Returns the first step of a range that may lack a label, or its end."""
  if not store.settings.policy_size:
    return stop
  return min(max(store.labelled, start), stop)


def _check_settings(store: FrameStore, manifest: Manifest) -> None:
  try:
    saved = ReplaySettings.from_json(manifest['settings'])
  except UserError as error:  # Nobody has set these.
    raise ValueError(str(error)) from error
  for name, value in store.settings._asdict().items():
    was = getattr(saved, name)
    if name == 'capacity' and manifest['state']['next_step'] <= was < value:
      continue
    if was != value:
      raise UserError(
        f'The saved replay has {name} = {was} and this run {value}: resume '
        f'with {name} = {was}.'
      )


def _check_has_elements(store: FrameStore, manifest: Manifest) -> None:
  saved, ours = 'elements' in manifest, bool(store.arrays())
  if saved != ours:
    raise UserError(
      f'The saved replay has {"" if saved else "no "}priorities and this run '
      f'{"samples by them" if ours else "has none"}: resume with the same '
      'kind of replay.'
    )
