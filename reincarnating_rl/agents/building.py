"""Builds the parts of a student from what Dopamine's constructor has set."""

import dataclasses
from typing import Any, NamedTuple

import numpy as np
from dopamine.jax.agents.dqn import dqn_agent

from reincarnating_rl.agents import control_parts, value_parts
from reincarnating_rl.agents.actor import Actor, StudentActs
from reincarnating_rl.agents.batches import OnlineBatches
from reincarnating_rl.agents.roll_ins import TeacherBegins
from reincarnating_rl.agents.trainer import Trainer
from reincarnating_rl.envs import policies
from reincarnating_rl.learner import kinds
from reincarnating_rl.learner.control.actor_critic import ActorCritic
from reincarnating_rl.learner.learner import Learner
from reincarnating_rl.learner.terms import (
  MONTE_CARLO_RETURN,
  SECOND,
  Term,
  any_reads,
)
from reincarnating_rl.learner.value_function import ValueFunction
from reincarnating_rl.learner.weaner import Weaner
from reincarnating_rl.methods.method import Method
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.mixed_replay import exact_share
from reincarnating_rl.students import StudentKind
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.base import Teacher, actions_of
from reincarnating_rl.teachers.data_teacher import has_policy


@dataclasses.dataclass(frozen=True, kw_only=True)
class StudentSpec:
  """What a student is to be, beside what Dopamine's agent holds.

  Attributes:
    method: the entry of `methods.table.METHODS`.
    settings: of the method.
    kind: the entry of `students.STUDENTS`.
    teacher: or None.
    learning_rate: see `weaning.Weaner`.
    final_learning_rate: see `weaning.Weaner`.
    replay_capacity: frames.
    batch_size: B.
    augments: whether states are augmented in an update.
    num_environments: in which the student acts at a time.
  """

  method: Method
  settings: Any
  kind: StudentKind
  teacher: Teacher | None
  learning_rate: float
  final_learning_rate: float | None
  replay_capacity: int
  batch_size: int
  augments: bool
  num_environments: int = 1


class Parts(NamedTuple):
  """What a student owns."""

  value: ValueFunction | ActorCritic
  terms: tuple[Term, ...]
  learner: Learner
  weaner: Weaner
  batches: OnlineBatches
  trainer: Trainer
  actor: Actor


