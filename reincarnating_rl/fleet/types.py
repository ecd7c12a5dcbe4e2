"""What flows through the programs of a fleet; every shape is stated here.

`K` is the number of blocks in a program, `U` the steps in a block.
"""

from typing import NamedTuple

from reincarnating_rl.fleet.play import Ended, Play
from reincarnating_rl.learner.types import (
  Array,
  LearnerState,
  Metrics,
  Weights,
)
from reincarnating_rl.replay.device_ring import Ring


class Seed(NamedTuple):
  """All that changes of one seed."""

  learner: LearnerState
  ring: Ring
  play: Play
  roll_in: Array  # [] int32, steps of the episode that are left to the teacher
  key: Array  # [2], of the game, of what is drawn, and of roll-ins


class Clock(NamedTuple):
  """Where all seeds are: they go at one pace."""

  time: Array  # [] int32, environment steps that the student has taken
  step: Array  # [] int32, number of the replay's next step


class Plan(NamedTuple):
  """What is the same for all seeds in K blocks of U steps."""

  clock: Clock
  epsilons: Array  # [K, U] float32
  horizon: Array  # [] int32, the longest roll-in now


class Own(NamedTuple):
  """What is handed to one seed."""

  weights: Weights  # [K], for the update of each block


class Told(NamedTuple):
  """What K blocks tell of one seed."""

  ended: Ended  # [K, U]
  by_teacher: Array  # [K, U] bool, whose the actions were
  is_finite: Array  # [K, U] bool, whether all values were numbers
  updated: Array  # [K] bool
  metrics: Metrics  # [K], zeros where nothing was updated
