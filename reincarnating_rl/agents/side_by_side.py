"""A student in L environments at a time.

In place of `Student.begin_episode` and `Student.step`, which are Dopamine's and
of one environment.
"""

from collections.abc import Iterable

import numpy as np

from reincarnating_rl.agents import due_updates
from reincarnating_rl.agents.student import Student
from reincarnating_rl.learner.types import Transition


def act(student: Student, states: np.ndarray) -> np.ndarray:
  """Learns as much as L steps ask for, and then acts.

  Args:
    student: in training.
    states: [L, *O, S], of the environments.

  Returns:
    An action for each, [L, ...].
  """
  epsilons = []
  for _ in states:
    student._train_step()
    epsilons.append(student.epsilon)
  due_updates.make(student)
  state = student.trainer.state
  key, actions = student.actor.act_in_lanes(
    state.params, states, state.key, np.float32(epsilons)
  )
  student.trainer.state = state._replace(key=key)
  return actions


def store(student: Student, transitions: Iterable[Transition]) -> None:
  """Stores what the last actions led to.

  Args:
    student: that has acted.
    transitions: one of each environment, in order.
  """
  for transition in transitions:
    seen = np.reshape(transition.observation, student.observation_shape)
    student.batches.replay.add(transition._replace(observation=seen))
