"""Replay buffers, against what was truly played while they were filled."""

import itertools
import pathlib
import pickle
import sys
import types
from unittest import mock

import numpy as np
import pytest

from reincarnating_rl.importers import data_summary, external_replay
from reincarnating_rl.importers.data import stable_baselines3
from reincarnating_rl.importers.data.steps import DataError
from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.support.errors import UnsafeFileError
from tests.importers.data import written

BUFFERS = pathlib.Path(__file__).parents[2] / 'fixtures' / 'foreign' / 'replays'
ACTIONS = {
  'sac': written.BOX,
  'cleanrl_sac': written.BOX,
  'dqn': Discrete(4),
  'dqn_shared': Discrete(4),
  'cleanrl_dqn': Discrete(4),
}


def played(name):
  """Returns the rows of each environment: see `make_replays.py`."""
  with np.load(BUFFERS / 'played.npz') as file:
    return [file[key] for key in file.files if key.split('/')[0] == name]


@pytest.mark.parametrize('name', ACTIONS)
def test_steps(name):
  actions = ACTIONS[name]
  found, report = written.loaded(BUFFERS / f'{name}.pkl', actions)
  lanes = played(name)
  each = report.steps // len(lanes)
  truth = np.concatenate([rows[-each:] for rows in lanes])
  taken = found['action']
  if isinstance(actions, Continuous):
    taken = actions.to_game(taken)
  np.testing.assert_allclose(
    np.column_stack([found['observation'], taken, found['reward']]),
    truth[:, :-2],
    atol=1e-6,
  )
  # Without `timeouts`, the library itself takes these ends for terminals.
  ended = truth[:, -2:].any(axis=1) if name == 'dqn_shared' else truth[:, -2]
  np.testing.assert_array_equal(found['terminal'], ended)
  starts = np.any(np.diff(truth[:, :2], axis=0), axis=1)
  np.testing.assert_array_equal(found['episode_step'][1:] == 0, starts)


@pytest.mark.parametrize('name', ACTIONS)
def test_returns_of_whole_episodes(name):
  """What the ring dropped, and what is under way, are no whole episodes."""
  columns = external_replay.choose(BUFFERS / f'{name}.pkl').read_columns()
  each = len(columns.reward) // len(played(name))
  whole = []
  for rows in played(name):
    rows = rows[-each:]
    for episode in np.unique(rows[:, 1]):
      part = rows[rows[:, 1] == episode]
      # Of an episode whose first step is the oldest, nobody knows.
      is_first = part[0, 1] == rows[0, 1] and 'dqn' == name[:3]
      if part[0, 2] == 0 and part[-1, -2:].any() and not is_first:
        whole.append(part[:, -3].sum())
  found = data_summary.whole_returns(columns)
  np.testing.assert_allclose(found, whole, rtol=1e-6)


def test_another_game():
  with pytest.raises(DataError, match='are 4 discrete actions, and those'):
    written.loaded(BUFFERS / 'dqn.pkl', Discrete(3))


@pytest.mark.parametrize(
  ('actions', 'told', 'is_scaled'),
  [
    ([[0.9]], Continuous((-2.0,), (2.0,)), True),
    ([[1.5]], Continuous((-2.0,), (2.0,)), False),
    ([[0.3]], Continuous((-0.4,), (0.4,)), False),
    ([[0.7]], Continuous((-0.4,), (0.4,)), True),
    ([[0.7]], Continuous((-1.0,), (1.0,)), True),
    ([[0.7]], None, True),
    ([[1.7]], None, False),
  ],
)
def test_which_bounds_actions_have(actions, told, is_scaled):
  found = stable_baselines3._is_scaled(np.float32(actions), told)
  assert found == is_scaled


_SB3 = [
  *itertools.accumulate(
    ['stable_baselines3', 'common', 'buffers'], '{}.{}'.format
  )
]


def pickled(path, name='ReplayBuffer', *, names=_SB3, **attributes):
  """Writes a pickle of an object of a library, which is not there."""
  modules = {place: types.ModuleType(place) for place in names}
  module = [*modules.values()][-1]
  kind = type(name, (), {'__module__': module.__name__})
  setattr(module, name, kind)
  buffer = kind()
  vars(buffer).update(attributes)
  with mock.patch.dict(sys.modules, modules):
    path.write_bytes(pickle.dumps(buffer))


def arrays(**changes):
  made = {
    'observations': np.zeros((5, 2, 3), 'f4'),
    'actions': np.zeros((5, 2, 1), int),
    'rewards': np.ones((5, 2), 'f4'),
    'dones': np.zeros((5, 2), 'f4'),
    'timeouts': np.zeros((5, 2), 'f4'),
    'pos': 4,
    'full': False,
  }
  return made | changes


