"""Minari's datasets, which Minari itself writes."""

import json
import warnings

import gymnasium as gym
import h5py
import minari
import numpy as np
import pytest

from reincarnating_rl.importers import data_summary, external_replay
from reincarnating_rl.importers.data.steps import DataError
from reincarnating_rl.learner.actions import Continuous, Discrete
from tests.importers.data import written

GAMES = {
  'CartPole-v1': (4, Discrete(2)),
  'Pendulum-v1': (3, Continuous((-2.0,), (2.0,))),
}


def record(folder, game, **storage):
  """Records two episodes, as Minari does; returns the dataset's folder."""
  with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
    warnings.simplefilter('ignore')
    patch.setenv('MINARI_DATASETS_PATH', str(folder))
    if isinstance(game, str):
      game = gym.make(game, max_episode_steps=12)
    env = minari.DataCollector(game, **storage)
    env.action_space.seed(0)
    for seed in range(2):
      env.reset(seed=seed)
      is_over = False
      while not is_over:
        *_, ends, times_out, _ = env.step(env.action_space.sample())
        is_over = ends or times_out
    env.create_dataset('game/random-v0')
    env.close()
  return folder / 'game' / 'random-v0'


@pytest.fixture(scope='module')
def recorded(tmp_path_factory):
  return {
    game: record(tmp_path_factory.mktemp('minari'), game) for game in GAMES
  }


@pytest.mark.parametrize('game', GAMES)
def test_steps(recorded, game):
  size, actions = GAMES[game]
  found, report = written.loaded(recorded[game], actions, shape=(size,))
  episodes = [*minari.MinariDataset(recorded[game] / 'data').iterate_episodes()]
  assert report.episodes == len(episodes) == 2
  for name, parts in {
    'observation': [e.observations[:-1] for e in episodes],
    'reward': [e.rewards.astype('f4') for e in episodes],
    'terminal': [e.terminations for e in episodes],
    'action': [
      e.actions if e.actions.ndim == 1 else actions.from_game(e.actions)
      for e in episodes
    ],
  }.items():
    np.testing.assert_array_equal(found[name], np.concatenate(parts))
  lengths = [len(e.rewards) for e in episodes]
  assert np.flatnonzero(found['episode_step'] == 0).tolist() == [0, lengths[0]]


@pytest.mark.parametrize('game', GAMES)
def test_what_the_dataset_tells(recorded, game):
  replay = external_replay.choose(recorded[game])
  assert replay.inspect().actions == GAMES[game][1]
  summary = data_summary.summarize(replay.read_columns())
  returns = [
    e.rewards.sum()
    for e in minari.MinariDataset(recorded[game] / 'data').iterate_episodes()
  ]
  assert summary.episodes == 2
  assert summary.mean_return == pytest.approx(np.mean(returns))


def test_rows_across_episodes(recorded):
  """Reading begins and stops anywhere."""
  steps = external_replay.choose(recorded['Pendulum-v1']).inspect()
  whole = steps.observations(0, 24)
  assert whole.shape == (24, 3)
  for start, stop in ((0, 12), (3, 20), (11, 13), (12, 24), (23, 24)):
    np.testing.assert_array_equal(
      steps.observations(start, stop), whole[start:stop]
    )


def test_every_path_of_a_dataset(recorded):
  folder = recorded['CartPole-v1']
  file = folder / 'data' / 'main_data.hdf5'
  for path in (folder, folder / 'data', file):
    (replay,) = external_replay.find(path)
    assert replay.folder == str(file)


def test_another_game(recorded):
  with pytest.raises(DataError, match='are 2 discrete actions'):
    written.loaded(recorded['CartPole-v1'], Discrete(3), shape=(4,))
  narrow = Continuous((-1.0,), (1.0,))
  with pytest.raises(DataError, match=r'in \[-2, 2\], and those of the game'):
    written.loaded(recorded['Pendulum-v1'], narrow)


def edited(tmp_path, edit, about=()):
  """Writes two episodes, then changes them."""
  path = tmp_path / 'main_data.hdf5'
  with h5py.File(path, 'w') as file:
    for number, name in enumerate(('episode_0', 'episode_1')):
      arrays = written.steps(4 + number, ends=(), cuts=(3 + number,))
      last = arrays['observations'][-1:]
      arrays['observations'] = np.concatenate([arrays['observations'], last])
      for part, array in arrays.items():
        file[f'{name}/{part}'] = array
    edit(file)
  (tmp_path / 'metadata.json').write_text(json.dumps(dict(about)))
  return tmp_path


