"""Actors: who chooses the next action, and how it explores."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.agents.trainer import diverged
from reincarnating_rl.learner.types import Array, Params

_GREEDY = _DIVERGED = -1  # In place of a random action; of an action.


class Actor(Protocol):
  """Chooses the actions of one environment."""

  def begin_episode(self, *, training: bool, lane: int = 0) -> None:
    """Hears that an episode begins in one of L environments."""
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

  def act_in_lanes(
    self, params: Params, states: np.ndarray, key: Array, epsilons: np.ndarray
  ) -> tuple[Array, np.ndarray]:
    """Chooses an action in each of L environments, in training.

    Args:
      params: of the student.
      states: [L, *O, S].
      key: of all choices.
      epsilons: [L], as of `__call__`.

    Returns:
      The key of the next choice, and the actions [L, ...].
    """
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


def in_lanes(act: Callable[..., Any], axes: tuple[int | None, ...]) -> Callable:
  """Returns a choice in each of L environments, as one program.

  Args:
    act: `(params, state, key, ...) -> (key, action)`.
    axes: of `(params, state, key, ...)`, 0 for what each has its own of.

  Returns:
    `(key, params, states, ...) -> (key, actions)`.
  """
  many = jax.vmap(lambda *told: act(*told)[1], axes)

  @jax.jit
  def run(
    key: Array, params: Params, states: Array, *more: Array
  ) -> tuple[Array, Array]:
    key, *keys = jax.random.split(key, len(states) + 1)
    return key, many(params, states, jnp.stack(keys), *more)

  return run


class RemembersNothing(Actor):
  """An actor that is the same in each step."""

  counters: dict[str, float] = {}
  metrics: dict[str, float] = {}

  def begin_episode(self, *, training: bool, lane: int = 0) -> None:
    """Does nothing."""
    del training, lane

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
    self._act_in_lanes = in_lanes(
      functools.partial(self._act, eval_mode=False), (None, 0, 0, 0)
    )

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

  def act_in_lanes(
    self, params: Params, states: np.ndarray, key: Array, epsilons: np.ndarray
  ) -> tuple[Array, np.ndarray]:
    """See `Actor`.

    Raises:
      DivergedError: a Q-value is not finite.
    """
    key, actions = self._act_in_lanes(key, params, states, epsilons)
    actions = np.asarray(actions)
    if (actions == _DIVERGED).any():
      raise diverged('Q-values')
    return key, actions
