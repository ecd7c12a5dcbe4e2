import os

import cramjam
import numpy as np
import pytest
import safetensors.numpy

from reincarnating_rl.replay import array_file
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import DamagedFileError

ARRAYS = {
  'frames': np.arange(30, dtype=np.uint8).reshape(5, 3, 2),
  'numbers': np.array([0.1, -0.0, 1e-320, np.inf, np.nan]),
}
LAYOUT = {name: (array.dtype, array.shape) for name, array in ARRAYS.items()}


def forged(directory, data):
  """Returns the entry of a file of any content, with the right checksum."""
  digest = files.sha256(data)
  name = f'elements-{digest[:16]}.safetensors.zst'
  (directory / name).write_bytes(data)
  return {'file': name, 'bytes': len(data), 'sha256': digest}


def test_arrays_come_back_bit_for_bit(tmp_path):
  entry = array_file.write(str(tmp_path), 'elements', ARRAYS)
  found = array_file.read(str(tmp_path), entry, LAYOUT)
  assert sorted(found) == sorted(ARRAYS)
  for name, array in ARRAYS.items():
    assert found[name].tobytes() == array.tobytes()


def test_arrays_without_rows(tmp_path):
  entry = array_file.write(str(tmp_path), 'elements', {'x': np.zeros(0)})
  layout = {'x': (np.dtype(np.float64), (0,))}
  assert array_file.read(str(tmp_path), entry, layout)['x'].shape == (0,)


def test_other_content_gets_another_name(tmp_path):
  directory = str(tmp_path)
  first = array_file.write(directory, 'elements', ARRAYS)
  assert array_file.write(directory, 'elements', ARRAYS) == first
  other = {**ARRAYS, 'numbers': np.zeros(5)}
  second = array_file.write(directory, 'elements', other)
  steps = array_file.write(directory, 'steps-0-5', ARRAYS)
  found = sorted(os.listdir(tmp_path))
  assert found == sorted({e['file'] for e in (first, second, steps)})
  assert len(found) == 3
  assert all(array_file.NAME.fullmatch(name) for name in found)


@pytest.mark.parametrize('side', [2**50, 2**61])
def test_a_layout_that_no_machine_can_hold(tmp_path, side):
  """As a stranger's manifest may tell it."""
  entry = array_file.write(str(tmp_path), 'elements', ARRAYS)
  layout = LAYOUT | {'frames': (np.dtype(np.uint8), (side, 4))}
  with pytest.raises(DamagedFileError, match=r'would take \d{16,} bytes: rest'):
    array_file.read(str(tmp_path), entry, layout)


@pytest.mark.parametrize('damage', ['missing', 'truncated', 'flipped', 'other'])
def test_damage_names_the_file(tmp_path, damage):
  entry = array_file.write(str(tmp_path), 'steps-0-5', ARRAYS)
  path = tmp_path / entry['file']
  data = bytearray(path.read_bytes())
  path.unlink()
  if damage == 'flipped':
    data[len(data) // 2] ^= 1
  if damage == 'other':  # In itself a right file, of the same size.
    entry['sha256'] = '0' * 64
  if damage != 'missing':
    path.write_bytes(data[:-1] if damage == 'truncated' else data)
  with pytest.raises(DamagedFileError, match=entry['file']) as caught:
    array_file.read(str(tmp_path), entry, LAYOUT)
  assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
  'data',
  [
    b'',
    b'not zstd',
    bytes(cramjam.zstd.compress(b'not safetensors')),
    bytes(cramjam.zstd.compress(bytes(10_000_000))),
    bytes(cramjam.zstd.compress(safetensors.numpy.save({}) + b'more')),
    bytes(
      cramjam.zstd.compress(
        safetensors.numpy.save({**ARRAYS, 'more': np.zeros(1_000_000)})
      )
    ),
  ],
  ids=['empty', 'no zstd', 'no safetensors', 'bomb', 'trailing', 'large'],
)
def test_foreign_content_is_damage(tmp_path, data):
  with pytest.raises(DamagedFileError, match='cannot be decoded'):
    array_file.read(str(tmp_path), forged(tmp_path, data), LAYOUT)


def test_a_file_larger_than_expected_is_not_read(tmp_path, monkeypatch):
  noise = np.random.default_rng(0).random(100_000).tobytes()
  entry = forged(tmp_path, noise)
  monkeypatch.setattr(files, 'sha256', None)
  with pytest.raises(DamagedFileError, match='has 800000 bytes'):
    array_file.read(str(tmp_path), entry, LAYOUT)


@pytest.mark.parametrize(
  'arrays',
  [
    {},
    {'frames': ARRAYS['frames']},
    {**ARRAYS, 'more': np.zeros(1)},
    {**ARRAYS, 'numbers': np.zeros(5, np.float32)},
    {**ARRAYS, 'numbers': np.zeros(4)},
    {**ARRAYS, 'numbers': np.zeros((5, 1))},
  ],
  ids=['none', 'fewer', 'more', 'dtype', 'length', 'rank'],
)
def test_other_arrays_are_damage(tmp_path, arrays):
  entry = array_file.write(str(tmp_path), 'elements', arrays)
  with pytest.raises(DamagedFileError, match=r'holds .*, not frames \(5, 3'):
    array_file.read(str(tmp_path), entry, LAYOUT)


@pytest.mark.parametrize(
  'name',
  [
    *('../elements-0123456789abcdef.safetensors.zst', '/etc/passwd', '..'),
    *('elements-0123456789abcdef.safetensors.zst.tmp', 'notes.txt', ''),
    *('elements-0123456789abcdef.safetensors.zst\n', 'elements-\0'),
  ],
)
def test_an_entry_names_only_files_of_a_replay(tmp_path, name):
  entry = {'file': name, 'bytes': 0, 'sha256': ''}
  with pytest.raises(DamagedFileError, match='is not a valid file name'):
    array_file.read(str(tmp_path), entry, LAYOUT)


@pytest.mark.parametrize('entry', [None, [], {}, {'file': 7}, {'file': None}])
def test_invalid_entries(tmp_path, entry):
  with pytest.raises((KeyError, TypeError)):
    array_file.read(str(tmp_path), entry, LAYOUT)
