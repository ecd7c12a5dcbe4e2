"""How a run goes into a checkpoint and comes out of it.

Everything that shapes the future is saved, and environments are seeded anew for
each episode, so that a resumed run is the uninterrupted one bit for bit.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from reincarnating_rl.agents import snapshot
from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs.games import Game
from reincarnating_rl.runner import collectors, identity
from reincarnating_rl.runner.checkpoints import Checkpoint, Checkpoints
from reincarnating_rl.runner.position import Position
from reincarnating_rl.runner.progress import Progress
from reincarnating_rl.runner.record import Record
from reincarnating_rl.runner.teacher_data import TeacherData
from reincarnating_rl.support.errors import DivergedError, UserError
from reincarnating_rl.teachers.base import ONLINE
from reincarnating_rl.teachers.description import ENTRY, GAME, MODULE

_PLACE = ('pretraining_updates', 'training_steps', 'online_updates')


class Saver:
  """Writes and restores the whole state of a run.

  Attributes:
    stretches: what each part of the run was trained with; see
      `identity.stretch`.
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
    self._base_dir, self._command = base_dir, command
    self._identity_until = identity_until
    self._teacher_data_until = teacher_data_until
    self._about = about
    self.stretches: list[dict[str, Any]] = []

  def save(self, number: int) -> None:
    """Writes a checkpoint of an iteration.

    Raises:
      DivergedError: a parameter is not finite. The checkpoint would take the
        place of the last good one.
    """
    arrays, counters = snapshot.take(self._agent)
    _check_finite(arrays)
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
      'metrics_bytes': collectors.size(self._base_dir),
      'stretches': self.stretches,
    }
    self._checkpoints.save(
      number,
      arrays,
      state,
      replays,
      about=self._about,
      tag=f'{position.steps}-{position.finished:d}',
    )
    self._progress.note_saved()

  def resume(self) -> bool:
    """Restores the newest whole checkpoint; begins anew where there is none.

    Returns:
      Whether there was one.

    Raises:
      UserError: it is of other settings, or none is whole.
    """
    found = self._checkpoints.restore(self._restore) is not None
    if not found:
      collectors.rewind(self._base_dir, 0)
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
        f'{self._base_dir} holds a run of an earlier version, which can be a '
        'teacher but not go on: choose another --base_dir.'
      )
    expected = self._identity_until(checkpoint.number)
    identity.check(state['identity'], expected, self._base_dir)
    snapshot.restore(self._agent, checkpoint.arrays, state['agent'])
    self._checkpoints.load_replay(
      'student', checkpoint, self._agent.batches.replay
    )
    self._data.close()
    if 'teacher' in checkpoint.replays:
      # It never wraps: another number of lanes may ask for another capacity.
      saved = checkpoint.replays['teacher']['settings']['capacity']
      self._checkpoints.load_replay(
        'teacher', checkpoint, self._data.open(saved)
      )
    self._progress.position = Position(**state['position'])
    self._record.restore(state['record'])
    self.stretches = state['stretches']
    collectors.rewind(self._base_dir, state['metrics_bytes'])


def about(game: Game, environment: Any, agent: Student) -> dict[str, Any]:
  """Returns what a checkpoint tells whoever takes the student for a teacher.

  Args:
    game: that is played.
    environment: of the game.
    agent: the student.
  """
  told = snapshot.description(agent)
  played = {'name': game.name, 'actions': environment.action_meanings}
  if game.module is not None:
    played[MODULE] = game.module
  return {GAME: played} | ({ENTRY: told._asdict()} if told else {})


def _check_finite(arrays: dict[str, np.ndarray]) -> None:
  for name, array in arrays.items():
    if name.startswith(f'{ONLINE}/') and not np.isfinite(array).all():
      raise DivergedError(
        f"The student's {name} is not finite: training has diverged. Start "
        'again with a smaller Student.learning_rate and another --base_dir; '
        'this run can be its teacher, up to its last checkpoint.'
      )
