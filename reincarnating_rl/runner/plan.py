"""The plan of an experiment: a pure function of its settings.

Nothing toggles a phase. To resume is to look up the next iteration.
"""

import enum
from typing import NamedTuple

from reincarnating_rl.methods.method import Method, Offline
from reincarnating_rl.support.errors import UserError

_MOST_ITERATIONS = 1_000_000


class Phase(enum.Enum):
  """What an iteration does."""

  TEACHER_EVALUATION = 'teacher evaluation'
  COLLECT = 'collect'
  LOAD = 'load'
  RELOAD = 'reload'
  PRETRAIN = 'pretrain'
  ONLINE = 'online'


class Iteration(NamedTuple):
  """One row of the plan.

  `steps` are environment steps of the teacher (LOAD: at most so many; COLLECT:
  less what is there already), environment steps of the student (ONLINE) or
  gradient updates (PRETRAIN). `index` counts within the phase. RELOAD has none:
  the student becomes what the teacher is.
  """

  number: int
  phase: Phase
  index: int
  steps: int

  @property
  def trains(self) -> bool:
    """Whether the student learns here, and is evaluated afterwards."""
    return self.phase in (Phase.PRETRAIN, Phase.ONLINE)


def make_plan(
  *,
  has_teacher: bool,
  teacher_steps: int,
  num_pretraining_iterations: int,
  num_pretraining_steps: int,
  num_online_iterations: int,
  online_steps: int,
  teacher_data: Phase = Phase.COLLECT,
  is_topped_up: bool = False,
  keeps_teacher_data: bool = False,
  starts_from_teacher: bool = False,
  max_collect_steps: int = 100_000,
) -> tuple[Iteration, ...]:
  """Lays out every iteration of an experiment.

  Args:
    has_teacher: without one, only the online phase is left.
    teacher_steps: environment steps of the teacher's data.
    num_pretraining_iterations: iterations on the teacher's data.
    num_pretraining_steps: gradient updates in each.
    num_online_iterations: iterations in the environment.
    online_steps: environment steps in each.
    teacher_data: LOAD if they are on disk, or COLLECT.
    is_topped_up: whether COLLECT follows LOAD, for what is not on disk.
    keeps_teacher_data: whether the online phase learns from them too.
    starts_from_teacher: whether the student begins as the teacher is.
    max_collect_steps: longest COLLECT iteration; a checkpoint follows each.

  Raises:
    UserError: there is something to learn from the teacher, and no data, or
      the iterations are too many to lay out.

  Returns:
    The iterations, in order; exactly `num_pretraining_iterations +
    num_online_iterations` of them train the student.
  """
  # Data that nobody learns from is not collected.
  needs_data = has_teacher and (
    keeps_teacher_data or num_pretraining_iterations > 0
  )
  if needs_data and teacher_steps <= 0:
    raise UserError(
      'RunnerWithTeacher.teacher_steps must be positive where '
      'num_pretraining_iterations is, and for rehearsal: the student learns '
      'from that data.'
    )
  count = num_pretraining_iterations + num_online_iterations
  count += teacher_steps // max_collect_steps if needs_data else 0
  if count > _MOST_ITERATIONS:
    raise UserError(
      f'The run has {count:,} iterations, and {_MOST_ITERATIONS:,} are the '
      'most: lower Runner.num_iterations, RunnerWithTeacher.teacher_steps or '
      'num_pretraining_iterations.'
    )
  rows: list[tuple[Phase, int, int]] = []
  if has_teacher:
    # First, so that a teacher that does not fit is told of at once.
    rows += [(Phase.RELOAD, 0, 0)] if starts_from_teacher else []
    rows.append((Phase.TEACHER_EVALUATION, 0, 0))
    if needs_data:
      if teacher_data is Phase.LOAD:
        rows.append((Phase.LOAD, 0, teacher_steps))
      if teacher_data is Phase.COLLECT or is_topped_up:
        rows += [
          (Phase.COLLECT, i, min(max_collect_steps, teacher_steps - start))
          for i, start in enumerate(range(0, teacher_steps, max_collect_steps))
        ]
    rows += [
      (Phase.PRETRAIN, i, num_pretraining_steps)
      for i in range(num_pretraining_iterations)
    ]
  rows += [
    (Phase.ONLINE, i, online_steps) for i in range(num_online_iterations)
  ]
  return tuple(Iteration(n, *row) for n, row in enumerate(rows))


def num_pretraining_iterations(
  method: Method,
  asked: int | None,
  *,
  is_taught: bool,
  default: int = 10,
) -> int:
  """Returns how many offline iterations a student has.

  Args:
    method: that it learns by.
    asked: `RunnerWithTeacher.num_pretraining_iterations`, None if not given.
    is_taught: whether the teacher is more than a score to compare with.
    default: the paper's.

  Raises:
    UserError: they are asked for and the method has none, or the reverse.
  """
  setting = f'RunnerWithTeacher.num_pretraining_iterations is {asked}'
  if method.offline is Offline.NEVER or not method.needs_teacher:
    if asked and is_taught:
      raise UserError(
        f'{setting}, and this --agent has no offline phase: set it to 0, or '
        'choose another.'
      )
    return 0  # Where the teacher is only compared with, nobody learns from it.
  if method.offline is Offline.ALWAYS and asked is not None and asked <= 0:
    raise UserError(
      f'{setting}, and this --agent learns from its teacher offline only: set '
      'it to 1 or more, or choose another.'
    )
  if not is_taught:
    return 0
  if asked is not None:
    return asked
  return 0 if method.offline is Offline.OPTIONAL else default


def steps_until(plan: tuple[Iteration, ...], iteration: Iteration) -> int:
  """Steps of an iteration's phase up to its own end."""
  return sum(
    row.steps
    for row in plan[: iteration.number + 1]
    if row.phase is iteration.phase
  )


def ends_phase(plan: tuple[Iteration, ...], iteration: Iteration) -> bool:
  """Whether the next iteration of a plan is of another phase, or none."""
  following = plan[iteration.number + 1 : iteration.number + 2]
  return all(row.phase is not iteration.phase for row in following)
