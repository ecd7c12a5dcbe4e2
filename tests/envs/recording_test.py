"""Recordings: what is read of them is what was played."""

import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest

from reincarnating_rl.envs import recording
from reincarnating_rl.envs.recording import record
from reincarnating_rl.importers import data_summary, external_replay
from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.support.errors import GameError, UserError
from tests import toys
from tests.runner import data_teacher_test


def balance(observation):
  """Keeps the pole up, for a while."""
  return int(observation[2] + 0.3 * observation[3] > 0.0)


def play(env, episodes, act=balance, most=30):
  """Plays, and returns what was played, by the names of `.npz` files."""
  rows = []
  for seed in range(episodes):
    observation, _ = env.reset(seed=seed)
    for _ in range(most):
      action = act(observation)
      following, reward, ends, is_cut, _ = env.step(action)
      rows.append((observation.copy(), action, reward, ends, is_cut))
      observation = following
      if ends or is_cut:
        break
  return [*map(np.array, zip(*rows, strict=True))]


def read(path):
  with np.load(path) as file:
    return {**file}


def test_what_was_played_is_read(tmp_path):
  path = tmp_path / 'mine.npz'
  env = record(gym.make('CartPole-v1', max_episode_steps=12), path)
  played = play(env, 3)
  env.close()
  columns = read(path)
  for found, expected in zip(columns.values(), played, strict=False):
    np.testing.assert_array_equal(found, expected)
  assert columns['num_actions'] == 2
  replay = external_replay.choose(path)
  assert replay.inspect().actions == Discrete(2)
  returns = data_summary.whole_returns(replay.read_columns())
  assert returns.tolist() == [12.0] * 3
  assert [p.name for p in tmp_path.iterdir()] == ['mine.npz']


def test_an_end_is_no_time_out(tmp_path):
  env = record(gym.make('CartPole-v1'), tmp_path / 'x.npz')
  played = play(env, 2, act=lambda observation: 1)
  env.close()
  assert played[3].sum() == 2 and not played[4].any()
  summary = data_summary.summarize(
    external_replay.choose(tmp_path / 'x.npz').read_columns()
  )
  assert (summary.episodes, summary.terminals) == (2, 2)


def test_vectors_are_told_with_their_bounds(tmp_path):
  with record(toys.Target(), tmp_path / 'x.npz') as env:
    play(env, 2, act=lambda place: np.float32([-2.0, 1.0]))
  actions = external_replay.choose(tmp_path / 'x.npz').inspect().actions
  assert actions == Continuous((-2.0, 0.0), (2.0, 1.0))


def test_a_student_learns_from_a_recording(tmp_path):
  path = tmp_path / 'x.npz'
  with record(toys.Corridor(), path) as env:
    play(env, 20, act=lambda observation: toys.RIGHT)
  runner = data_teacher_test.make_runner(
    *(tmp_path / 'run', path, 'pretrained_dqn'),
    num_pretraining_iterations=1,
    online=(0, 1),
  )
  runner.run_experiment()
  assert runner.record.teacher.mean == pytest.approx(0.7)
  assert runner._agent.trainer.pretraining_updates == 20


def test_the_file_is_there_after_each_episode(tmp_path):
  env = record(gym.make('CartPole-v1'), tmp_path / 'x.npz')
  play(env, 1, act=lambda observation: 1)
  assert len(read(tmp_path / 'x.npz')['rewards']) == len(
    env._done[0]['rewards']
  )


def test_writes_that_take_long_wait(tmp_path, monkeypatch):
  now = [0.0]
  monkeypatch.setattr(recording.time, 'monotonic', lambda: now[0])
  env = record(gym.make('CartPole-v1'), tmp_path / 'x.npz')
  writes = []

  def write():
    writes.append(now[0])
    env._next_write = now[0] + 20.0

  monkeypatch.setattr(env, 'write', write)
  for _ in range(6):
    now[0] += 5.0
    play(env, 1, act=lambda observation: 1)
  assert writes == [5.0, 25.0]
  monkeypatch.undo()
  env.close()


