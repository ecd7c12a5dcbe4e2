"""Schedules of exploration and of roll-ins; those of weights: `weaning`."""

from reincarnating_rl.support.setting_types import Fraction, NonNegativeInt


def roll_in_horizon(iterations: int, *, initial: float, decay: float) -> int:
  """JSRL: the most steps that the teacher begins an episode with.

  `alpha <- beta alpha` after each online iteration (Uchendu et al. 2022, as
  Agarwal et al. 2022 compare with); alpha itself is not rounded.

  Args:
    iterations: online iterations that are over.
    initial: alpha in the first one.
    decay: beta, in [0, 1].

  Returns:
    alpha, rounded down; 0 means that the teacher does not act any more.
  """
  return int(initial * decay**iterations)


def linear_epsilon(
  decay_period: NonNegativeInt,
  step: NonNegativeInt,
  warmup_steps: NonNegativeInt,
  epsilon: Fraction,
) -> float:
  """Exploration rate, linear from 1 to `epsilon` from the first step on.

  The paper's schedule: Dopamine's without its warm-up, with the same signature.

  Args:
    decay_period: steps from 1 to `epsilon`; 0 means at once.
    step: steps so far.
    warmup_steps: ignored, there is none.
    epsilon: the last value.

  Returns:
    Probability of a uniformly random action.
  """
  del warmup_steps
  left = max(1.0 - step / decay_period, 0.0) if decay_period > 0 else 0.0
  return epsilon + (1.0 - epsilon) * left


def linear_epsilon_after_warmup(
  decay_period: NonNegativeInt,
  step: NonNegativeInt,
  warmup_steps: NonNegativeInt,
  epsilon: Fraction,
) -> float:
  """Exploration of Mnih et al. 2015: 1 during warm-up, then linear.

  Dopamine's `linearly_decaying_epsilon`, computed on the host.

  Args:
    decay_period: steps from 1 to `epsilon`; 0 means at once.
    step: steps so far.
    warmup_steps: steps before the decay begins.
    epsilon: the last value.

  Returns:
    Probability of a uniformly random action.
  """
  if step < warmup_steps:
    return 1.0
  return linear_epsilon(decay_period, step - warmup_steps, 0, epsilon)
