"""The least that training can take: updates alone."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from reincarnating_rl.agents.student import Student
from reincarnating_rl.learner.types import Batch


def bare_updates(
  agent: Student, batch: Batch, count: int
) -> Callable[[], None]:
  """Returns a function that makes updates on one batch: no replay.

  Args:
    agent: the student, whose own parameters stay as they are.
    batch: on the device.
    count: of updates.
  """
  learner = jax.tree.map(jnp.copy, agent.trainer.state)

  def run() -> None:
    nonlocal learner
    for _ in range(count):
      learner, _ = agent.trainer.update(learner, batch, agent.weaner.weights)
    jax.block_until_ready(learner)

  return run
