"""n-step returns over the columns of a ring, in NumPy or in JAX.

An episode of T steps that ends in a terminal has T elements, one per step. An
episode that is cut by a time-out, or is still open, has T - n elements: the
state that an element bootstraps from must be stored.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np


class NStep(NamedTuple):
  """The n-step part of `N` elements."""

  reward: np.ndarray  # [N] float32, sum_{k<m} gamma^k r_{t+k}
  discount: np.ndarray  # [N] float32, gamma^m, or 0 where is_terminal
  is_terminal: np.ndarray  # [N] bool, whether the episode ends within n steps
  next_offset: np.ndarray  # [N] int32, m, or 0 where is_terminal


def n_step(
  reward: np.ndarray,
  terminal: np.ndarray,
  slots: np.ndarray,
  *,
  horizon: int,
  gamma: float,
  stride: int = 1,
  xp: Any = np,
) -> NStep:
  """Returns the n-step part of the elements that begin in some slots.

  Sutton and Barto 2018, Eq. 7.1. The result is arbitrary for slots where no
  element begins.

  Args:
    reward: [C] float32 ring, one per step.
    terminal: [C] bool ring.
    slots: [N] int64 in [0, C).
    horizon: n, the steps to sum, at least 1.
    gamma: discount of one step, in [0, 1].
    stride: slots from one step of an episode to the next.
    xp: `numpy`, or `jax.numpy`, which sums in float32.
  """
  dtype = _sums(xp)
  total = xp.zeros(slots.shape, dtype)
  alive = xp.ones(slots.shape, bool)
  for k in range(horizon):
    at = (slots + k * stride) % len(reward)
    total += xp.where(alive, gamma**k * reward[at].astype(dtype), 0.0)
    alive &= ~terminal[at]
  return NStep(
    reward=total.astype(np.float32),
    discount=xp.where(alive, gamma**horizon, 0.0).astype(np.float32),
    is_terminal=~alive,
    next_offset=xp.where(alive, horizon * stride, 0).astype(np.int32),
  )


def _sums(xp: Any) -> type:
  """Returns the type that sums are made in."""
  return np.float64 if xp is np else np.float32


def n_step_until_cut(
  columns: Mapping[str, np.ndarray],
  slots: np.ndarray,
  *,
  newest: int,
  horizon: int,
  gamma: float,
  stride: int = 1,
  xp: Any = np,
) -> NStep:
  """Returns the n-step part of some steps, shortened where an episode is cut.

  An episode is cut by a time-out, or by the newest step if it is still open.
  If a step's n-th successor is beyond the cut, the return sums the rewards up
  to the last stored step of the episode, exclusive, and bootstraps from that
  step. Otherwise the result is that of `n_step`.

  Args:
    columns: rings [C, ...] by name, with `reward`, `terminal` and
      `episode_step`.
    slots: [N] int64 in [0, C). The result is arbitrary for the last step of
      an episode that was cut, which has no successor.
    newest: slot of the newest stored step.
    horizon: n, the largest number of steps to sum, at least 1.
    gamma: discount of one step, in [0, 1].
    stride: see `n_step`; so many lanes take turns.
    xp: see `n_step`.
  """
  dtype = _sums(xp)
  reward, terminal = columns['reward'], columns['terminal']
  total = xp.zeros(slots.shape, dtype)
  steps = xp.zeros(slots.shape, np.int32)
  ended = xp.zeros(slots.shape, bool)
  going = xp.ones(slots.shape, bool)
  for k in range(horizon):
    at = (slots + k * stride) % len(reward)
    # The step after an episode's last one has the episode step 0.
    follows = columns['episode_step'][(at + stride) % len(reward)] > 0
    has_next = at != newest
    if stride > 1:  # The newest steps are of one lane each.
      has_next = (newest - at) % len(reward) >= stride
    going &= terminal[at] | (follows & has_next)
    total += xp.where(going, gamma**k * reward[at].astype(dtype), 0.0)
    steps += going
    ended |= going & terminal[at]
    going &= ~terminal[at]
  return NStep(
    reward=total.astype(np.float32),
    discount=xp.where(ended, 0.0, gamma ** steps.astype(dtype)).astype(
      np.float32
    ),
    is_terminal=ended,
    next_offset=xp.where(ended, 0, steps * stride).astype(np.int32),
  )


def episode_ends(episode_step: np.ndarray) -> np.ndarray:
  """Returns the index of the last stored step of each step's episode.

  Args:
    episode_step: [N] int32, steps since the episode's start, oldest first.

  Returns:
    [N] int64. The newest step counts as the last one of its episode.
  """
  count = len(episode_step)
  step = np.arange(count)
  is_last = np.append(episode_step[1:] == 0, True)[:count]
  end = np.where(is_last, step, count)
  return np.minimum.accumulate(end[::-1])[::-1]


def has_element(
  episode_step: np.ndarray,
  terminal: np.ndarray,
  *,
  horizon: int,
  stack_size: int,
  num_lanes: int = 1,
) -> np.ndarray:
  """Returns which of the stored steps begin an element.

  Args:
    episode_step: [N] int32, steps since the episode's start, oldest first.
    terminal: [N] bool.
    horizon: n, steps of a return.
    stack_size: frames in a state; all but the padding must be stored.
    num_lanes: whose steps take turns.

  Returns:
    [N] bool.
  """
  if num_lanes > 1:
    found = np.zeros(len(terminal), bool)
    for lane in range(num_lanes):
      own = slice(lane, None, num_lanes)
      found[own] = has_element(
        episode_step[own],
        terminal[own],
        horizon=horizon,
        stack_size=stack_size,
      )
    return found
  step, end = np.arange(len(terminal)), episode_ends(episode_step)
  is_intact = step >= np.minimum(episode_step, stack_size - 1)
  return is_intact & (terminal[end] | (step + horizon <= end))
