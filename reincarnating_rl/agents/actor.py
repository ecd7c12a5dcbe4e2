"""Actors: who chooses the next action, and how it explores."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.agents.trainer import diverged
from reincarnating_rl.learner import schedules
from reincarnating_rl.learner.types import Array, Params
from reincarnating_rl.methods.settings import JSRLSettings

if TYPE_CHECKING:
  from reincarnating_rl.envs.lanes import Policy

_GREEDY = _DIVERGED = -1  # In place of a random action; of an action.


class Actor(Protocol):
  """Chooses the actions of one environment."""

  def begin_episode(self, *, training: bool) -> None:
    """Hears that an episode begins."""
    ...

  def finish_iteration(self) -> None:
    """Hears that an online iteration and its evaluation are over."""
    ...

  @property
  def counters(self) -> dict[str, float]:
    """What it has counted, beside the student's steps."""
    ...

  @property
  def metrics(self) -> dict[str, float]:
    """What to log of an online iteration."""
    ...

  def state_dict(self) -> dict[str, Any]:
    """Returns what shapes its future, JSON-able; between episodes."""
    ...

  def load_state_dict(self, state: dict[str, Any]) -> None:
    """Inverse of `state_dict`."""
    ...

  def __call__(
    self,
    params: Params,
    state: np.ndarray,
    key: Array,
    epsilon: float,
    eval_mode: bool,
  ) -> tuple[Array, np.ndarray]:
    """Returns the key of the next choice, and the action."""
    ...


def make_act(output: Callable[..., Any], num_actions: int) -> Callable:
  """Builds an epsilon-greedy choice of one action: two programs, for speed.

  Args:
    output: `(params, state, key, eval_mode)`, the student's for one state.
    num_actions: A.

  Returns:
    `(params, state[*O, S], key, epsilon[], eval_mode=) -> (key, action[])`; the
    greedy action is the first of the best, and -1 where a value is not finite.
    Layers are noisy unless `eval_mode`.
  """

  @jax.jit
  def explore(key: Array, epsilon: Array) -> tuple[Array, Array, Array]:
    key, explore_key, action_key, noise_key = jax.random.split(key, 4)
    random = jax.random.randint(action_key, (), 0, num_actions)
    explores = jax.random.uniform(explore_key) <= epsilon
    return key, noise_key, jnp.where(explores, random, _GREEDY)

  @functools.partial(jax.jit, static_argnames='eval_mode')
  def choose(
    params: Params, state: Array, key: Array, random: Array, *, eval_mode: bool
  ) -> Array:
    q_values = output(params, state, key, eval_mode).q_values
    action = jnp.where(random == _GREEDY, jnp.argmax(q_values), random)
    return jnp.where(jnp.all(jnp.isfinite(q_values)), action, _DIVERGED)

  def act(
    params: Params, state: Array, key: Array, epsilon: Array, *, eval_mode: bool
  ) -> tuple[Array, Array]:
    key, noise_key, random = explore(key, epsilon)
    return key, choose(params, state, noise_key, random, eval_mode=eval_mode)

  return act


class RemembersNothing(Actor):
  """An actor that is the same in each step."""

  counters: dict[str, float] = {}
  metrics: dict[str, float] = {}

  def begin_episode(self, *, training: bool) -> None:
    """Does nothing."""
    del training

  def finish_iteration(self) -> None:
    """Does nothing."""

  def state_dict(self) -> dict[str, Any]:
    """Returns nothing."""
    return {}

  def load_state_dict(self, state: dict[str, Any]) -> None:
    """Does nothing."""
    del state


class StudentActs(RemembersNothing):
  """The student acts, epsilon-greedily."""

  def __init__(self, output: Callable[..., Any], num_actions: int) -> None:
    """Compiles nothing yet; see `make_act`."""
    self._act = make_act(output, num_actions)

  def __call__(
    self,
    params: Params,
    state: np.ndarray,
    key: Array,
    epsilon: float,
    eval_mode: bool,
  ) -> tuple[Array, np.ndarray]:
    """See `Actor`.

    Raises:
      DivergedError: a Q-value is not finite.
    """
    key, action = self._act(
      params, state, key, np.float32(epsilon), eval_mode=eval_mode
    )
    action = np.asarray(action)
    if action == _DIVERGED:
      raise diverged('Q-values')
    return key, action


class TeacherBegins(Actor):
  """JSRL: the teacher takes the first steps of each training episode.

  h ~ U{1..alpha} of them, and `alpha <- beta alpha` after each online iteration
  (Uchendu et al. 2022, as Agarwal et al. 2022, section 4.1, compare with). The
  student takes all others, and those of evaluations.

  Attributes:
    iterations: online iterations that are over.
    steps: that the teacher has taken.
  """

  def __init__(
    self,
    student: Actor,
    teacher: Policy | None,
    settings: JSRLSettings,
    *,
    seed: int,
  ) -> None:
    """Takes who acts.

    Args:
      student: acts when the teacher does not.
      teacher: None for the student alone.
      settings: alpha and beta.
      seed: of the lengths of roll-ins, and of what the teacher draws.
    """
    self._student, self._teacher, self._settings = student, teacher, settings
    self._rng = np.random.default_rng((seed, 2))
    self._draws = np.random.default_rng((seed, 3))  # Of a teacher that samples.
    self._left = 0
    self.iterations = self.steps = 0

  @property
  def horizon(self) -> int:
    """The longest roll-in now, in steps; 0 once the student acts alone."""
    return schedules.roll_in_horizon(
      self.iterations,
      initial=self._settings.max_roll_in_steps,
      decay=self._settings.roll_in_decay,
    )

  @property
  def counters(self) -> dict[str, float]:
    """Steps that the teacher took, and iterations."""
    return {'online_iterations': self.iterations, 'roll_in_steps': self.steps}

  @property
  def metrics(self) -> dict[str, float]:
    """The longest roll-in now, and the teacher's steps so far."""
    return {'RollInHorizon': self.horizon, 'RollInSteps': self.steps}

  def begin_episode(self, *, training: bool) -> None:
    """Draws how many steps the teacher takes of a training episode."""
    self._left = 0
    if training and self.horizon and self._teacher is not None:
      self._left = int(self._rng.integers(1, self.horizon + 1))

  def __call__(
    self,
    params: Params,
    state: np.ndarray,
    key: Array,
    epsilon: float,
    eval_mode: bool,
  ) -> tuple[Array, np.ndarray]:
    """See `Actor`."""
    if eval_mode or not self._left:
      return self._student(params, state, key, epsilon, eval_mode)
    self._left -= 1
    self.steps += 1
    bits = self._draws.integers(2**32, size=(1, 2), dtype=np.uint32)
    actions, _ = self._teacher(state[None], bits)
    return key, np.asarray(actions[0])

  def finish_iteration(self) -> None:
    """Lets the horizon decay."""
    self.iterations += 1

  def state_dict(self) -> dict[str, Any]:
    """Returns what shapes its future, JSON-able; between episodes."""
    return self.counters | {
      'roll_in_sampler': self._rng.bit_generator.state,
      'action_sampler': self._draws.bit_generator.state,
    }

  def load_state_dict(self, state: dict[str, Any]) -> None:
    """Inverse of `state_dict`."""
    self.iterations = state['online_iterations']
    self.steps = state['roll_in_steps']
    self._rng.bit_generator.state = state['roll_in_sampler']
    self._draws.bit_generator.state = state['action_sampler']
