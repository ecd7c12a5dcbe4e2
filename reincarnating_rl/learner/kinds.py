"""Names of kinds of actions, and of policies over vectors; imports nothing."""

DISCRETE, CONTINUOUS = 'discrete', 'continuous'

DETERMINISTIC, GAUSSIAN, TANH_GAUSSIAN = (
  'deterministic',
  'gaussian',
  'tanh_gaussian',
)
DISTRIBUTIONS = (DETERMINISTIC, GAUSSIAN, TANH_GAUSSIAN)
"""What the parameters of a policy over vectors are of."""


def width(distribution: str) -> int:
  """Returns W / D: how many parameters there are for one number of an action.

  Args:
    distribution: one of `DISTRIBUTIONS`.
  """
  return 1 if distribution == DETERMINISTIC else 2
