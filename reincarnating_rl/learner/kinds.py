"""Names of kinds of actions, and of policies over vectors; imports nothing."""

DISCRETE, CONTINUOUS = 'discrete', 'continuous'

DETERMINISTIC, GAUSSIAN, TANH_GAUSSIAN = (
  'deterministic',
  'gaussian',
  'tanh_gaussian',
)
DISTRIBUTIONS = (DETERMINISTIC, GAUSSIAN, TANH_GAUSSIAN)
"""What the parameters of a policy over vectors are of."""
