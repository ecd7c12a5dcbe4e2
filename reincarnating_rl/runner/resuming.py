"""How a runner goes into a checkpoint and comes out of it."""

import collections
import time
from typing import Any

from reincarnating_rl.runner import (
  checkpoints,
  collectors,
  lineage,
)
from reincarnating_rl.runner.plan import (
  Iteration,
  Phase,
)
from reincarnating_rl.runner.position import Position
from reincarnating_rl.runner.record import check_identity
from reincarnating_rl.teachers.description import (
  ENTRY,
  GAME,
)


class Resuming:
  """Checkpoints for `RunnerWithTeacher`, which has the attributes used here.

  Everything that shapes the future is saved, and environments are seeded anew
  for each episode, so that a resumed run is the uninterrupted one bit for bit.
  """

  def _resume(self) -> None:
    if self._checkpoints.restore(self._restore) is None:
      collectors.rewind(self._base_dir, 0)
    self._start_iteration = self._position.next_number
    if self._start_iteration or self._position.steps:
      print(
        f'Resuming {self._base_dir} at iteration {self._start_iteration} of '
        f'{len(self.plan)}.'
      )
    self._checkpointed_at = time.monotonic()

  def _restore(self, checkpoint: checkpoints.Checkpoint) -> None:
    state = checkpoint.state
    identity = self._identity_until(checkpoint.number)
    check_identity(state['identity'], identity, self._base_dir)
    self._agent.restore(checkpoint.arrays, state['agent'])
    self._checkpoints.load_replay('student', checkpoint, self._agent.replay)
    self._teacher_data.close()
    if 'teacher' in checkpoint.replays:
      self._checkpoints.load_replay(
        'teacher', checkpoint, self._teacher_data.open()
      )
    self._position = Position(**state['position'])
    self.record.restore(state['record'])
    collectors.rewind(self._base_dir, state['metrics_bytes'])

  def _checkpoint_experiment(self, number: int) -> None:
    self._collector_dispatcher.flush()
    arrays, counters = self._agent.snapshot()
    replays = {'student': self._agent.replay}
    if self._teacher_data.store is not None:
      replays['teacher'] = self._teacher_data.store
    state = {
      'identity': self._identity_until(number),
      'teacher_data': self._plan_of_teacher_data(number),
      'agent': counters,
      'position': self._position._asdict(),
      'record': self.record.to_json(),
      'metrics_bytes': collectors.size(self._base_dir),
    }
    tag = f'{self._position.steps}-{self._position.finished:d}'
    self._checkpoints.save(
      number, arrays, state, replays, about=self._about, tag=tag
    )
    lineage.write(self._base_dir, self.lineage)
    self._checkpointed_at = time.monotonic()

  def _plan_of_teacher_data(self, number: int) -> str | None:
    """Returns how the teacher's data came that there are after an iteration."""
    begun = {row.phase for row in self.plan[: number + 1]}
    phase = self._teacher_source.phase
    return phase.name if phase in begun else None

  def _earlier_teacher_data(self) -> Phase | None:
    """Returns what `_plan_of_teacher_data` said when the run was stopped."""
    name = self._checkpoints.newest_state().get('teacher_data')
    return Phase[name] if name in Phase.__members__ else None

  @property
  def _about(self) -> dict[str, Any]:
    """What a checkpoint tells whoever takes the student for a teacher."""
    about = {
      GAME: {
        'name': self._game.name,
        'actions': self._environment.action_meanings,
      }
    }
    told = self._agent.description
    return about | ({ENTRY: told._asdict()} if told else {})

  def _reach_safe_point(self, iteration: Iteration) -> None:
    """Stops here if the user asked to, and checkpoints if one is due."""
    self._interrupt.check()
    if time.monotonic() - self._checkpointed_at > self._checkpoint_seconds:
      self._checkpoint_experiment(iteration.number)

  def _identity_until(self, number: int) -> dict[str, Any]:
    """What may not differ when a run is resumed after some iteration."""
    teacher = self._teacher
    plan = {
      f'iteration {row.number}': f'{row.steps} steps of {row.phase.value}'
      for row in self.plan[: number + 1]
    }
    return {
      'game': self._game.name,
      'agent': type(self._agent).__name__,
      'seed': self._seed,
      'teacher': teacher and teacher.fingerprint,
      'temperature of the teacher': teacher
      and teacher.lineage.get('temperature'),
      'vmax of the teacher': teacher and teacher.lineage.get('vmax'),
      'kind of the teacher': teacher and teacher.lineage.get('agent'),
      'actions of the teacher': teacher and teacher.lineage.get('actions'),
      'initial distillation coefficient': self._agent.initial_coefficient,
      **self._agent.identity,
      **plan,
    }

  @property
  def lineage(self) -> dict[str, Any]:
    """Where the student comes from; its directory may be the next teacher's."""
    teacher = self._teacher
    return lineage.describe(
      agent=type(self._agent).__name__,
      seed=self._seed,
      teacher=teacher
      and {'fingerprint': teacher.fingerprint, **teacher.lineage},
      spent=self._agent.counters | {'teacher_steps': self.record.teacher_steps},
      scores=self.record.to_json(),
      game=self._game.name,
      planned=collections.Counter(r.phase.name for r in self.plan if r.trains),
      started_as=self._started_as,
    )