def test_an_episode_that_is_left_is_cut(tmp_path):
  path = tmp_path / 'x.npz'
  env = record(gym.make('CartPole-v1'), path)
  play(env, 2, most=3)
  env.close()
  columns = read(path)
  # The second is under way: no flag, so no reader takes it for a whole one.
  assert columns['truncations'].tolist() == [
    *(False, False, True),
    *[False] * 3,
  ]
  replay = external_replay.choose(path)
  assert len(data_summary.whole_returns(replay.read_columns())) == 1


def test_a_recording_goes_on(tmp_path):
  path = tmp_path / 'x.npz'
  for _ in range(2):
    env = record(gym.make('CartPole-v1'), path)
    play(env, 1, most=3)
    env.close()
  columns = read(path)
  assert len(columns['rewards']) == 6
  assert columns['truncations'].tolist() == [
    *(False, False, True),
    *[False] * 3,
  ]
  with pytest.raises(UserError, match='and this game .*: choose another path'):
    record(toys.Corridor(), path)
  np.savez(path, **columns, partial=np.arange(6) < 3)
  with pytest.raises(UserError, match='marks episodes that are not whole'):
    record(gym.make('CartPole-v1'), path)


def test_a_recording_of_float64_bounds_goes_on(tmp_path):
  path = tmp_path / 'x.npz'
  for _ in range(2):
    game = toys.Target()
    game.action_space = gym.spaces.Box(-0.4, 0.4, (2,), np.float64)
    with record(game, path) as env:
      play(env, 1, act=lambda place: np.full(2, 0.4), most=3)
  assert len(read(path)['rewards']) == 6


def test_nothing_is_lost_when_one_stops(tmp_path):
  """By Ctrl-C, which nobody catches."""
  script = (
    'import gymnasium as gym\n'
    'from reincarnating_rl.envs.recording import record\n'
    f'env = record(gym.make("CartPole-v1"), {str(tmp_path / "x.npz")!r})\n'
    'env._next_write = 1e18\n'  # As if writing took long.
    'env.reset(seed=0)\n'
    'for _ in range(4): env.step(0)\n'
    'raise KeyboardInterrupt\n'
  )
  done = subprocess.run(
    [sys.executable, '-c', script], capture_output=True, check=False
  )
  assert b'KeyboardInterrupt' in done.stderr
  assert len(read(tmp_path / 'x.npz')['rewards']) == 4


class Bad(toys.Corridor):
  def step(self, action):
    observation, reward, *rest = super().step(action)
    return (observation, np.nan if action else reward, *rest)


def test_what_cannot_be_learnt_from_is_refused_at_once(tmp_path):
  env = record(Bad(), tmp_path / 'x.npz')
  with pytest.raises(UserError, match='Call reset before step'):
    env.step(0)
  env.reset(seed=0)
  with pytest.raises(UserError, match='2 is none of the 2 discrete actions'):
    env.step(2)
  with pytest.raises(GameError, match='a reward that is not finite'):
    env.step(1)
  env.close()
  target = record(toys.Target(), tmp_path / 'y.npz')
  target.reset(seed=0)
  with pytest.raises(UserError, match='ClipAction around the recording'):
    target.step(np.float32([3.0, 0.5]))
  target.close()


class Parts(toys.Corridor):
  observation_space = gym.spaces.Dict(place=toys.Corridor.observation_space)


def test_one_is_told_before_one_plays(tmp_path):
  with pytest.raises(UserError, match=r'end it in \.npz'):
    record(toys.Corridor(), tmp_path / 'x.npy')
  with pytest.raises(UserError, match='FlattenObservation makes that'):
    record(Parts(), tmp_path / 'x.npz')
  with pytest.raises(UserError, match='cannot be written'):
    record(toys.Corridor(), tmp_path / 'no' / 'x.npz')