def test_stacks_of_images(tmp_path):
  """The newest frame of each stack is the game's observation."""
  frames = np.arange(5 * 2 * 4 * 3 * 3, dtype='u1').reshape(5, 2, 4, 3, 3)
  pickled(tmp_path / 'x.pkl', **arrays(observations=frames))
  settings = {'shape': (3, 3), 'dtype': 'u1', 'stack_size': 4}
  found, report = written.loaded(tmp_path / 'x.pkl', Discrete(3), **settings)
  assert report.steps == 8
  np.testing.assert_array_equal(
    found['observation'],
    np.concatenate([frames[:4, 0, -1], frames[:4, 1, -1]]),
  )
  with pytest.raises(DataError, match=r'observations \(4, 3, 3\)'):
    settings['stack_size'] = 2
    written.loaded(tmp_path / 'x.pkl', Discrete(3), **settings)


def test_a_ring_begins_within_an_episode(tmp_path):
  """States that need frames which are overwritten are not made."""
  frames = np.arange(5 * 2 * 9, dtype='u1').reshape(5, 1, 2, 3, 3)
  one = {n: x[:, :1] for n, x in arrays().items() if n not in ('pos', 'full')}
  one['timeouts'][2] = one['dones'][2] = 1.0
  one['observations'] = frames
  one['next_observations'] = np.roll(frames, -1, axis=0)
  store = written.store(shape=(3, 3), dtype='u1', stack_size=2, n_step=1)
  for is_full, keys in ((True, [1, 3]), (False, [0, 1])):
    pickled(tmp_path / 'x.pkl', **one, pos=4 - 4 * is_full, full=is_full)
    external_replay.choose(tmp_path / 'x.pkl').load(store)
    assert store.element_keys().tolist() == keys


def test_a_full_ring_of_two_environments(tmp_path):
  frames = np.arange(5 * 2 * 2 * 9, dtype='u1').reshape(5, 2, 2, 3, 3)
  two = {n: x for n, x in arrays().items() if n not in ('pos', 'full')}
  two |= {'observations': frames, 'next_observations': np.roll(frames, -1, 0)}
  pickled(tmp_path / 'x.pkl', **two, pos=0, full=True)
  store = written.store(shape=(3, 3), dtype='u1', stack_size=2, n_step=1)
  report = external_replay.choose(tmp_path / 'x.pkl').load(store)
  # Nothing leads from one environment to the other, whose blank frame stays.
  assert report.episodes == 2
  assert store.element_keys().tolist() == [1, 2, 3, 5, 6, 7, 8]
  assert not store.gather(np.array([5])).state[0, ..., 0].any()


@pytest.mark.parametrize('library', ['cleanrl_utils', 'stable_baselines3'])
def test_a_buffer_that_names_its_library_tells_its_bounds(tmp_path, library):
  actions = np.full((5, 2, 1), 0.9, 'f4')
  names = library, f'{library}.buffers'
  pickled(tmp_path / 'x.pkl', names=names, **arrays(actions=actions))
  steps = external_replay.choose(tmp_path / 'x.pkl').inspect()
  assert steps.is_scaled == (library == 'stable_baselines3')


def test_a_single_step(tmp_path):
  content = arrays(pos=1)
  content = {
    name: array[:, :1] if isinstance(array, np.ndarray) else array
    for name, array in content.items()
  }
  following = content['observations'] + 1.0
  pickled(tmp_path / 'x.pkl', **content, next_observations=following)
  assert written.loaded(tmp_path / 'x.pkl', Discrete(3))[1][:4] == (1, 1, 0, 1)


@pytest.mark.parametrize(
  ('name', 'content', 'message'),
  [
    (
      'DictReplayBuffer',
      arrays(observations={'a': np.zeros((5, 2, 3))}),
      'observations of several parts: flatten',
    ),
    ('RolloutBuffer', {'observations': np.zeros((5, 2))}, 'has no actions'),
    ('BasePolicy', arrays(), 'a pickle of another kind'),
    ('ReplayBuffer', arrays(rewards=[1.0]), 'rewards of .* is no array'),
    ('ReplayBuffer', arrays(pos=0), 'holds no step'),
    ('ReplayBuffer', arrays(dones=np.zeros((4, 2))), 'dones of .* is no array'),
    ('ReplayBuffer', arrays(pos='x'), 'cannot be read'),
    (
      'ReplayBuffer',
      arrays(next_observations=np.zeros((5, 2, 1), 'f4')),
      r'next_observations is \(8, 1\), not \(8, 3\)',
    ),
  ],
)
def test_what_cannot_be_is_one_line(tmp_path, name, content, message):
  pickled(path := tmp_path / 'x.pkl', name, **content)
  with pytest.raises(Exception, match=message) as error:
    written.loaded(path, Discrete(3))
  assert str(path) in str(error.value) and '\n' not in str(error.value)


def test_no_code_is_run(tmp_path):
  class Bad:
    def __reduce__(self):
      return print, ('code was run',)

  (tmp_path / 'replay.pkl').write_bytes(pickle.dumps({'a': Bad()}))
  with pytest.raises(UnsafeFileError, match='was not loaded'):
    written.loaded(tmp_path / 'replay.pkl')
