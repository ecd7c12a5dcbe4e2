"""Which replays of our own runs a directory has, and what each holds.

A run's checkpoints keep the student's replay in segments (`segment_log`) beside
the manifests that name them.
"""

import itertools
import os
import pathlib
import re
from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.importers.checkpoint_numbers import numbered
from reincarnating_rl.replay import array_file
from reincarnating_rl.replay.settings import ReplaySettings
from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
  UserError,
  damaged_replay,
)
from reincarnating_rl.support.json_file import read_json

REPLAYS, STUDENT = 'replays', 'student'
# What a manifest, whoever wrote it, can make its reader raise.
UNREADABLE = (LookupError, TypeError, ValueError, ArithmeticError, OSError)
_NAME = re.compile(r'ckpt\.(0|[1-9][0-9]{0,8})\.json', re.ASCII)
_MAX_ACTIONS = 1024  # Whose logits are read, a segment at a time.


class RunReplay(NamedTuple):
  """The student's replay in a checkpoint."""

  folder: str
  number: int  # of the iteration

  @property
  def path(self) -> str:
    """The manifest of the checkpoint."""
    return os.path.join(self.folder, f'ckpt.{self.number}.json')

  @property
  def log(self) -> str:
    """The folder of the segments."""
    return log_of(self.folder)


class RunInfo(NamedTuple):
  """What the manifest of a checkpoint says of the replay."""

  settings: ReplaySettings  # the run's
  steps: range  # the numbers of those that are stored; at least one
  segments: list[dict[str, Any]]

  @property
  def entries(self) -> int:
    """How many steps it holds."""
    return len(self.steps)

  @property
  def observation_shape(self) -> tuple[int, ...]:
    """The shape of one frame, `*O`."""
    return self.settings.observation_shape

  @property
  def stack_size(self) -> int:
    """Frames in a state of the run."""
    return self.settings.stack_size

  @property
  def observation_dtype(self) -> np.dtype:
    """The type of a frame."""
    return self.settings.observation_dtype


def log_of(folder: str) -> str:
  """Returns where a run keeps the segments, given where its checkpoints are."""
  return os.path.join(folder, f'replay_{STUDENT}')


def find(directory: str | os.PathLike[str]) -> list[RunReplay]:
  """Lists the checkpoints whose student has played, and whose steps are there.

  Of a run that was copied without its segments there are none. What is damaged
  is listed, so that whoever reads it is told.

  Args:
    directory: a run, or its `checkpoints/`.

  Returns:
    Those in the directory itself and in its `checkpoints/`; in each of them
    ascending by number.
  """
  replays = itertools.starmap(RunReplay, numbered(directory, _NAME))
  return [replay for replay in replays if _is_there(replay)]


def _is_there(replay: RunReplay) -> bool:
  try:
    info = inspect(replay)
    return all(
      os.path.isfile(os.path.join(replay.log, segment['file']))
      for segment in info.segments
      if segment['stop'] > info.steps.start
      and array_file.NAME.fullmatch(segment['file'])
    )
  except MissingFileError:
    return False
  except (DamagedFileError, *UNREADABLE):
    return True


def inspect(replay: RunReplay) -> RunInfo:
  """Reads what a replay holds, and none of its steps.

  Raises:
    MissingFileError: it holds no step, as that of a teacher's checkpoint.
    DamagedFileError: its manifest is damaged.
  """
  next_step = 0
  try:
    replays = read_json(pathlib.Path(replay.path)).get(REPLAYS, {})
    if STUDENT in replays:
      manifest = replays[STUDENT]
      settings = ReplaySettings.checked(**manifest['settings'])
      next_step = int(manifest['state']['next_step'])
      segments = list(manifest['segments'])
  except (UserError, *UNREADABLE) as error:
    raise unusable(replay, error) from error
  if not next_step:
    raise MissingFileError(f'The replay of {replay.path} holds no step yet.')
  if not 0 < next_step < 2**62 or settings.num_actions > _MAX_ACTIONS:
    raise damaged_replay(replay.path, 'holds numbers that cannot be')
  steps = range(max(next_step - settings.capacity, 0), next_step)
  return RunInfo(settings, steps, segments)


def unusable(replay: RunReplay, error: Exception) -> DamagedFileError:
  """Returns the error that a manifest makes no sense."""
  reason = f'{type(error).__name__}: {str(error)[:100]}'
  return damaged_replay(replay.path, f'cannot be used ({reason})')
