"""Plain arrays: every step comes back, or one line says why not."""

import os
import zipfile

import numpy as np
import pytest

from reincarnating_rl.importers import data_summary, external_replay
from reincarnating_rl.importers.data.steps import DataError
from reincarnating_rl.support.errors import (
  DamagedFileError,
  EmptyReplayError,
)
from tests.importers.data import written


@pytest.fixture
def path(tmp_path):
  return tmp_path / 'data.npz'


def test_discrete_steps(path):
  arrays = written.steps()
  np.savez(path, **arrays)
  found, report = written.loaded(path)
  for name in ('observation', 'action', 'reward'):
    np.testing.assert_array_equal(
      found[name], arrays[f'{name}s'].astype(found[name].dtype)
    )
  np.testing.assert_array_equal(found['terminal'], arrays['terminations'])
  assert found['episode_step'].tolist() == [
    *(0, 1, 2, 3, 4),
    *(0, 1, 2, 3, 4),
    *(0, 1),
  ]
  assert report[:4] == (12, 3, 1, 2)


def test_nothing_is_learnt_across_an_end(path):
  """Elements of a cut episode stop before its last step."""
  np.savez(path, **written.steps())
  store = written.store()
  external_replay.choose(path).load(store)
  assert store.element_keys().tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]


@pytest.mark.parametrize('is_told', [True, False])
def test_vectors_are_within_the_bounds_of_the_game(path, is_told):
  box = written.BOX
  arrays = written.steps(box=box)
  # float32 rounds what float64 tells.
  high = np.array(box.high) + 1e-7
  told = {'action_low': box.low, 'action_high': high} if is_told else {}
  np.savez(path, **arrays, **told)
  found, _ = written.loaded(path, box)
  np.testing.assert_allclose(
    box.to_game(found['action']), arrays['actions'], atol=1e-6
  )
  told = str(external_replay.choose(path).inspect().actions)
  assert told == (str(box) if is_told else 'vectors of 2, of unknown bounds')


def test_columns_may_have_an_axis_more(path):
  arrays = written.steps()
  wider = {
    name: array if array.ndim > 1 else array[:, None]
    for name, array in arrays.items()
  }
  np.savez_compressed(path, **wider)
  found, _ = written.loaded(path)
  np.testing.assert_array_equal(found['action'], arrays['actions'])
  np.testing.assert_array_equal(found['terminal'], arrays['terminations'])


def test_whole_episodes_alone_are_summarised(path):
  arrays = written.steps()
  np.savez(path, **arrays)
  summary = data_summary.summarize(external_replay.choose(path).read_columns())
  assert (summary.episodes, summary.terminals) == (2, 1)
  expected = arrays['rewards'][:10].reshape(2, 5).sum(axis=1).mean()
  assert summary.mean_return == pytest.approx(expected)


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'truncations': None}, 'has no truncations: add it, an entry a step'),
    (
      {'rewards': None, 'terminations': None},
      'has no rewards and no terminations: add them',
    ),
    ({'rewards': np.zeros(11)}, r'rewards of .*data.npz is \(11,\)'),
    ({'rewards': np.zeros((12, 2))}, r'must be \(12,\), a number a step'),
    ({'rewards': np.zeros(12, complex)}, 'rewards of .* of complex128'),
    ({'rewards': np.full(12, np.nan)}, 'a reward that is not finite'),
    ({'observations': np.zeros((11, 3))}, r'actions of .* must be \(11,\)'),
    ({'observations': np.zeros((12, 4), 'f4')}, r'observations \(4,\)'),
    ({'observations': np.zeros((12, 3), 'U1')}, 'must be arrays of numbers'),
    ({'observations': np.zeros((12, 3), 'u1')}, 'of uint8, and the game'),
    ({'observations': np.full((12, 3), np.inf)}, 'not finite: step 0'),
    ({'observations': np.full((12, 3), 1e300)}, 'not finite: step 0'),
    ({'actions': np.zeros((12, 2))}, 'unknown bounds, and those of the game 3'),
    ({'actions': np.zeros((12, 2), int)}, 'of unknown bounds'),
    ({'actions': np.zeros((12, 2, 2))}, 'integers, or .* floats'),
    ({'actions': np.zeros(12, 'U2')}, 'integers, or .* floats'),
    ({'actions': np.full(12, 3)}, 'the action 3 at step 0, and the game has 0'),
    ({'actions': np.full(12, -1)}, 'the action -1 at step 0'),
    ({'num_actions': 4}, 'are 4 discrete actions, and those of the game 3'),
    ({'num_actions': 'many'}, 'tells of its actions what cannot be'),
    ({'action_low': [0.0], 'action_high': [1.0]}, 'are 1 continuous action in'),
    ({'action_low': [-9.0]}, 'tells of its actions what cannot be'),
    ({'terminations': np.full(12, 2)}, 'terminations of .* holds 2: whether'),
    ({'truncations': np.full(12, np.nan)}, 'truncations of .* holds nan'),
  ],
)
def test_what_cannot_be_is_one_line(path, change, message):
  arrays = written.steps() | change
  np.savez(path, **{n: x for n, x in arrays.items() if x is not None})
  with pytest.raises((DataError, DamagedFileError), match=message) as error:
    written.loaded(path)
  assert str(path) in str(error.value) and '\n' not in str(error.value)


def test_objects_are_not_unpickled(path):
  objects = np.array([os.system] * 12, object)
  np.savez(path, **written.steps() | {'rewards': objects})
  with pytest.raises(DamagedFileError, match='cannot be read'):
    written.loaded(path)


def test_no_steps(path):
  np.savez(path, **written.steps(0, ends=(), cuts=()))
  with pytest.raises(EmptyReplayError, match='holds no step'):
    written.loaded(path)


def test_a_small_file_cannot_claim_a_large_array(path):
  np.savez(path, **written.steps())
  with zipfile.ZipFile(path, 'a') as file, file.open('more.npy', 'w') as more:
    header = {'descr': '<f8', 'fortran_order': False, 'shape': (2**40,)}
    np.lib.format.write_array_header_1_0(more, header)
  with pytest.raises(DamagedFileError, match='cannot hold an array'):
    written.loaded(path)


def test_a_header_is_not_read_before_its_length(path):
  np.savez(path, **written.steps())
  with zipfile.ZipFile(path, 'a') as file:
    file.writestr(
      'more.npy', b'\x93NUMPY\x02\x00' + (10**9).to_bytes(4, 'little')
    )
  with pytest.raises(DamagedFileError, match='header of more has 1000000000 b'):
    written.loaded(path)


@pytest.mark.parametrize(
  ('name', 'compression', 'message'),
  [
    ('meta.json', zipfile.ZIP_STORED, "has 'meta.json', which is no array"),
    ('more.npy', zipfile.ZIP_BZIP2, "has 'more.npy', in another compression"),
    ('more.npy', zipfile.ZIP_LZMA, "has 'more.npy', in another compression"),
  ],
)
def test_members_that_numpy_does_not_write(path, name, compression, message):
  np.savez(path, **written.steps())
  with zipfile.ZipFile(path, 'a', compression) as file:
    file.writestr(name, '{}')
  with pytest.raises(DataError, match=f'{message}: write it anew with numpy'):
    written.loaded(path)


def test_half_a_file(path):
  np.savez(path, **written.steps())
  path.write_bytes(path.read_bytes()[:300])
  with pytest.raises(DamagedFileError, match='cannot be read'):
    written.loaded(path)
