"""Finds the replays of our own runs in a directory, and inspects them.

A run keeps the student's replay as segments (`segment_log`) beside the
checkpoints; the manifests of the checkpoints name the segments.
"""

import itertools
import os
import pathlib
import re
from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.importers.loading import numbered_checkpoints
from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.replay import array_file
from reincarnating_rl.replay.settings import ReplaySettings
from reincarnating_rl.support.errors import (
  DamagedFileError,
  EmptyReplayError,
  UserError,
  damaged_replay,
  incomplete_replay,
)
from reincarnating_rl.support.json_file import read_json

REPLAYS, STUDENT = 'replays', 'student'
# Errors that reading an untrusted manifest can raise.
UNREADABLE = (LookupError, TypeError, ValueError, ArithmeticError, OSError)
_NAME = re.compile(r'ckpt\.(0|[1-9][0-9]{0,8})\.json', re.ASCII)
_WIDEST = 1024  # A limit: rows of a whole segment are allocated.


class RunReplay(NamedTuple):
  """The student's replay in a checkpoint."""

  folder: str
  number: int  # of the iteration

  @property
  def path(self) -> str:
    """Manifest of the checkpoint."""
    return os.path.join(self.folder, f'ckpt.{self.number}.json')

  @property
  def log(self) -> str:
    """Folder of the segments."""
    return log_of(self.folder)

  @property
  def missing(self) -> list[str]:
    """The segments that its manifest names and that are not there."""
    try:
      info = _describe(self)
      paths = [
        os.path.join(self.log, segment['file'])
        for segment in info.segments
        if segment['stop'] > info.steps.start
        and array_file.NAME.fullmatch(segment['file'])
      ]
    except (UserError, *UNREADABLE):
      return []  # Reading it reports the damage.
    return [path for path in paths if not os.path.isfile(path)]

  @property
  def is_left_out(self) -> bool:
    """Whether the run was copied without its steps."""
    return not os.path.isdir(self.log) and bool(self.missing)


class RunInfo(NamedTuple):
  """Description of the replay in the manifest of a checkpoint."""

  settings: ReplaySettings  # the run's
  steps: range  # numbers of the stored steps; at least one
  segments: list[dict[str, Any]]
  partial: tuple[int, ...] = ()  # see `StepRing`, as is the next
  without_action: tuple[int, ...] = ()

  @property
  def entries(self) -> int:
    """Number of stored steps."""
    return len(self.steps)

  @property
  def observation_shape(self) -> tuple[int, ...]:
    """Shape of one frame, `*O`."""
    return self.settings.observation_shape

  @property
  def actions(self) -> Actions:
    """Of the run's game."""
    return self.settings.actions

  @property
  def stack_size(self) -> int:
    """Frames in a state of the run."""
    return self.settings.stack_size

  @property
  def observation_dtype(self) -> np.dtype:
    """Type of a frame."""
    return self.settings.observation_dtype


def log_of(folder: str) -> str:
  """Returns the folder of the segments, given the checkpoints' folder."""
  return os.path.join(folder, f'replay_{STUDENT}')


def find(directory: str | os.PathLike[str]) -> list[RunReplay]:
  """Lists the checkpoints that have a replay.

  Damaged replays and those that lack segments are listed, so that reading them
  reports it.

  Args:
    directory: a run, or its `checkpoints/`.

  Returns:
    First those in the directory itself, then those in its `checkpoints/`;
    ascending by number in each.
  """
  replays = itertools.starmap(RunReplay, numbered_checkpoints(directory, _NAME))
  return [replay for replay in replays if not _is_empty(replay)]


def _is_empty(replay: RunReplay) -> bool:
  try:
    _describe(replay)
  except EmptyReplayError:
    return True
  except DamagedFileError:
    pass
  return False


def inspect(replay: RunReplay) -> RunInfo:
  """Reads the description of a replay, but none of its steps.

  Raises:
    MissingFileError: a segment is missing.
    EmptyReplayError: the replay holds no step, as in a teacher's checkpoint.
    DamagedFileError: the manifest is damaged.
    UserError: the run was one of several environments at a time.
  """
  info = _describe(replay)
  if missing := replay.missing:
    raise incomplete_replay(missing)
  lanes = info.settings.num_lanes
  if lanes > 1:
    raise UserError(
      f'The replay of {replay.path} holds steps of {lanes} environments in '
      'turn, which cannot be taken over: let the teacher play '
      "(RunnerWithTeacher.teacher_data = 'collected')."
    )
  return info


def _describe(replay: RunReplay) -> RunInfo:
  next_step, lists = 0, []
  try:
    replays = read_json(pathlib.Path(replay.path)).get(REPLAYS, {})
    if STUDENT in replays:
      manifest = replays[STUDENT]
      settings = ReplaySettings.from_json(manifest['settings'])
      state = manifest['state']
      next_step = int(state['next_step'])
      segments = list(manifest['segments'])
      for name in ('partial', 'without_action'):
        lists.append([*map(int, state.get(name, ()))])
  except (UserError, *UNREADABLE) as error:
    raise unusable(replay, error) from error
  if not next_step:
    raise EmptyReplayError(
      f'The replay of {replay.path} holds no step: choose another checkpoint.'
    )
  if not 0 < next_step < 2**62 or _is_too_wide(settings):
    raise damaged_replay(replay.path, 'holds impossible numbers')
  steps = range(max(next_step - settings.capacity, 0), next_step)
  stored = (tuple(n for n in numbers if n in steps) for numbers in lists)
  return RunInfo(settings, steps, segments, *stored)


def _is_too_wide(settings: ReplaySettings) -> bool:
  return max(settings.policy_size, *settings.actions.shape, 0) > _WIDEST


def unusable(replay: RunReplay, error: Exception) -> DamagedFileError:
  """Returns the error for a manifest whose content is invalid."""
  reason = f'{type(error).__name__}: {str(error)[:100]}'
  return damaged_replay(replay.path, f'cannot be used ({reason})')
