"""Checkpoints of an experiment: complete ones only, newest first.

`ckpt.N.json`, written last, names the arrays of iteration N with their sizes
and checksums, and the replay's segments. It has the format of a teacher
checkpoint, so that a student can be the next teacher.
"""

import os
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy
from absl import logging

from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.segment_log import SegmentLog
from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
  UserError,
)
from reincarnating_rl.teachers import native_checkpoint

_DAMAGED = (DamagedFileError, MissingFileError)


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
      keep: how many of the newest iterations stay restorable, at least 1.
    """
    self.directory = directory
    self._keep = max(keep, 1)

  def save(
    self,
    number: int,
    arrays: dict[str, np.ndarray],
    state: dict[str, Any],
    replays: dict[str, FrameStore],
    *,
    about: dict[str, Any],
    tag: str,
  ) -> None:
    """Writes a checkpoint; it replaces an earlier one of the same iteration.

    Args:
      number: the iteration.
      arrays: by name, `online_params/...` among them.
      state: JSON-able.
      replays: stores by name; only what is new in them is written.
      about: JSON-able; what a reader who knows no run wants to be told.
      tag: tells checkpoints of one iteration apart.

    Raises:
      OSError: there is no space, say; earlier checkpoints are untouched.
    """
    logs = {name: self._log(name).save(s) for name, s in replays.items()}
    native_checkpoint.write_arrays(
      self.directory,
      number,
      arrays,
      {**about, 'replays': logs, 'state': state},
      tag=f'.{tag}',
    )
    self._remove_stale(number)

  def restore(
    self, apply: Callable[[Checkpoint], None], *, newest: int | None = None
  ) -> int | None:
    """Applies the newest complete checkpoint; damaged ones are reported.

    Args:
      apply: restores everything from a checkpoint. It may find a replay
        damaged half-way: it is then called with the one before.
      newest: the last one that may be restored; None for any.

    Returns:
      The number of the checkpoint, or None where there is none.

    Raises:
      UserError: there are checkpoints and none of them is whole.
    """
    numbers = [n for n in self.numbers() if newest is None or n <= newest]
    for number in reversed(numbers):
      try:
        apply(self._read(number))
        return number
      except _DAMAGED as error:
        logging.warning('%s Trying the checkpoint before it.', error)
    if numbers:
      raise UserError(
        f'Every checkpoint in {self.directory} is damaged: remove the folder '
        'to start again, or choose another --base_dir.'
      )
    return None

  def newest_state(self) -> dict[str, Any]:
    """Returns the JSON-able state of the newest checkpoint that has one."""
    return next((state for _, state in self.states()), {})

  def states(self) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields number and JSON-able state of each checkpoint, newest first."""
    for number in reversed(self.numbers()):
      try:
        manifest = native_checkpoint.read_manifest(self._path(number))
      except _DAMAGED:  # It is reported when restored.
        continue
      state = manifest.get('state')
      yield number, state if isinstance(state, dict) else {}

  def load_replay(
    self, name: str, checkpoint: Checkpoint, store: FrameStore
  ) -> None:
    """Fills a store with what a checkpoint says of it.

    Raises:
      DamagedFileError: a segment is missing or not what it was.
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

  def _path(self, number: int) -> pathlib.Path:
    return pathlib.Path(self.directory, f'ckpt.{number}.json')

  def _log(self, name: str) -> SegmentLog:
    return SegmentLog(os.path.join(self.directory, f'replay_{name}'))

  def _read(self, number: int) -> Checkpoint:
    path = self._path(number)
    manifest = native_checkpoint.read_manifest(path)
    if 'state' not in manifest:
      raise UserError(
        f'{self.directory} is of a teacher, not of a run: choose another '
        '--base_dir.'
      )
    arrays_path, _ = native_checkpoint.verify(path, manifest)
    arrays = safetensors.numpy.load_file(arrays_path)
    return Checkpoint(number, arrays, manifest['state'], manifest['replays'])

  def _remove_stale(self, newest: int) -> None:
    """Removes manifests beyond `keep`, then what no manifest names.

    Those above `newest` are damaged: the run went back behind them. While one
    that stays cannot be read, nobody knows what it names: all stays.
    """
    numbers = self.numbers()
    kept = [number for number in numbers if number <= newest][-self._keep :]
    try:
      manifests = [
        native_checkpoint.read_manifest(self._path(number)) for number in kept
      ]
    except DamagedFileError as error:
      logging.warning('%s Nothing is removed while it is there.', error)
      return
    for number in set(numbers) - set(kept):
      os.remove(self._path(number))
    self._remove_unnamed({name for m in manifests for name in m['files']})
    for name in os.listdir(self.directory):
      if name.startswith('replay_'):
        replay = name.removeprefix('replay_')
        self._log(replay).remove_unreferenced(
          [m['replays'][replay] for m in manifests if replay in m['replays']]
        )

  def _remove_unnamed(self, named: set[str]) -> None:
    arrays = re.compile(r'ckpt\..*\.(safetensors|json\.tmp)(\.tmp)?')
    for name in os.listdir(self.directory):
      if arrays.fullmatch(name) and name not in named:
        os.remove(os.path.join(self.directory, name))
