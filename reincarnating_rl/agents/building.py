"""Builds the parts of a student from what Dopamine's constructor has set."""

import dataclasses
from typing import Any, NamedTuple

import jax
import numpy as np
from dopamine.jax.agents.dqn import dqn_agent

from reincarnating_rl.agents import network_fit
from reincarnating_rl.agents.actor import Actor, StudentActs, TeacherBegins
from reincarnating_rl.agents.batches import OnlineBatches
from reincarnating_rl.agents.trainer import Trainer
from reincarnating_rl.envs import policies
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.learner import Learner, make_learner
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
from reincarnating_rl.students import StudentKind
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.base import Teacher


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


class Parts(NamedTuple):
  """What a student owns."""

  value: ValueFunction
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
  terms = spec.method.terms(
    spec.settings, value.td_loss, _teacher_temperature(spec.teacher)
  )
  _check_spec(spec, terms)
  learner = _build_learner(agent, spec, value, terms)
  weaner = Weaner(
    terms,
    spec.method.schedule_of(spec.settings),
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
    batch_size=spec.batch_size,
    seed=agent._seed,
    reads_returns=any_reads(terms, MONTE_CARLO_RETURN),
  )
  trainer = Trainer(
    learner,
    terms,
    weaner,
    batches,
    key=agent._rng,
    stack_size=agent.stack_size,
    offline_target_period=max(
      1, agent.target_update_period // agent.update_period
    ),
  )
  actor = _build_actor(learner, agent, spec)
  return Parts(value, terms, learner, weaner, batches, trainer, actor)


def _check_spec(spec: StudentSpec, terms: tuple[Term, ...]) -> None:
  """Refuses settings that would count for nothing, or have nothing to read."""
  first, final = spec.learning_rate, spec.final_learning_rate
  is_weaned = any(term.is_weaned and term.weight for term in terms)
  if final is not None and final != first and not is_weaned:
    raise UserError(
      f'Student.final_learning_rate is {final}, and this agent is weaned from '
      'nobody: bind Student.learning_rate alone.'
    )
  has_second = spec.method.second_horizon(spec.settings) is not None
  if has_second != any_reads(terms, SECOND):
    raise ValueError(
      f'The terms of {spec.method.title} and its second_horizon disagree.'
    )


def _build_learner(
  agent: Any, spec: StudentSpec, value: ValueFunction, terms: tuple[Term, ...]
) -> Learner:
  """Builds the pure part, and checks the network without computing it."""
  if spec.augments and len(agent.observation_shape) != 2:
    raise UserError(
      'Student.data_augmentation is for images; these observations have the '
      f'shape {agent.observation_shape}.'
    )
  learner = make_learner(
    value,
    agent.network_def,
    terms,
    dqn_agent.create_optimizer(agent._optimizer_name, learning_rate=1.0),
    example=agent.state,
    preprocess=agent.preprocess_fn,
    augments=spec.augments,
  )
  key = agent._rng
  network_fit.check_output(
    spec.kind.network_parameter,
    agent.network_def,
    lambda: learner.output(learner.init(key).params, agent.state, key, True),
    value.shapes,
  )
  network_fit.check_depth(
    spec.kind.network_parameter,
    agent.network_def,
    jax.eval_shape(learner.init, key).params,
    agent.state.shape,
  )
  return learner


def _build_actor(learner: Learner, agent: Any, spec: StudentSpec) -> Actor:
  student = StudentActs(learner.output, agent.num_actions)
  if not spec.method.rolls_in:
    return student
  acts = None
  if spec.teacher is not None:
    acts = policies.teacher_policy(spec.teacher, epsilon=0.0)
  return TeacherBegins(student, acts, spec.settings, seed=agent._seed)


def make_replay(
  agent: Any, spec: StudentSpec, capacity: int, kind: type[FrameStore]
) -> FrameStore:
  """Makes an empty replay with a student's n, discount and stack.

  Args:
    agent: a Dopamine agent.
    spec: of the student.
    capacity: frames to keep.
    kind: how it is sampled.
  """
  return kind(
    capacity=capacity,
    observation_shape=agent.observation_shape,
    observation_dtype=np.dtype(agent.observation_dtype),
    stack_size=agent.stack_size,
    n_step=agent.update_horizon,
    second_n_step=spec.method.second_horizon(spec.settings),
    gamma=agent.gamma,
    actions=Discrete(agent.num_actions),
    policy_size=agent.num_actions,
    batch_size=spec.batch_size,
    seed=agent._seed,
  )


def _teacher_temperature(teacher: Teacher | None) -> float | None:
  """Returns tau of the teacher's logits `Q / tau`; None for a policy's.

  Without a teacher no logits are read: 1.
  """
  return 1.0 if teacher is None else teacher.lineage.get('temperature')
