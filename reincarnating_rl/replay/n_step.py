"""What an n-step element is, in plain numpy over the columns of a ring.

A T-step episode that ends in a terminal has T elements, one per step; one that
is cut (a time-out) or still open has the first T - n, for what would be
bootstrapped from must have been seen.
"""

from typing import NamedTuple

import numpy as np


class NStep(NamedTuple):
  """The n-step part of elements; `N` of them."""

  reward: np.ndarray  # [N] float32, sum_{k<m} gamma^k r_{t+k}
  discount: np.ndarray  # [N] float32, gamma^n, or 0 where is_terminal
  is_terminal: np.ndarray  # [N] bool, whether the episode ends within n steps
  next_offset: np.ndarray  # [N] int32, n, or 0 where is_terminal


def n_step(
  reward: np.ndarray,
  terminal: np.ndarray,
  slots: np.ndarray,
  *,
  horizon: int,
  gamma: float,
) -> NStep:
  """Returns the n-step part of the elements that begin in some slots.

  Sutton and Barto 2018, Eq. 7.1; `horizon` is the n there. What a slot that
  begins no element gets is arbitrary.

  Args:
    reward: [C] float32 ring, one per step.
    terminal: [C] bool ring.
    slots: [N] int64 in [0, C).
    horizon: steps to sum, at least 1.
    gamma: discount of one step, in [0, 1].
  """
  total = np.zeros(slots.shape, np.float64)
  alive = np.ones(slots.shape, bool)
  for k in range(horizon):
    at = (slots + k) % len(reward)
    total += np.where(alive, gamma**k * reward[at].astype(np.float64), 0.0)
    alive &= ~terminal[at]
  return NStep(
    reward=total.astype(np.float32),
    discount=np.where(alive, gamma**horizon, 0.0).astype(np.float32),
    is_terminal=~alive,
    next_offset=np.where(alive, horizon, 0).astype(np.int32),
  )


def has_element(
  episode_step: np.ndarray,
  terminal: np.ndarray,
  *,
  horizon: int,
  stack_size: int,
) -> np.ndarray:
  """Says which of the stored steps begin an element.

  Args:
    episode_step: [N] int32, steps since the episode's start, oldest first.
    terminal: [N] bool.
    horizon: the n of n-step.
    stack_size: frames of a state; all that are not padding must be stored.

  Returns:
    [N] bool.
  """
  count = len(terminal)
  step = np.arange(count)
  is_last = np.append(episode_step[1:] == 0, True)[:count]
  end = np.where(is_last, step, count)
  end = np.minimum.accumulate(end[::-1])[::-1]
  is_intact = step >= np.minimum(episode_step, stack_size - 1)
  return is_intact & (terminal[end] | (step + horizon <= end))
