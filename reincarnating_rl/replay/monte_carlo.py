"""Monte-Carlo returns of the steps of a replay."""

import numpy as np

from reincarnating_rl.replay.n_step import episode_ends
from reincarnating_rl.replay.step_ring import StepRing
from reincarnating_rl.support.errors import UserError

# Missing rewards are ignored if they are discounted to this or less.
NEGLIGIBLE_DISCOUNT = 0.01


def monte_carlo_returns(store: StepRing) -> np.ndarray:
  """Returns the discounted sum of rewards from each step to its episode's end.

  Sutton and Barto 2018, Eq. 3.8, with the store's gamma. A return is a lower
  bound of the optimal value, so an unknown return is -inf.

  If an episode was cut by a time-out, or is still open, the rewards after its
  last stored step are missing. A step that lies s steps before the first
  missing reward would discount it by gamma^s. Its return is unknown if
  gamma^s > `NEGLIGIBLE_DISCOUNT`; otherwise the missing rewards count as 0.
  Overwriting removes the first steps of an episode, which changes no later
  return.

  Args:
    store: has C stored steps.

  Returns:
    [C] float32, by slot; -inf where unknown.
  """
  stored = np.arange(store.oldest_step, store.next_step)
  slots, gamma = stored % store.settings.capacity, store.settings.gamma
  end = episode_ends(store.columns['episode_step'][slots])
  left = end - np.arange(len(end))  # Later steps in the same episode.
  total = discounted_sums(store.columns['reward'][slots], left, gamma)
  is_cut = ~store.columns['terminal'][slots[end]]
  is_unknown = is_cut & (gamma ** (left + 1.0) > NEGLIGIBLE_DISCOUNT)
  returns = np.empty(len(end), np.float32)
  returns[slots] = np.where(is_unknown, -np.inf, total)
  return returns


def tell_known(returns: np.ndarray) -> str | None:
  """Says of how much of the data Cal-QL, which reads returns, is one.

  Args:
    returns: [C], from `monte_carlo_returns`.

  Returns:
    A line to warn with; None where there is no need.

  Raises:
    UserError: none of them is known.
  """
  share = np.isfinite(returns).mean()
  if not share:
    raise UserError(
      "Cal-QL knows the return of no step of the teacher's data: all episodes "
      'are cut, and too short for what is missing to weigh nothing. Set '
      "Pretrained.cql_type = 'plain'."
    )
  if share >= 0.99:
    return None
  return (
    f"Cal-QL knows the returns of {share:.0%} of the steps of the teacher's "
    'data. In the others, whose episodes are cut, it is plain CQL.'
  )


def discounted_sums(
  reward: np.ndarray, left: np.ndarray, gamma: float
) -> np.ndarray:
  """Returns discounted sums of rewards to the episodes' ends, as float64.

  Args:
    reward: [C], oldest first.
    left: [C] int64, later steps in the same episode.
    gamma: discount of one step.
  """
  total = reward.astype(np.float64)
  span = 1  # Each total sums this many steps, or up to the end.
  at = np.flatnonzero(left >= span)
  while len(at):
    total[at] += gamma**span * total[at + span]
    span *= 2
    at = at[left[at] >= span]
  return total