def test_an_episode_that_nothing_ended_is_cut(tmp_path):
  def edit(file):
    file['episode_0/truncations'][3] = False

  replay = external_replay.choose(edited(tmp_path, edit))
  assert replay.inspect().partial == (0,)
  assert data_summary.summarize(replay.read_columns()).episodes == 1
  assert written.loaded(tmp_path)[1][:4] == (9, 2, 0, 2)


def test_actions_that_do_not_begin_at_zero(tmp_path):
  space = {'type': 'Discrete', 'n': 3, 'start': 5}

  def edit(file):
    for name in file:
      file[name]['actions'][...] = file[name]['actions'][...] + 5

  path = edited(tmp_path, edit, {'action_space': json.dumps(space)})
  found, _ = written.loaded(path)
  expected = [written.steps(4 + n, ends=(), cuts=())['actions'] for n in (0, 1)]
  np.testing.assert_array_equal(found['action'], np.concatenate(expected))


def _remove(name):
  return lambda file: file.__delitem__(name)


def _replace(name, array):
  def edit(file):
    del file[name]
    file[name] = array

  return edit


@pytest.mark.parametrize(
  ('edit', 'message'),
  [
    (_remove('episode_1/rewards'), 'episode_1 of .* has no rewards'),
    (
      _replace('episode_0/observations', np.zeros((7, 3), 'f4')),
      '7 observations of 4 steps',
    ),
    (
      _replace('episode_0/observations', np.zeros((5, 2), 'f4')),
      'of one shape and type',
    ),
    (_remove('episode_0/observations'), 'has no observations'),
    (
      _replace('episode_0/actions', np.zeros(3, int)),
      'has 3 actions, 4 rewards, 4 terminations',
    ),
    (
      _replace('episode_0', h5py.ExternalLink('other.hdf5', '/episode_0')),
      'episode_0 of .* is a link',
    ),
    (_replace('episode_0', h5py.SoftLink('/episode_1')), 'is a link'),
  ],
)
def test_episodes_that_cannot_be(tmp_path, edit, message):
  with pytest.raises(DataError, match=message):
    external_replay.choose(edited(tmp_path, edit)).inspect()


def test_spaces_that_no_student_has(tmp_path):
  about = {'action_space': json.dumps({'type': 'MultiDiscrete'})}
  with pytest.raises(DataError, match='are MultiDiscrete'):
    external_replay.choose(edited(tmp_path, lambda file: None, about)).inspect()


class Images(gym.Env):
  """Shows noise, or the same, for three steps."""

  observation_space = gym.spaces.Box(0, 255, (32, 32, 3), np.uint8)
  action_space = gym.spaces.Discrete(3)

  def __init__(self, brightest):
    self._brightest = brightest

  def reset(self, *, seed=None, options=None):
    super().reset(seed=seed)
    self._steps = 0
    return self._frame(), {}

  def step(self, action):
    self._steps += 1
    return self._frame(), 1.0, self._steps == 3, False, {}

  def _frame(self):
    frame = self.np_random.integers(0, self._brightest + 1, (32, 32, 3))
    return frame.astype(np.uint8)


@pytest.mark.parametrize(
  ('brightest', 'is_jpeg'), [(255, True), (0, True), (255, False)]
)
def test_images(tmp_path, brightest, is_jpeg):
  """Compressed, noise has many lengths and black frames have one."""
  path = record(tmp_path, Images(brightest), jpeg_encoding=is_jpeg)
  if is_jpeg:
    with pytest.raises(DataError, match='jpeg_encoding=False'):
      external_replay.choose(path).inspect()
    return
  found, report = written.loaded(path, shape=(32, 32, 3), dtype='u1')
  assert report.steps == 6
  rng = np.random.default_rng(0)
  assert found['observation'][0].tolist() == (
    rng.integers(0, 256, (32, 32, 3)).tolist()
  )


def test_a_dataset_in_arrow(tmp_path):
  (tmp_path / 'metadata.json').write_text('{"data_format": "arrow"}')
  with pytest.raises(DataError, match="data_format='hdf5'"):
    external_replay.choose(tmp_path).inspect()
