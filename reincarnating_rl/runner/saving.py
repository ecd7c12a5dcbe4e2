"""How a run goes into a checkpoint and comes out of it.

Everything that shapes the future is saved, and environments are seeded anew for
each episode, so that a resumed run is the uninterrupted one bit for bit. One of
several environments is saved amid episodes, as seeds and actions.
"""

import os
from collections.abc import Callable
from typing import Any

from reincarnating_rl.agents import snapshot
from reincarnating_rl.agents.student import Student
from reincarnating_rl.runner import collectors, finite, identity
from reincarnating_rl.runner.checkpoints import Checkpoint, Checkpoints
from reincarnating_rl.runner.position import Position
from reincarnating_rl.runner.progress import Progress
from reincarnating_rl.runner.record import Record
from reincarnating_rl.runner.teacher_data import TeacherData
from reincarnating_rl.runner.training_lanes import TrainingLanes
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import native_checkpoint
from reincarnating_rl.teachers.checkpoint_files import FOLDER

_PLACE = ('pretraining_updates', 'training_steps', 'online_updates')


class Saver:
  """Writes and restores the whole state of a run.

  Attributes:
    base_dir: of the run.
    stretches: what each part of the run was trained with; see
      `identity.stretch`.
    more: trees of arrays by name that are saved and restored beside the
      student's.
    lanes: episodes under way, if they are not between two checkpoints.
  """

  def __init__(
    self,
    checkpoints: Checkpoints,
    agent: Student,
    data: TeacherData,
    record: Record,
    progress: Progress,
    *,
    base_dir: str,
    command: str | None,
    identity_until: Callable[[int], dict[str, Any]],
    teacher_data_until: Callable[[int], str | None],
    about: dict[str, Any],
  ) -> None:
    """Takes what a run consists of.

    Args:
      checkpoints: of the run's directory.
      agent: the student.
      data: the teacher's.
      record: what was measured.
      progress: where the run is.
      base_dir: of the run.
      command: that started this process.
      identity_until: what may not differ when the run is resumed after an
        iteration, given by its number.
      teacher_data_until: how the teacher's data came that there are by then.
      about: what a checkpoint tells whoever takes the student for a teacher.
    """
    self._checkpoints, self._agent, self._data = checkpoints, agent, data
    self._record, self._progress = record, progress
    self.base_dir, self._command = base_dir, command
    self._identity_until = identity_until
    self._teacher_data_until = teacher_data_until
    self._about = about
    self.stretches: list[dict[str, Any]] = []
    self.more: dict[str, Any] = {}
    self.lanes: TrainingLanes | None = None

  def save(self, number: int, base_dir: str | None = None) -> None:
    """Writes a checkpoint of an iteration.

    Args:
      number: of the iteration.
      base_dir: in place of the run's own.

    Raises:
      DivergedError: a parameter is not finite. The checkpoint would take the
        place of the last good one.
      OSError: it cannot be written; earlier checkpoints are untouched.
    """
    arrays, counters = snapshot.take(self._agent)
    finite.check(arrays)
    arrays |= snapshot.flatten(self.more)
    if self.lanes is not None:
      arrays |= self.lanes.arrays()
    checkpoints = self._checkpoints
    if base_dir is not None:
      checkpoints = Checkpoints(os.path.join(base_dir, FOLDER))
    replays = {'student': self._agent.batches.replay}
    if self._data.store is not None:
      replays['teacher'] = self._data.store
    position = self._progress.position
    state = {
      'identity': self._identity_until(number),
      'teacher_data': self._teacher_data_until(number),
      'agent': counters,
      'position': position._asdict(),
      'record': self._record.to_json(),
      'metrics_bytes': collectors.size(base_dir or self.base_dir),
      'stretches': self.stretches,
      'lanes': self.lanes and self.lanes.state_dict(),
    }
    checkpoints.save(
      number,
      arrays,
      state,
      replays,
      about=self._about,
      tag=f'{position.steps}-{position.finished:d}',
    )
    self._progress.note_saved()

  def save_student(self, number: int, base_dir: str) -> None:
    """Writes the student alone, as a teacher is.

    Args:
      number: of the iteration.
      base_dir: of the checkpoint.

    Raises:
      DivergedError, OSError: see `save`.
    """
    arrays, _ = snapshot.take(self._agent)
    finite.check(arrays)
    folder = os.path.join(base_dir, FOLDER)
    native_checkpoint.write_arrays(folder, number, arrays, self._about)

  @property
  def has_any(self) -> bool:
    """Whether there is a checkpoint to go back to."""
    return bool(self._checkpoints.numbers())

  def resume(self, newest: int | None = None) -> bool:
    """Restores the newest whole checkpoint; begins anew where there is none.

    Args:
      newest: the last one that may be restored; None for any.

    Returns:
      Whether there was one.

    Raises:
      UserError: it is of other settings, or none is whole.
    """
    found = self._checkpoints.restore(self._restore, newest=newest) is not None
    if not found:
      collectors.rewind(self.base_dir, 0)
    self.stretches = identity.with_stretch(
      self.stretches, identity.stretch(self._command, self._place())
    )
    self._progress.note_saved()
    return found

  def _place(self) -> dict[str, int]:
    """Returns where the run is, in the words of a report's page."""
    spent = snapshot.counters(self._agent)
    return {
      'iteration': self._progress.position.next_number,
      'teacher_steps': self._record.teacher_steps,
      **{name: spent[name] for name in _PLACE},
    }

  def _restore(self, checkpoint: Checkpoint) -> None:
    state = checkpoint.state
    if 'stretches' not in state:
      raise UserError(
        f'{self.base_dir} holds a run of an earlier version, which can be a '
        'teacher but not go on: choose another --base_dir.'
      )
    expected = self._identity_until(checkpoint.number)
    identity.check(state['identity'], expected, self.base_dir)
    finite.check_sound(checkpoint, self.base_dir)
    self.more = snapshot.unflatten(checkpoint.arrays, self.more)
    snapshot.restore(self._agent, checkpoint.arrays, state['agent'])
    self._checkpoints.load_replay(
      'student', checkpoint, self._agent.batches.replay
    )
    self._data.close()
    if 'teacher' in checkpoint.replays:
      # It never wraps: more steps or lanes may ask for a larger capacity.
      saved = checkpoint.replays['teacher']['settings']['capacity']
      self._checkpoints.load_replay(
        'teacher', checkpoint, self._data.open(saved)
      )
    self._progress.position = Position(**state['position'])
    self._record.restore(state['record'])
    if self.lanes is not None:
      self.lanes.load_state_dict(state['lanes'], checkpoint.arrays)
    self.stretches = state['stretches']
    collectors.rewind(self.base_dir, state['metrics_bytes'])
