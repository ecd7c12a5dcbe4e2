"""D4RL's files."""

import h5py
import numpy as np
import pytest

from reincarnating_rl.importers import data_summary, external_replay
from reincarnating_rl.importers.data import checking
from reincarnating_rl.importers.data.steps import DataError
from reincarnating_rl.support.errors import DamagedFileError
from tests.importers.data import written


@pytest.fixture
def path(tmp_path):
  return tmp_path / 'walker2d-medium.hdf5'


@pytest.fixture
def arrays():
  return written.steps(box=written.BOX)


def test_steps(path, arrays):
  written.d4rl(path, arrays)
  found, report = written.loaded(path, written.BOX)
  np.testing.assert_array_equal(found['observation'], arrays['observations'])
  np.testing.assert_array_equal(found['terminal'], arrays['terminations'])
  np.testing.assert_allclose(
    written.BOX.to_game(found['action']), arrays['actions'], atol=1e-6
  )
  assert report[:4] == (12, 3, 1, 2)


def test_float_flags_and_wide_floats(path, arrays):
  wide = {
    name: x.astype('f8') if x.dtype.kind in 'fb' else x
    for name, x in arrays.items()
  }
  written.d4rl(path, wide)
  found, _ = written.loaded(path, written.BOX)
  np.testing.assert_array_equal(found['observation'], arrays['observations'])
  np.testing.assert_array_equal(found['terminal'], arrays['terminations'])


@pytest.mark.parametrize('chunk', [1, 5, 9, 100])
def test_next_observations_tell_where_episodes_were_cut(
  path, arrays, monkeypatch, chunk
):
  monkeypatch.setattr(checking, '_CHUNK', chunk)
  following = np.roll(arrays['observations'], -1, axis=0)
  following[9] += 1.0
  told = arrays | {'next_observations': following}
  del told['truncations']
  written.d4rl(path, told)
  assert written.loaded(path, written.BOX)[1][:4] == (12, 3, 1, 2)


def test_flags_may_lack_a_cut_that_next_observations_show(path, arrays):
  following = np.roll(arrays['observations'], -1, axis=0)
  following[9] += 1.0
  written.d4rl(path, arrays | {'next_observations': following})
  columns = external_replay.choose(path).read_columns()
  assert len(data_summary.whole_returns(columns)) == 2
  # Steps are missing: neither the episode before nor the one after is whole.
  arrays['truncations'][:] = False
  written.d4rl(path, arrays | {'next_observations': following})
  columns = external_replay.choose(path).read_columns()
  assert data_summary.whole_returns(columns) == pytest.approx(
    arrays['rewards'][:5].sum()
  )
  assert written.loaded(path, written.BOX)[1][:4] == (12, 3, 1, 2)
  # What is not of one type is not compared, unless nothing else tells.
  told = arrays | {'next_observations': following.astype('f8')}
  written.d4rl(path, told)
  assert written.loaded(path, written.BOX)[1][:4] == (12, 2, 1, 1)
  del told['truncations']
  written.d4rl(path, told)
  with pytest.raises(DamagedFileError, match='is float64, not float32'):
    external_replay.choose(path).inspect()
  # Other numbers are no cuts.
  written.d4rl(path, arrays | {'next_observations': following + 1e-3})
  with pytest.raises(DataError, match='not the observations of the next'):
    external_replay.choose(path).inspect()


@pytest.mark.parametrize('length', [1, 2, 4])
def test_what_follows_an_end_is_no_cut(path, length):
  arrays = written.steps(40, ends=range(length - 1, 40, length), cuts=())
  following = np.roll(arrays['observations'], -1, axis=0)
  following[arrays['terminations']] += 1.0
  written.d4rl(path, arrays | {'next_observations': following})
  columns = external_replay.choose(path).read_columns()
  assert len(data_summary.whole_returns(columns)) == 40 // length


def test_flags_that_were_never_set(path, arrays):
  """HDF5 keeps no numbers of them."""
  told = {n: x for n, x in arrays.items() if n != 'truncations'}
  written.d4rl(path, told)
  with h5py.File(path, 'a') as file:
    file.create_dataset('timeouts', (12,), bool, chunks=(5,))
    file['timeouts'][9] = True
  assert written.loaded(path, written.BOX)[1][:4] == (12, 3, 1, 2)
  with h5py.File(path, 'a') as file:
    del file['timeouts']
  for shape, dtype in (((10**9,), bool), ((12, 10**9), bool), (12, 'V999999')):
    with h5py.File(path, 'a') as file:
      file.pop('timeouts', None)
      file.create_dataset('timeouts', shape, dtype)
    with pytest.raises(DataError, match='timeouts of .* must be a 0 or 1 a st'):
      external_replay.choose(path).inspect()


@pytest.mark.parametrize('chunks', [(5, 3), (1, 3), None])
def test_what_was_never_written_is_no_step(path, arrays, chunks):
  del arrays['observations']
  written.d4rl(path, arrays)
  with h5py.File(path, 'a') as file:
    file.create_dataset('observations', (12, 3), 'f4', chunks=chunks)
    if chunks == (5, 3):  # The writer died.
      file['observations'][:4] = 1.0
  with pytest.raises(DamagedFileError, match='was not written to its end'):
    external_replay.choose(path).inspect()


def test_next_observations_of_another_shape(path, arrays):
  arrays['next_observations'] = arrays['observations'][:, :1]
  del arrays['truncations']
  written.d4rl(path, arrays)
  told = r'next_observations is \(12, 1\), not \(12, 3\)'
  with pytest.raises(DamagedFileError, match=told):
    external_replay.choose(path).inspect()


def test_unknown_ends_are_refused(path, arrays):
  del arrays['truncations']
  written.d4rl(path, arrays)
  with pytest.raises(DataError, match='no timeouts and no next_observations'):
    external_replay.choose(path).inspect()


def test_only_the_newest_steps(path, arrays):
  written.d4rl(path, arrays)
  store = written.store(written.BOX)
  report = external_replay.choose(path).load(store, newest=4)
  assert report.steps == 4 and report.left_out == {'older steps': 8}
  np.testing.assert_array_equal(
    store.columns['observation'][:4], arrays['observations'][8:]
  )
  assert store.columns['episode_step'][:4].tolist() == [3, 4, 0, 1]


def test_observations_of_several_parts(path, arrays):
  del arrays['observations']
  written.d4rl(path, arrays)
  with h5py.File(path, 'a') as file:
    file['observations/position'] = np.zeros((12, 3))
  with pytest.raises(DataError, match='several arrays: flatten'):
    external_replay.choose(path).inspect()


def test_no_other_file_is_read(path, tmp_path, arrays):
  written.d4rl(tmp_path / 'other.h5', arrays)
  del arrays['rewards']
  written.d4rl(path, arrays)
  with h5py.File(path, 'a') as file:
    file['rewards'] = h5py.ExternalLink('other.h5', '/rewards')
  with pytest.raises(DataError, match='rewards of .* is no array'):
    external_replay.choose(path).inspect()


def test_a_file_that_is_none(path):
  path.write_bytes(b'no HDF5')
  with pytest.raises(DamagedFileError, match='cannot be read'):
    external_replay.choose(path).inspect()
