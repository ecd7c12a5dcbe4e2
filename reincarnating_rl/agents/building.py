"""Builds the parts of a student from what Dopamine's constructor has set."""

import dataclasses
from typing import Any, NamedTuple

import numpy as np
from dopamine.jax.agents.dqn import dqn_agent

from reincarnating_rl.agents import (
  control_parts,
  gin_forwarding,
  torso,
  value_parts,
)
from reincarnating_rl.agents.actor import Actor, StudentActs
from reincarnating_rl.agents.batches import OnlineBatches
from reincarnating_rl.agents.roll_ins import TeacherBegins
from reincarnating_rl.agents.student_spec import StudentSpec
from reincarnating_rl.agents.torso import Torso
from reincarnating_rl.agents.trainer import Trainer
from reincarnating_rl.envs import policies
from reincarnating_rl.learner import kinds
from reincarnating_rl.learner.control.actor_critic import ActorCritic
from reincarnating_rl.learner.learner import Learner
from reincarnating_rl.learner.terms import (
  MONTE_CARLO_RETURN,
  Term,
  any_reads,
)
from reincarnating_rl.learner.value_function import ValueFunction
from reincarnating_rl.learner.weaner import Weaner
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.data_teacher import has_policy


class Parts(NamedTuple):
  """What a student owns."""

  value: ValueFunction | ActorCritic
  terms: tuple[Term, ...]
  learner: Learner
  weaner: Weaner
  batches: OnlineBatches
  trainer: Trainer
  actor: Actor
  torso: Torso | None


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
  schedule = _schedule(spec)
  spec.check(terms, schedule)
  optimizer = dqn_agent.create_optimizer(
    agent._optimizer_name, learning_rate=1.0
  )
  found = torso.find(spec, agent, parts.inputs(agent, value))
  spec = dataclasses.replace(spec, torso=found)
  learner = parts.make_learner(agent, spec, value, terms, optimizer)
  weaner = Weaner(
    terms,
    schedule,
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
    on_device=spec.replay_on_device,
  )
  trainer = Trainer(
    learner,
    terms,
    weaner,
    batches,
    key=agent._rng,
    stack_size=agent.stack_size,
    offline_target_period=_offline_target_period(agent, learner),
  )
  if spec.torso is not None:
    trainer.state = spec.torso.put_into(trainer.state)
  actor = _build_actor(learner, agent, spec)
  return Parts(
    value, terms, learner, weaner, batches, trainer, actor, spec.torso
  )


def _offline_target_period(agent: Any, learner: Learner) -> int:
  """Returns as many updates as lie between two syncs of the target online."""
  if not learner.has_hard_target:
    return 0
  updates = agent.target_update_period * agent.updates_per_step
  return max(1, updates // agent.update_period)


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


def make_own_replay(agent: Any, spec: StudentSpec) -> FrameStore:
  """Makes the empty replay of a student's own steps.

  Args:
    agent: a Dopamine agent.
    spec: of the student.

  Raises:
    UserError: the memory has no room for it, or a setting is out of its range.
  """
  return _make_replay(
    *(agent, spec, spec.replay_capacity, 'lower Student.replay_capacity'),
    seed=agent._seed,
    kind=gin_forwarding.replay_class(spec.kind),
    num_lanes=spec.num_environments,
  )


def make_teacher_replay(
  agent: Any, spec: StudentSpec, capacity: int, remedy: str
) -> FrameStore:
  """Makes an empty, uniform replay with a student's n, discount and stack.

  Args:
    agent: a Dopamine agent.
    spec: of the student.
    capacity: frames to keep.
    remedy: what to do where memory cannot hold them.

  Raises:
    UserError: see `make_own_replay`.
  """
  seed = agent.batches.teacher_seed
  return _make_replay(agent, spec, capacity, remedy, seed=seed)


def _make_replay(
  agent: Any,
  spec: StudentSpec,
  capacity: int,
  remedy: str,
  *,
  seed: int | tuple[int, int],
  kind: type[FrameStore] = FrameStore,
  num_lanes: int = 1,
) -> FrameStore:
  try:
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
      seed=seed,
    )
  except UserError:
    raise
  except (MemoryError, ValueError) as error:
    raise UserError(
      f'The memory has no room for a replay of {capacity:,} steps: {remedy}.'
    ) from error
