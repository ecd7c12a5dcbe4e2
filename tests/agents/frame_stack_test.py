"""The frames that a student acts on."""

import numpy as np

from tests import toys


def test_a_stack_is_of_one_episode_and_its_newest_frame_is_last():
  agent = toys.make_agent(
    teacher=None, dqn={'stack_size': 3, 'observation_shape': (1,)}
  )
  seen = []
  agent._train_and_act = lambda: seen.append(agent.state[0].tolist())
  agent.action = 0  # Which the stub does not choose.
  for first in (1.0, 5.0):
    agent.begin_episode(np.float32([first]))
    agent.step(0.0, np.float32([first + 1]))
    agent.step(0.0, np.float32([first + 2]))
    agent.step(0.0, np.float32([first + 3]))
    agent.end_episode(0.0, terminal=True)
  assert seen == [
    [0.0, 0.0, 1.0],
    [0.0, 1.0, 2.0],
    [1.0, 2.0, 3.0],
    [2.0, 3.0, 4.0],
    [0.0, 0.0, 5.0],
    [0.0, 5.0, 6.0],
    [5.0, 6.0, 7.0],
    [6.0, 7.0, 8.0],
  ]
  assert agent.state.dtype == np.float32
