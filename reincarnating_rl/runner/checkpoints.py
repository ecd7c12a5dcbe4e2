"""Checkpoints of an experiment: complete ones only, newest first.

`ckpt.N.json`, written last, names the arrays of iteration N with their sizes
and checksums, and the replay's segments. It has the format of a teacher
checkpoint, so that a student can be the next teacher.
"""

import errno
import json
import os
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy
from absl import logging

from reincarnating_rl import files
from reincarnating_rl.errors import UserError
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.segment_log import DamagedReplayError, SegmentLog

FORMAT = {'format': 'reincarnating_rl', 'version': 1}


class DiskFullError(UserError):
  """No space for a checkpoint; the earlier ones are whole."""


class DamagedCheckpointError(Exception):
  """A checkpoint whose files are not what its manifest says."""


class Checkpoint(NamedTuple):
  """What is restored: arrays by name, and everything JSON-able."""

  number: int
  arrays: dict[str, np.ndarray]
  state: dict[str, Any]
  replays: dict[str, dict[str, Any]]


class Checkpoints:
  """The checkpoints of one run directory."""

  def __init__(self, directory: str, *, keep: int = 3) -> None:
    """Opens a directory; nothing is written before the first `save`.

    Args:
      directory: `<base_dir>/checkpoints`.
      keep: how many of the newest iterations stay restorable.
    """
    self.directory = directory
    self._keep = keep

  def save(
    self,
    number: int,
    arrays: dict[str, np.ndarray],
    state: dict[str, Any],
    replays: dict[str, FrameStore],
  ) -> None:
    """Writes a checkpoint; it replaces an earlier one of the same iteration.

    Args:
      number: the iteration.
      arrays: by name, `online_params/...` among them.
      state: JSON-able.
      replays: stores by name; only what is new in them is written.

    Raises:
      DiskFullError: there is no space; earlier checkpoints are untouched.
    """
    try:
      os.makedirs(self.directory, exist_ok=True)
      logs = {name: self._log(name).save(s) for name, s in replays.items()}
      data = safetensors.numpy.save(
        {name: np.asarray(x, order='C') for name, x in arrays.items()}
      )
      digest = files.sha256(data)
      name = f'ckpt.{number}.{digest[:16]}.safetensors'
      files.write_atomically(os.path.join(self.directory, name), data)
      manifest = FORMAT | {
        'number': number,
        'files': {name: {'bytes': len(data), 'sha256': digest}},
        'replays': logs,
        'state': state,
      }
      files.write_atomically(
        self._path(number), json.dumps(manifest, indent=1).encode()
      )
    except OSError as error:
      if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        raise
      raise DiskFullError(
        f'No space left for checkpoint {number} in {self.directory}: free some '
        'and run the same command again; it goes on from the one before.'
      ) from error
    self._remove_stale()

  def restore(self, apply: Callable[[Checkpoint], None]) -> int | None:
    """Applies the newest complete checkpoint; damaged ones are reported.

    Args:
      apply: restores everything from a checkpoint. It may find a replay
        damaged half-way: it is then called with the one before.

    Returns:
      The number of the checkpoint, or None where there is none.

    Raises:
      UserError: there are checkpoints and none of them is whole.
    """
    numbers = self.numbers()
    for number in reversed(numbers):
      try:
        apply(self._read(number))
        return number
      except (DamagedCheckpointError, DamagedReplayError) as error:
        logging.warning('%s Trying the checkpoint before it.', error)
    if numbers:
      raise UserError(
        f'Every checkpoint in {self.directory} is damaged: remove the folder '
        'to start again, or choose another --base_dir.'
      )
    return None

  def load_replay(
    self, name: str, checkpoint: Checkpoint, store: FrameStore
  ) -> None:
    """Fills a store with what a checkpoint says of it.

    Raises:
      DamagedReplayError: a segment is missing or not what it was.
    """
    self._log(name).load(store, checkpoint.replays[name])

  def numbers(self) -> list[int]:
    """Returns the iterations that have a manifest, oldest first."""
    if not os.path.isdir(self.directory):
      return []
    found = (
      re.fullmatch(r'ckpt\.(\d+)\.json', f) for f in os.listdir(self.directory)
    )
    return sorted(int(match[1]) for match in found if match)

  def _path(self, number: int) -> str:
    return os.path.join(self.directory, f'ckpt.{number}.json')

  def _log(self, name: str) -> SegmentLog:
    return SegmentLog(os.path.join(self.directory, f'replay_{name}'))

  def _manifest(self, number: int) -> dict[str, Any]:
    try:
      with open(self._path(number), encoding='utf-8') as f:
        manifest = json.load(f)
      if manifest['format'] != FORMAT['format']:
        raise ValueError(f'its format is {manifest["format"]!r}')
      return manifest
    except (OSError, ValueError, KeyError, TypeError) as error:
      raise DamagedCheckpointError(
        f'{self._path(number)} cannot be read ({error}).'
      ) from error

  def _read(self, number: int) -> Checkpoint:
    manifest = self._manifest(number)
    arrays: dict[str, np.ndarray] = {}
    for name, entry in manifest['files'].items():
      path = os.path.join(self.directory, os.path.basename(name))
      try:
        with open(path, 'rb') as f:
          data = f.read()
      except OSError as error:
        raise DamagedCheckpointError(f'{path}: {error}.') from error
      if files.sha256(data) != entry['sha256']:
        raise DamagedCheckpointError(
          f'{path} has {len(data)} bytes and not the checksum of its manifest '
          f'({entry["bytes"]} bytes).'
        )
      arrays |= safetensors.numpy.load(data)
    return Checkpoint(number, arrays, manifest['state'], manifest['replays'])

  def _remove_stale(self) -> None:
    """Removes manifests beyond `keep`, then what no manifest names."""
    for number in self.numbers()[: -self._keep]:
      os.remove(self._path(number))
    manifests = []
    for number in self.numbers():
      try:
        manifests.append(self._manifest(number))
      except DamagedCheckpointError:
        continue  # It has been reported when it was met; its number returns.
    named = {name for m in manifests for name in m['files']}
    for name in os.listdir(self.directory):
      if re.fullmatch(r'ckpt\..*\.safetensors', name) and name not in named:
        os.remove(os.path.join(self.directory, name))
      if name.startswith('replay_'):
        replay = name.removeprefix('replay_')
        self._log(replay).remove_unreferenced(
          [m['replays'][replay] for m in manifests if replay in m['replays']]
        )
