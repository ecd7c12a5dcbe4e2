"""The suites of seeds of the Balloon Learning Environment's evaluation."""

# Number of seeds, from 0 on. A flight has at most 960 steps in each suite.
SUITES = {
  'micro_eval': 1,
  'tiny_eval': 10,
  'small_eval': 100,
  'medium_eval': 1_000,
  'big_eval': 10_000,
}


def seeds(suite: str, at_most: int | None = None) -> list[int]:
  """Returns the seeds of a suite.

  Args:
    suite: one of `SUITES`.
    at_most: keep only so many, the first ones.
  """
  return list(range(min(SUITES[suite], at_most or SUITES[suite])))
