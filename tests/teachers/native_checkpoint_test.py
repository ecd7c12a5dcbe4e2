"""The format of this project's own checkpoints."""

import hashlib
import json

import jax
import numpy as np
import pytest
from safetensors import numpy as safetensors_numpy

from reincarnating_rl.support.errors import DamagedFileError, MissingFileError
from reincarnating_rl.teachers import native_checkpoint

_PARAMS = {
  'params': {
    'Conv_0': {'kernel': np.arange(6, dtype=np.float32).reshape(2, 3)},
    'Dense_0': {'bias': np.array([0.5], np.float32)},
  }
}


@pytest.fixture
def folder(tmp_path):
  native_checkpoint.write(tmp_path, 3, _PARAMS, {'teacher': {'game': 'Pong'}})
  return tmp_path


def _edit(folder, **changes):
  path = folder / 'ckpt.3.json'
  manifest = json.loads(path.read_text()) | changes
  path.write_text(json.dumps(manifest))
  return path


def _replace_tensors(folder, data):
  (folder / 'ckpt.3.safetensors').write_bytes(data)
  entry = {'bytes': len(data), 'sha256': hashlib.sha256(data).hexdigest()}
  return _edit(folder, files={'ckpt.3.safetensors': entry})


def test_round_trip(folder):
  assert sorted(path.name for path in folder.iterdir()) == [
    'ckpt.3.json',
    'ckpt.3.safetensors',
  ]
  params, manifest, checksum = native_checkpoint.read(folder / 'ckpt.3.json')
  jax.tree.map(np.testing.assert_array_equal, params, _PARAMS)
  data = (folder / 'ckpt.3.safetensors').read_bytes()
  assert checksum == hashlib.sha256(data).hexdigest()
  assert manifest['teacher'] == {'game': 'Pong'}
  assert manifest['number'] == 3


def test_transposed_arrays_keep_their_values(tmp_path):
  """safetensors writes memory as it lies."""
  kernel = np.arange(6, dtype=np.float32).reshape(2, 3).T
  native_checkpoint.write(tmp_path, 0, {'params': {'kernel': kernel}}, {})
  params, _, _ = native_checkpoint.read(tmp_path / 'ckpt.0.json')
  np.testing.assert_array_equal(params['params']['kernel'], kernel)


def test_other_groups_are_left_unread(folder):
  tensors = {
    'online_params/params/a': np.ones(2),
    'optimizer_state/params/a': np.zeros(2),
    'target_params/params/b': np.zeros(2),
  }
  path = _replace_tensors(folder, safetensors_numpy.save(tensors))
  params, _, _ = native_checkpoint.read(path)
  assert list(params['params']) == ['a']


def test_metadata_may_not_replace_the_manifest(tmp_path):
  with pytest.raises(ValueError, match='files'):
    native_checkpoint.write(tmp_path, 0, _PARAMS, {'files': {}})
  assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
  ('content', 'message'),
  [
    (b'\xff\xfe', 'not JSON'),
    (b'{"format": ', 'not JSON'),
    (b'[' * 100_000, 'not JSON'),
    (b'[]', 'not a JSON object'),
    (b'{}', 'not a manifest'),
    (b'{"format": "reincarnating_rl", "version": 2}', 'version 2'),
    (
      b'{"format": "reincarnating_rl", "version": "\\n"}',
      r"has the version '\\n', and this",
    ),
    (b'{"format": "reincarnating_rl", "version": 1}', 'outside its own'),
  ],
)
def test_foreign_manifests(folder, content, message):
  path = folder / 'ckpt.3.json'
  path.write_bytes(content)
  with pytest.raises(DamagedFileError, match=message):
    native_checkpoint.read(path)


@pytest.mark.parametrize(
  'name',
  ['../x', 'a/x', '/etc/passwd', 'a/../../x', '..\\x', 'C:x', '', 'a\0b'],
)
def test_files_outside_the_folder_are_refused(folder, name):
  path = _edit(folder, files={'ckpt.3.safetensors': {}, name: {}})
  with pytest.raises(DamagedFileError, match='outside its own folder'):
    native_checkpoint.read(path)


def test_a_manifest_without_its_tensors(folder):
  path = _edit(folder, files={})
  with pytest.raises(DamagedFileError, match='names 0 files, not one'):
    native_checkpoint.read(path)


def test_missing_truncated_and_altered_tensors(folder):
  path, tensors = folder / 'ckpt.3.json', folder / 'ckpt.3.safetensors'
  data = tensors.read_bytes()
  tensors.write_bytes(data[:-1])
  with pytest.raises(DamagedFileError, match='not as long'):
    native_checkpoint.read(path)
  tensors.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
  with pytest.raises(DamagedFileError, match='checksum'):
    native_checkpoint.read(path)
  tensors.unlink()
  with pytest.raises(MissingFileError, match='ckpt.3.safetensors is mis'):
    native_checkpoint.read(path)


def _clash():
  return safetensors_numpy.save(
    {'online_params/a': np.ones(1), 'online_params/a/b': np.ones(1)}
  )


def _bfloat16():
  header = (
    b'{"online_params/a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'
  )
  return len(header).to_bytes(8, 'little') + header + b'\0\0'


@pytest.mark.parametrize(
  ('data', 'message'),
  [
    (b'', 'not a file of tensors'),
    (b'\xff' * 64, 'not a file of tensors'),
    (_clash(), 'not a file of tensors'),
    (safetensors_numpy.save({'other/a': np.ones(1)}), 'no online_params'),
  ],
)
def test_foreign_tensors_with_a_right_checksum(folder, data, message):
  path = _replace_tensors(folder, data)
  with pytest.raises(DamagedFileError, match=message):
    native_checkpoint.read(path)


def test_bfloat16_is_read_or_refused(folder):
  path = _replace_tensors(folder, _bfloat16())
  try:
    params, _, _ = native_checkpoint.read(path)
  except DamagedFileError:
    return
  assert params['a'].shape == (1,)
