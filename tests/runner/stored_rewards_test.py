"""What is stored of rewards, lives and time-outs, whoever has played."""

import contextlib
from types import SimpleNamespace

import gymnasium as gym
import numpy as np
import pytest

from reincarnating_rl.agents import reload, side_by_side
from reincarnating_rl.envs import lanes, single, vector
from reincarnating_rl.importers.loading import LoadReport
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.runner.teacher_data import TeacherData
from reincarnating_rl.runner.teacher_phases import Reloading
from reincarnating_rl.runner.training_lanes import TrainingLanes

CLIPPED = pytest.mark.parametrize(('clips', 'most'), [(False, 3), (True, 1)])


class Endless(gym.Env):
  """Pays 3 and takes 3 in turn; its second step loses a life."""

  observation_space = gym.spaces.Box(0.0, 100.0, (1,), np.float32)
  action_space = gym.spaces.Discrete(2)

  def __init__(self, number):
    self._number = number

  def reset(self, *, seed=None, options=None):
    super().reset(seed=seed)
    self._steps = 0
    return self._seen(), {}

  def step(self, action):
    self._steps += 1
    reward = 3.0 if self._steps % 2 else -3.0
    info = {single.LIFE_LOST: self._steps == 2}
    return self._seen(), reward, False, False, info

  def _seen(self):
    return np.float32([10 * self._number + self._steps])


def make_store(num_lanes=1):
  return FrameStore(
    capacity=40,
    observation_shape=(1,),
    observation_dtype=np.float32,
    stack_size=1,
    n_step=1,
    gamma=0.9,
    actions=Discrete(2),
    policy_size=0,
    num_lanes=num_lanes,
    seed=0,
  )


@CLIPPED
def test_episodes_of_several_environments(clips, most, monkeypatch):
  begun, store = [], make_store(num_lanes=2)
  actor = SimpleNamespace(
    begin_episode=lambda *, training, lane: begun.append((training, lane))
  )
  agent = SimpleNamespace(
    stack_size=1,
    observation_shape=(1,),
    actor=actor,
    batches=SimpleNamespace(replay=store),
  )
  monkeypatch.setattr(side_by_side, 'act', lambda *_: np.array([0, 1]))
  training = TrainingLanes(
    agent,
    vector.LoopVectorEnvironment(
      [single.Environment(Endless(number)) for number in range(2)]
    ),
    SimpleNamespace(position=SimpleNamespace(number=0)),
    seed=0,
    max_steps_per_episode=5,
    clip_rewards=clips,
  )
  returns = [training(lambda number: None)[1] for _ in range(7)]
  # Of the game's own rewards, at the time-out.
  assert returns == [[], [], [], [], [3.0, 3.0], [], []]
  columns = store.read(0, 14)
  for lane in range(2):
    mine = {name: column[lane::2] for name, column in columns.items()}
    assert mine['observation'][:, 0].tolist() == [
      10 * lane + step for step in (0, 1, 2, 3, 4, 0, 1)
    ]
    assert mine['action'].tolist() == [lane] * 7
    assert mine['reward'].tolist() == [
      *(most, -most, most, -most, most),
      *(most, -most),
    ]
    assert mine['terminal'].tolist() == [
      *(False, True, False, False, False),
      *(False, True),
    ]
    assert mine['episode_step'].tolist() == [0, 1, 0, 1, 2, 0, 1]
  assert begun == [(True, 0), (True, 1)] * 4  # Two lives of two episodes.


@CLIPPED
def test_episodes_of_the_teacher(clips, most):
  store = make_store()
  agent = SimpleNamespace(make_replay=lambda capacity, remedy: store)
  data = TeacherData(agent, capacity=40, clip_rewards=clips)
  data.add(
    lanes.Episode(
      index=0,
      terminal=True,
      actions=np.zeros(3, np.int32),
      rewards=np.float32([3.0, -3.0, 0.5]),
      observations=np.zeros((3, 1), np.float32),
      extras=None,
    )
  )
  assert store.columns['reward'][:3].tolist() == [most, -most, 0.5]


class Dear:
  """A replay of three steps."""

  def describe(self):
    return 'replay 3'

  def load(self, store, *, newest, progress):
    assert newest == 40
    store.columns['reward'][:3] = 3.0, -3.0, 0.5
    return LoadReport(3, 0, 0, 0, {})


@CLIPPED
def test_the_replay_of_a_teacher_that_is_reloaded(clips, most, monkeypatch):
  store = make_store()
  agent = SimpleNamespace(
    batches=SimpleNamespace(replay=store),
    method_settings=SimpleNamespace(load_replay=True),
    online_params={},
    num_environments=1,
  )
  monkeypatch.setattr(reload, 'reload', lambda *_: ['parameters'])
  phase = Reloading(
    agent,
    SimpleNamespace(read=lambda *_: None),
    SimpleNamespace(
      clock=lambda _: contextlib.nullcontext(),
      bar=lambda *_: contextlib.nullcontext(),
      following=lambda _: None,
    ),
    read_state=lambda: SimpleNamespace(arrays={}, path=''),
    find_replay=Dear,
    clip_rewards=clips,
  )
  assert phase(None) == {'Reload/TeacherSteps': 3}
  assert store.columns['reward'][:3].tolist() == [most, -most, 0.5]
