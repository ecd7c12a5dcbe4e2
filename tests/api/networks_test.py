"""The network of a student who sees images."""

import gymnasium as gym
import numpy as np
import pytest

import reincarnating_rl as rrl
from reincarnating_rl.api import networks
from reincarnating_rl.students import STUDENTS


def game(shape, dtype, high=255):
  """Returns what makes a game with such observations."""

  class Shown(gym.Env):
    observation_space = gym.spaces.Box(0, high, shape, dtype)
    action_space = gym.spaces.Discrete(3)

    def reset(self, *, seed=None, options=None):
      super().reset(seed=seed)
      self.steps = 0
      return self.observation_space.sample(), {}

    def step(self, action):
      self.steps += 1
      return self.observation_space.sample(), 1.0, self.steps > 9, False, {}

  return Shown


@pytest.mark.parametrize(
  'shape, dtype, name',
  [
    ((24, 20), np.uint8, '@reincarnation_networks.ImpalaDQNNetwork'),
    ((24, 20, 3), np.uint8, '@reincarnation_networks.ImpalaDQNNetwork'),
    ((12, 12, 4), np.float32, '@reincarnation_networks.MinAtarDQNNetwork'),
  ],
)
def test_images_have_a_network_of_images(shape, dtype, name):
  (binding,) = networks.bindings(STUDENTS['dqn'], game(shape, dtype))
  assert binding == f'JaxDQNAgent.network = {name}'


def test_vectors_and_other_families_have_their_own():
  assert not networks.bindings(STUDENTS['dqn'], 'CartPole-v1')
  assert not networks.bindings(STUDENTS['dqn'], 'MinAtar/breakout')


@pytest.mark.parametrize(
  'shape, told', [((3, 24, 20), 'channels first'), ((4, 4, 4, 4), 'no network')]
)
def test_other_shapes_are_refused(shape, told):
  with pytest.raises(rrl.UserError, match=told):
    networks.bindings(STUDENTS['dqn'], game(shape, np.uint8))


def test_a_student_of_images_learns_and_is_loaded(tmp_path):
  run = rrl.reincarnate(
    'dqn',
    game=game((9, 8, 2), np.float32, 1),
    online_steps=20,
    evaluations=1,
    evaluation_episodes=1,
    min_replay_history=10,
    batch_size=2,
    base_dir=tmp_path,
  )
  shown = np.zeros((9, 8, 2), np.float32)
  assert run.student.act(shown) in (0, 1, 2)
  assert run.student.q_values(shown[None]).shape == (1, 3)
  told = rrl.load_run(tmp_path).lineage['started_as']
  assert told['command'].startswith(
    "reincarnating_rl.reincarnate('dqn', game=<Shown>, online_steps=20"
  )