def build(agent: Any, spec: StudentSpec, replay: FrameStore) -> Parts:
  """Builds the parts.

  Args:
    agent: a Dopamine agent whose constructor has come to its networks.
    spec: what else it is to be.
    replay: the student's.

  Raises:
    UserError: a setting makes no sense, or the network does not fit.
  """
  value = spec.kind.value(agent)
  parts = control_parts if spec.kind.is_continuous else value_parts
  terms = spec.method.terms(
    spec.settings, parts.vocabulary(value, spec.teacher)
  )
  _check_spec(spec, terms)
  optimizer = dqn_agent.create_optimizer(
    agent._optimizer_name, learning_rate=1.0
  )
  learner = parts.make_learner(agent, spec, value, terms, optimizer)
  weaner = Weaner(
    terms,
    _schedule(spec),
    spec.method.weaning(spec.settings),
    learning_rate=spec.learning_rate,
    final_learning_rate=spec.final_learning_rate,
    has_teacher=spec.teacher is not None,
  )
  batches = OnlineBatches(
    replay,
    spec.teacher,
    label_chunk=agent.update_period,
    teacher_data_ratio=spec.method.teacher_data_ratio(spec.settings),
    exact_share=spec.method.exact_share(spec.settings),
    batch_size=spec.batch_size,
    seed=agent._seed,
    reads_returns=any_reads(terms, MONTE_CARLO_RETURN),
  )
  period = max(1, agent.target_update_period // agent.update_period)
  trainer = Trainer(
    learner,
    terms,
    weaner,
    batches,
    key=agent._rng,
    stack_size=agent.stack_size,
    offline_target_period=period if learner.has_hard_target else 0,
  )
  actor = _build_actor(learner, agent, spec)
  return Parts(value, terms, learner, weaner, batches, trainer, actor)


def _schedule(spec: StudentSpec) -> str:
  """Returns the name of the schedule by which the student is weaned.

  Raises:
    UserError: the settings ask for one that cannot be.
  """
  schedule = spec.method.schedule_of(spec.settings)
  if spec.teacher is None or has_policy(spec.teacher):
    return schedule
  if schedule != spec.method.schedule_of(spec.method.settings()):
    raise UserError(
      f'{spec.method.gin_name}.weaner is {schedule!r}, and data alone teach '
      'offline only: leave it out.'
    )
  # Nobody says what would be best in the states that the student comes to.
  return 'offline_only' if spec.method.schedule is None else schedule


def _policy_size(agent: Any) -> int:
  """Returns W, how many numbers tell a teacher's policy in a state."""
  if not agent.kind.is_continuous:
    return agent.actions.number
  if not has_policy(agent.teacher):
    return 0
  return agent.actions.size * kinds.width(agent.teacher.distribution)


def check_teacher(spec: StudentSpec) -> None:
  """Refuses a teacher whose actions are of the other kind.

  Args:
    spec: of a student, before Dopamine's constructor is called.

  Raises:
    UserError: naming both.
  """
  if spec.teacher is None:
    return
  actions = actions_of(spec.teacher)
  if actions.kind != spec.kind.actions:
    raise UserError(
      f'The teacher has {actions}, and a {spec.kind.title} student '
      f'{spec.kind.actions} ones: choose a student of the same kind.'
    )


def _check_spec(spec: StudentSpec, terms: tuple[Term, ...]) -> None:
  """Refuses settings that would count for nothing, or have nothing to read."""
  first, final = spec.learning_rate, spec.final_learning_rate
  is_weaned = any(term.is_weaned and term.weight for term in terms)
  if final is not None and final != first and not is_weaned:
    raise UserError(
      f'Student.final_learning_rate is {final}, and this agent is weaned from '
      'nobody: bind Student.learning_rate alone.'
    )
  share = spec.method.teacher_data_ratio(spec.settings)
  is_exact = spec.method.exact_share(spec.settings)
  if is_exact and share and not exact_share(share, spec.batch_size):
    raise UserError(
      f'{spec.method.gin_name}.teacher_data_ratio is {share}, which is no '
      f'element of a batch of {spec.batch_size}: raise it, or '
      'Student.batch_size, or set exact_share = False.'
    )
  has_second = spec.method.second_horizon(spec.settings) is not None
  if has_second != any_reads(terms, SECOND):
    raise ValueError(
      f'The terms of {spec.method.title} and its second_horizon disagree.'
    )


def _build_actor(learner: Learner, agent: Any, spec: StudentSpec) -> Actor:
  if spec.kind.is_continuous:
    student = control_parts.ActorActs(learner, agent.actions)
  else:
    student = StudentActs(learner.output, agent.num_actions)
  if not spec.method.rolls_in:
    return student
  acts = None
  if spec.teacher is not None:
    acts = policies.teacher_policy(spec.teacher, epsilon=0.0)
  return TeacherBegins(
    student,
    acts,
    spec.settings,
    seed=agent._seed,
    num_lanes=spec.num_environments,
  )


def make_replay(
  agent: Any,
  spec: StudentSpec,
  capacity: int,
  kind: type[FrameStore],
  num_lanes: int = 1,
) -> FrameStore:
  """Makes an empty replay with a student's n, discount and stack.

  Args:
    agent: a Dopamine agent.
    spec: of the student.
    capacity: frames to keep.
    kind: how it is sampled.
    num_lanes: environments whose steps are added in turn.
  """
  return kind(
    capacity=capacity,
    observation_shape=agent.observation_shape,
    observation_dtype=np.dtype(agent.observation_dtype),
    stack_size=agent.stack_size,
    n_step=agent.update_horizon,
    second_n_step=spec.method.second_horizon(spec.settings),
    gamma=agent.gamma,
    actions=agent.actions,
    policy_size=_policy_size(agent),
    num_lanes=num_lanes,
    batch_size=spec.batch_size,
    seed=agent._seed,
  )
