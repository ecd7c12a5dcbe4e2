"""Schedules: weaning from the teacher, learning rate, exploration."""


def distill_coefficient(
  previous: float,
  normalized_score: float,
  *,
  initial: float,
  online_steps: int,
  decay_period: int,
  latch: bool = True,
  floor: float = 0.0,
) -> float:
  """Weaning: how much the student still listens to the teacher.

  `lambda = lambda_0 max(1 - normalized_score, 0)`, and 0 once `online_steps`
  exceed `decay_period` (Agarwal et al. 2022, section 4.2). The normalised score
  is clipped to [0, 1], so that a student below random neither raises lambda
  above lambda_0 nor the learning rate above its initial value.

  With a floor, which is ours, no score drops the teacher before its time.

  Args:
    previous: coefficient so far, in [0, lambda_0].
    normalized_score: 0 for a random policy, 1 for the teacher.
    initial: lambda_0.
    online_steps: environment steps the student has taken online.
    decay_period: online steps after which the teacher is dropped.
    latch: once 0, stay 0, so that one bad evaluation does not recall the
      teacher.
    floor: the least coefficient until the decay period is over, a fraction of
      lambda_0.

  Returns:
    The coefficient in [0, lambda_0].
  """
  if online_steps > decay_period or (latch and previous == 0.0):
    return 0.0
  return initial * min(max(1.0 - normalized_score, floor), 1.0)


def learning_rate(
  coefficient: float,
  *,
  coefficient_initial: float,
  initial: float,
  final: float,
) -> float:
  """Learning rate tied to weaning, `d lr_initial + (1 - d) lr_final`.

  Args:
    coefficient: lambda now.
    coefficient_initial: lambda_0; where it is 0, `d` is 0.
    initial: learning rate while the teacher is followed in full (d = 1).
    final: learning rate of the weaned student (d = 0).

  Returns:
    The learning rate, where `d = lambda / lambda_0`, clipped to [0, 1].
  """
  d = coefficient / coefficient_initial if coefficient_initial else 0.0
  d = min(max(d, 0.0), 1.0)
  return d * initial + (1.0 - d) * final


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
  decay_period: int, step: int, warmup_steps: int, epsilon: float
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
  decay_period: int, step: int, warmup_steps: int, epsilon: float
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
