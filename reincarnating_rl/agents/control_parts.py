"""The parts of a student with an actor, beside those that all students have."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.agents import network_fit, torso
from reincarnating_rl.agents.actor import RemembersNothing, in_lanes
from reincarnating_rl.agents.torso_source import Inputs
from reincarnating_rl.agents.trainer import diverged
from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.learner.control.actor_critic import ActorCritic
from reincarnating_rl.learner.control.learner import (
  ControlLearner,
  make_control_learner,
)
from reincarnating_rl.learner.control.terms import ControlTerms
from reincarnating_rl.learner.terms import Term
from reincarnating_rl.learner.types import Array, Params
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.base import ContinuousTeacher
from reincarnating_rl.teachers.data_teacher import has_policy


def vocabulary(
  functions: ActorCritic, teacher: ContinuousTeacher | None
) -> ControlTerms:
  """Returns the terms that a method may ask for.

  Args:
    functions: of the student.
    teacher: of the student; without one, its policy is read by nothing.
  """
  if has_policy(teacher):
    return ControlTerms(functions, teacher.distribution)
  return ControlTerms(functions)


def inputs(agent: Any, functions: ActorCritic) -> Inputs:
  """Returns what the actor takes; see `value_parts.inputs`."""
  del functions
  return Inputs(agent.state, {})


def make_learner(
  agent: Any,
  spec: Any,
  functions: ActorCritic,
  terms: tuple[Term, ...],
  optimizer: Any,
) -> ControlLearner:
  """Makes the pure part, and checks the network without computing it.

  Args:
    agent: a Dopamine agent whose constructor has come to its networks.
    spec: a `student_spec.StudentSpec`.
    functions: of the student.
    terms: of its objectives.
    optimizer: with a learning rate of 1.

  Raises:
    UserError: the network does not fit, or the settings make no sense.
  """
  if spec.augments:
    raise UserError(
      'Student.data_augmentation is for students with Q-values: leave it out.'
    )
  is_soft = agent.target_update_type != 'hard'
  learner = make_control_learner(
    functions,
    torso.held(agent.network_def, spec.torso),
    terms,
    optimizer,
    example=agent.state,
    smoothing=agent.target_smoothing_coefficient if is_soft else None,
  )
  _check_network(agent, functions, learner)
  return learner


def _check_network(
  agent: Any, functions: ActorCritic, learner: ControlLearner
) -> None:
  size = agent.actions.size

  def outputs() -> network_fit.Outputs:
    params = learner.init(agent._rng).params
    action = jnp.zeros(size)
    return network_fit.Outputs(
      actor=learner.networks.actor(params, agent.state),
      critic=learner.networks.critic(params, agent.state, action),
    )

  network_fit.check_output(
    agent.kind.network_parameter,
    agent.network_def,
    outputs,
    {
      'actor': (functions.policy.width * size,),
      'critic': (functions.num_critics, functions.num_atoms),
    },
  )


class ActorActs(RemembersNothing):
  """The student's own actor acts, with its exploration where it trains."""

  def __init__(self, learner: ControlLearner, actions: Actions) -> None:
    """Compiles nothing yet.

    Args:
      learner: of the student.
      actions: that it acts by.
    """
    shape = actions.shape

    def choose(
      params: Params, state: Array, key: Array, explores: bool
    ) -> tuple[Array, Array]:
      key, noise_key = jax.random.split(key)
      return key, learner.act(params, state, noise_key, explores)

    def draw(key: Array) -> tuple[Array, Array]:
      key, noise_key = jax.random.split(key)
      return key, jax.random.uniform(noise_key, shape, minval=-1.0)

    # Keys are split in the order of Dopamine's SAC.
    self._choose = jax.jit(choose, static_argnames='explores')
    self._draw = jax.jit(draw)
    self._choose_in_lanes = in_lanes(
      functools.partial(choose, explores=True), (None, 0, 0)
    )
    self._draw_in_lanes = in_lanes(
      lambda params, state, key: draw(key), (None, 0, 0)
    )

  def __call__(
    self,
    params: Params,
    state: np.ndarray,
    key: Array,
    epsilon: float,
    eval_mode: bool,
  ) -> tuple[Array, np.ndarray]:
    """See `Actor`; epsilon is 1 or 0.

    Raises:
      DivergedError: the action is not finite.
    """
    if epsilon:
      key, action = self._draw(key)
    else:
      key, action = self._choose(params, state, key, explores=not eval_mode)
    return key, _checked(action)

  def act_in_lanes(
    self, params: Params, states: np.ndarray, key: Array, epsilons: np.ndarray
  ) -> tuple[Array, np.ndarray]:
    """See `Actor`; all epsilons are 1, or all 0.

    Raises:
      DivergedError: an action is not finite.
    """
    act = self._draw_in_lanes if epsilons[0] else self._choose_in_lanes
    key, actions = act(key, params, states)
    return key, _checked(actions)


def _checked(actions: Array) -> np.ndarray:
  actions = np.asarray(actions)
  if not np.isfinite(actions).all():
    raise diverged('actions')
  return actions


def mean_actions(learner: ControlLearner) -> Any:
  """Returns `(params, states[B, *O, S]) -> actions[B, D]`, compiled."""

  def one(params: Params, state: Array) -> Array:
    return learner.act(params, state, jax.random.PRNGKey(0), False)

  return jax.jit(jax.vmap(one, in_axes=(None, 0)))
