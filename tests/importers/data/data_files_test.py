"""Which files of a folder are data, and which one a path means."""

import os

import numpy as np
import pytest

from reincarnating_rl.importers import external_replay
from reincarnating_rl.importers.data import fitting
from reincarnating_rl.importers.data.steps import DataError
from reincarnating_rl.replay.settings import ReplaySettingError
from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
  UserError,
)
from tests.importers.data import written


def test_a_folder_with_one_file(tmp_path):
  np.savez(tmp_path / 'data.npz', **written.steps())
  np.savez(tmp_path / 'evaluations.npz', results=np.zeros(3))
  (tmp_path / 'vecnormalize.pkl').write_bytes(b'')
  (tmp_path / 'notes.h5').write_bytes(b'')
  (replay,) = external_replay.find(tmp_path)
  assert replay.kind == 'npz' and replay.is_data
  assert replay.describe() == (
    f'replay of plain arrays, .npz, {tmp_path}/data.npz'
  )


def test_several_files_are_not_chosen_from(tmp_path):
  np.savez(tmp_path / 'a.npz', **written.steps())
  written.d4rl(tmp_path / 'b.hdf5', written.steps())
  with pytest.raises(UserError, match='several files of data, b.hdf5, a.npz'):
    external_replay.choose(tmp_path)
  assert external_replay.choose(tmp_path / 'b.hdf5').kind == 'd4rl'


@pytest.mark.parametrize('write', [np.savez, written.d4rl])
def test_half_a_file_is_not_passed_over(tmp_path, write):
  path = tmp_path / ('x.hdf5' if write is written.d4rl else 'x.npz')
  arrays = written.steps()
  write(path, arrays) if write is written.d4rl else write(path, **arrays)
  path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
  found = external_replay.beside(tmp_path)
  with pytest.raises(DamagedFileError, match=f'{path.name} cannot be read'):
    found.inspect()
  np.savez(tmp_path / 'old.npz', **arrays)
  with pytest.raises(UserError, match='has several files of data'):
    external_replay.choose(tmp_path)


def test_a_file_that_is_named_says_what_it_lacks(tmp_path):
  np.savez(tmp_path / 'evaluations.npz', results=np.zeros(3))
  with pytest.raises(DataError, match='has no observations'):
    external_replay.choose(tmp_path / 'evaluations.npz').inspect()
  (tmp_path / 'model.pkl').write_bytes(b'')
  with pytest.raises(DamagedFileError, match='not a pickle'):
    external_replay.choose(tmp_path / 'model.pkl').inspect()


@pytest.mark.parametrize('name', ['x.zip', 'x.txt', 'none'])
def test_other_paths(tmp_path, name):
  if name != 'none':
    (tmp_path / name).touch()
  with pytest.raises(MissingFileError, match=name):
    external_replay.choose(tmp_path / name)


def test_what_is_neither_a_file_nor_a_folder(tmp_path):
  pipe = tmp_path / 'pipe'
  os.mkfifo(pipe)
  with pytest.raises(MissingFileError, match='no replay in'):
    external_replay.choose(pipe)


def test_room_and_number_of_steps(tmp_path):
  np.savez(tmp_path / 'data.npz', **written.steps())
  replay = external_replay.choose(tmp_path)
  small = written.store(capacity=10)
  with pytest.raises(ReplaySettingError, match='has 12 steps to load'):
    replay.load(small)
  assert replay.load(small, newest=10).steps == 10
  with pytest.raises(ReplaySettingError, match='at least 1 step'):
    replay.load(small, newest=0)
  assert not len(small)


@pytest.mark.parametrize(
  ('stored', 'wanted', 'fits'),
  [
    ('f8', 'f4', True),
    ('f2', 'f4', True),
    ('i8', 'f4', True),
    ('?', 'f4', True),
    ('u1', 'f4', False),
    ('u2', 'f4', True),
    ('u4', 'f4', True),
    ('f4', 'u1', False),
    ('?', 'u1', True),
    ('i8', 'u1', True),
  ],
)
def test_types_that_fit(tmp_path, stored, wanted, fits):
  arrays = written.steps()
  arrays['observations'] = np.ones((12, 3), stored)
  np.savez(tmp_path / 'data.npz', **arrays)
  if not fits:
    with pytest.raises(DataError, match='and the game has'):
      written.loaded(tmp_path, dtype=wanted)
    return
  found, _ = written.loaded(tmp_path, dtype=wanted)
  assert found['observation'].dtype == wanted
  assert (found['observation'] == 1).all()


def test_a_stack_whose_axis_nobody_knows(tmp_path):
  arrays = written.steps() | {'observations': np.ones((12, 4, 4), 'f4')}
  np.savez(tmp_path / 'data.npz', **arrays)
  with pytest.raises(DataError, match='either axis may be that of 4'):
    written.loaded(tmp_path, shape=(4,), stack_size=4)
  arrays['observations'] = np.ones((12, 4), 'f4')
  np.savez(tmp_path / 'data.npz', **arrays)
  assert written.loaded(tmp_path, shape=(), stack_size=4)[1].steps == 12


def test_numbers_that_bytes_cannot_hold(tmp_path):
  arrays = written.steps() | {'observations': np.full((12, 3), 256)}
  np.savez(tmp_path / 'data.npz', **arrays)
  with pytest.raises(DataError, match='from 256 to 256'):
    written.loaded(tmp_path, dtype='u1')


def test_rounding_is_no_other_game(tmp_path):
  box = written.BOX
  for beyond, fits in ((1e-5, True), (0.1, False)):
    arrays = written.steps(box=box)
    arrays['actions'][3] = [2.0 + beyond, 0.0]
    np.savez(tmp_path / 'data.npz', **arrays)
    if fits:
      found, _ = written.loaded(tmp_path, box)
      assert found['action'][3, 0] == 1.0
    else:
      with pytest.raises(DataError, match='at step 3, and the game has 2'):
        written.loaded(tmp_path, box)
  assert fitting._ROUNDING < 0.01
