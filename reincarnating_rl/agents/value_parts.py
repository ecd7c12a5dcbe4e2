"""The parts of a student with Q-values, beside those that all students have."""

from typing import Any

import jax

from reincarnating_rl.agents import network_fit, torso
from reincarnating_rl.agents.torso_source import Inputs
from reincarnating_rl.learner.learner import ValueLearner
from reincarnating_rl.learner.learner import make_learner as make_pure
from reincarnating_rl.learner.terms import Term
from reincarnating_rl.learner.value_function import ValueFunction
from reincarnating_rl.learner.vocabulary import ValueTerms
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.base import Teacher


def vocabulary(value: ValueFunction, teacher: Teacher | None) -> ValueTerms:
  """Returns the terms that a method may ask for.

  Args:
    value: of the student.
    teacher: of the student. Its lineage tells tau of logits `Q / tau`, and has
      none of a policy's logits. Without one none are read: 1.
  """
  tau = 1.0 if teacher is None else teacher.lineage.get('temperature')
  return ValueTerms(value.td_loss, tau)


def inputs(agent: Any, value: ValueFunction) -> Inputs:
  """Returns what the network takes where the student acts.

  Args:
    agent: a Dopamine agent whose constructor has come to its networks.
    value: of the student.
  """
  arguments = value.arguments(jax.random.PRNGKey(0), True)
  return Inputs(agent.state, arguments, agent.preprocess_fn)


def make_learner(
  agent: Any,
  spec: Any,
  value: ValueFunction,
  terms: tuple[Term, ...],
  optimizer: Any,
) -> ValueLearner:
  """Makes the pure part, and checks the network without computing it.

  Args:
    agent: a Dopamine agent whose constructor has come to its networks.
    spec: a `student_spec.StudentSpec`.
    value: of the student.
    terms: of its objective.
    optimizer: with a learning rate of 1.

  Raises:
    UserError: the network does not fit, or there are no images to augment.
  """
  if spec.augments and len(agent.observation_shape) != 2:
    raise UserError(
      'Student.data_augmentation is for images; these observations have the '
      f'shape {agent.observation_shape}.'
    )
  learner = make_pure(
    value,
    torso.held(agent.network_def, spec.torso),
    terms,
    optimizer,
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
