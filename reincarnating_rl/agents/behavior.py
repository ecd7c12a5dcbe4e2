"""Behaviour: who acts, how it explores, and what is kept of it."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.learner.types import (
  Array,
  Params,
  Transition,
)

Act = Callable[..., tuple[Array, Array]]
_GREEDY = -1  # In place of a random action.


def make_act(output: Callable[..., Any], num_actions: int) -> Act:
  """Builds an epsilon-greedy choice of one action.

  It is two programs: XLA on a CPU takes half as long again for one that has
  both the network and the random numbers in it.

  Args:
    output: `(params, state, key, eval_mode)`, the student's for one state.
    num_actions: A.

  Returns:
    `(params, state[*O, S], key, epsilon[], eval_mode=) -> (key, action[])`; the
    greedy action is the first of the best. Layers are noisy unless `eval_mode`.
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
    greedy = jnp.argmax(output(params, state, key, eval_mode).q_values)
    return jnp.where(random == _GREEDY, greedy, random)

  def act(
    params: Params, state: Array, key: Array, epsilon: Array, *, eval_mode: bool
  ) -> tuple[Array, Array]:
    key, noise_key, random = explore(key, epsilon)
    return key, choose(params, state, noise_key, random, eval_mode=eval_mode)

  return act


class StudentActs:
  """The student acts, epsilon-greedily; what it lives through is stored.

  Part of `ReincarnationMixin`, which has the attributes used here.
  """

  @property
  def exploration_steps(self) -> int:
    """Steps that count for epsilon: offline updates do, as in the paper."""
    return self.training_steps + self.pretraining_updates

  def _record_observation(self, observation: np.ndarray) -> None:
    # A new array: XLA on the CPU may still be reading the old one.
    self._observation = np.reshape(observation, self.observation_shape)
    newest = self._observation[..., None]
    self.state = np.concatenate([self.state[..., 1:], newest], axis=-1)

  def begin_episode(self, observation: np.ndarray) -> np.ndarray:
    """Starts an episode; returns the first action."""
    self._reset_state()
    self._record_observation(observation)
    return self._train_and_act()

  def step(self, reward: float, observation: np.ndarray) -> np.ndarray:
    """Stores what the last action led to; returns the next action."""
    self._store_transition(self._observation, self.action, reward, False)
    self._record_observation(observation)
    return self._train_and_act()

  def _train_and_act(self) -> np.ndarray:
    if not self.eval_mode:
      self._train_step()
    self.action = self._choose_action()
    return self.action

  def _choose_action(self) -> np.ndarray:
    """Acts; where somebody else than the student does, a method says so."""
    self._rng, action = self._act(
      self.online_params,
      self.state,
      self._rng,
      np.float32(self.epsilon),
      eval_mode=self.eval_mode,
    )
    return np.asarray(action)

  def finish_online_iteration(self) -> None:
    """Told after each online iteration and its evaluation; nothing to do."""

  @property
  def online_metrics(self) -> dict[str, float]:
    """What to log of an online iteration besides what all methods have."""
    return {}

  @property
  def epsilon(self) -> float:
    """Probability of a random action now."""
    if self.eval_mode:
      return self.epsilon_eval
    return self.epsilon_fn(
      self.epsilon_decay_period,
      self.exploration_steps,
      self.min_replay_history,
      self.epsilon_train,
    )

  def q_values(self, states: Array, keys: np.ndarray | None = None) -> Array:
    """Returns the student's Q-values in evaluation.

    Args:
      states: [B, *O, S].
      keys: [B, 2] uint32, raw JAX keys, of a student that samples what its
        values are means of; None for the same ones every time.

    Returns:
      [B, A].
    """
    if keys is None:
      keys = np.zeros((len(states), 2), np.uint32)
    return self._q_batch(self.online_params, states, keys)

  def _store_transition(
    self,
    last_observation: np.ndarray,
    action: int,
    reward: float,
    is_terminal: bool,
    *,
    episode_end: bool = False,
  ) -> None:
    if not self.eval_mode:
      self._replay.add(
        Transition(last_observation, action, reward, is_terminal, episode_end)
      )
