"""Teachers that TensorFlow agents left, against their own Q-values."""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pytest
import tensorflow as tf

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
  UserError,
)
from reincarnating_rl.teachers import (
  checkpoint_files,
  checkpoints,
  factory,
  tf_checkpoints,
)
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from tests.importers.formats import bundles

_ROOT = pathlib.Path(__file__).parents[2]
_KINDS = {'dqn', 'rainbow', 'implicit_quantile'}


def _assert_values(folder, kind):
  with np.load(folder / 'expected.npz') as expected:
    states, q_values = expected['states'], expected['q_values']
  teacher = factory.create_teacher(
    kind,
    folder,
    actions=Discrete(q_values.shape[1]),
    observation_shape=states.shape[1:3],
    stack_size=states.shape[3],
    checkpoint_file_prefix='tf_ckpt',
    temperature=1.0,
  )
  assert teacher.lineage['checkpoint_number'] == 199
  assert np.min(np.ptp(q_values, axis=1)) > 1e-3
  np.testing.assert_allclose(
    teacher.policy_logits(states), q_values, rtol=1e-5, atol=1e-5
  )


@pytest.mark.parametrize(
  ('legacy_keras', 'eras'),
  [
    ('1', ['slim', 'keras_2']),
    pytest.param('0', ['keras_3'], marks=pytest.mark.soak),
  ],
)
def test_q_values_are_those_of_tensorflow(legacy_keras, eras):
  """Those of Dopamine's own agents where they can be made, and of slim."""
  with tempfile.TemporaryDirectory() as name:
    done = subprocess.run(
      [sys.executable, '-m', 'tests.teachers.tf_agents', name],
      cwd=_ROOT,
      env=os.environ | {'TF_USE_LEGACY_KERAS': legacy_keras},
      capture_output=True,
      text=True,
      check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    root = pathlib.Path(name)
    assert sorted(os.listdir(root)) == sorted(eras)
    for era in eras:
      # Keras 3 cannot make Dopamine's IQN.
      kinds = _KINDS - ({'implicit_quantile'} if era == 'keras_3' else set())
      assert set(os.listdir(root / era)) == kinds
      for kind in kinds:
        _assert_values(root / era / kind, kind)


_SHAPES = [(8, 8, 4, 2), (4, 4, 2, 3), (3, 3, 3, 2), (8, 6), (6, 5), (5, 4)]
_SLIM = [
  *('Conv/weights', 'Conv_1/weights', 'Conv_2/weights'),
  *(f'fully_connected{n}/weights' for n in ('', '_1', '_2')),
]
_KERAS_2 = [
  *('Conv/kernel', 'Conv_1/kernel', 'Conv_2/kernel'),
  *('dense_4/kernel', 'fully_connected/kernel', 'fully_connected_1/kernel'),
]
_KERAS_3 = ['kernel', *(f'kernel_{n}' for n in range(1, 6))]


def _save(folder, names, number=3):
  """Writes layers of `_SHAPES`, the k-th of them full of k, and others."""
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    for i, (name, shape) in enumerate(zip(names, _SHAPES, strict=False)):
      bias = name.replace('weights', 'biases').replace('kernel', 'bias')
      variables = {
        f'Online/{name}': np.full(shape, i, np.float32),
        f'Online/{bias}': np.full(shape[-1:], i + 0.5, np.float32),
        f'Online/{name}/RMSProp': np.zeros(shape, np.float32),
        f'Target/{name}': np.zeros(shape, np.float32),
      }
      for path, value in variables.items():
        tf.compat.v1.get_variable(path, initializer=value)
    tf.compat.v1.get_variable('global_step', initializer=np.int64(7))
    session.run(tf.compat.v1.global_variables_initializer())
    saver = tf.compat.v1.train.Saver()
    saver.save(session, str(folder / 'tf_ckpt'), global_step=number)
  return folder / f'tf_ckpt-{number}.index'


@pytest.mark.parametrize('names', [_SLIM, _KERAS_2, _KERAS_3])
def test_names_of_every_era(tmp_path, names):
  params, _ = tf_checkpoints.read_params(_save(tmp_path, names))
  expected = {
    f'{kind}_{i % 3}': {
      'kernel': np.full(_SHAPES[i], i, np.float32),
      'bias': np.full(_SHAPES[i][-1:], i + 0.5, np.float32),
    }
    for i, kind in enumerate(['Conv'] * 3 + ['Dense'] * 3)
  }
  assert params.keys() == {'params'}
  assert params['params'].keys() == expected.keys()
  for layer, leaves in expected.items():
    assert params['params'][layer].keys() == leaves.keys()
    for leaf, array in leaves.items():
      found = params['params'][layer][leaf]
      np.testing.assert_array_equal(found, array, strict=True)


def test_layers_are_counted_as_numbers(tmp_path):
  """The tenth does not come before the second."""
  names = ['kernel_2', 'kernel_10', 'kernel_9']
  params, _ = tf_checkpoints.read_params(_save(tmp_path, names))
  found = [params['params'][f'Conv_{i}']['kernel'].max() for i in range(3)]
  assert found == [0.0, 2.0, 1.0]


def test_the_newest_needs_no_sentinel(tmp_path):
  for number in (9, 10):
    index = _save(tmp_path / 'checkpoints', _SLIM, number)
  for given in (tmp_path, tmp_path / 'checkpoints'):
    found = checkpoints.load_checkpoint(given, prefix='tf_ckpt')
    assert (found.number, found.path) == (10, str(index))
    assert found.metadata == {'format': 'tensorflow'}
  data = index.with_suffix('.data-00000-of-00001').read_bytes()
  assert found.sha256 == hashlib.sha256(data).hexdigest()
  assert checkpoint_files.available(tmp_path, 'tf_ckpt') == [9, 10]
  found = checkpoints.load_checkpoint(tmp_path, 9, 'tf_ckpt')
  assert found.path.endswith('tf_ckpt-9.index')


@pytest.mark.parametrize('pickle', [True, False])
def test_the_prefix_is_advised(tmp_path, pickle):
  """Beside its variables, a TensorFlow agent leaves a pickle of the rest."""
  _save(tmp_path, _SLIM)
  if pickle:
    (tmp_path / 'ckpt.3').write_bytes(b'}.')
    (tmp_path / 'sentinel_checkpoint_complete.3').touch()
  with pytest.raises(UserError, match='_file_prefix tf_ckpt for those'):
    checkpoints.load_checkpoint(tmp_path)
  (tmp_path / 'ckpt.3').write_bytes(b'}.')
  (tmp_path / 'tf_ckpt-3.index').unlink()
  with pytest.raises(UserError, match='_file_prefix ckpt for those'):
    checkpoints.load_checkpoint(tmp_path, prefix='tf_ckpt')


def test_what_is_not_of_an_agent(tmp_path):
  index = bundles.write(tmp_path, (b'global_step', bundles.entry()))
  with pytest.raises(DamagedFileError, match='no variable such as Onli'):
    tf_checkpoints.read_params(index)
  for name in (b'Online/Conv/biases', b'Online/Conv/weights/RMSProp'):
    bundles.write(tmp_path, (name, bundles.entry()))
    with pytest.raises(DamagedFileError, match=f'{index} has '):
      tf_checkpoints.read_params(index)
  vector = bundles.entry(dims=(6,))
  bundles.write(tmp_path, (b'Online/Conv/weights', vector))
  with pytest.raises(DamagedFileError, match='neither a convolution nor'):
    tf_checkpoints.read_params(index)


def test_damage_is_told_with_the_path(tmp_path):
  index = _save(tmp_path, _SLIM)
  data = index.with_suffix('.data-00000-of-00001')
  os.truncate(data, data.stat().st_size // 2)
  with pytest.raises(DamagedFileError, match=f'{index} is damaged'):
    checkpoints.load_checkpoint(tmp_path, prefix='tf_ckpt')
  data.unlink()
  with pytest.raises(MissingFileError, match=f'{data} is missing'):
    checkpoints.load_checkpoint(tmp_path, prefix='tf_ckpt')
  index.unlink()
  index.mkdir()
  with pytest.raises(MissingFileError, match=f'{index} cannot be read'):
    checkpoints.load_checkpoint(tmp_path, prefix='tf_ckpt')


def test_another_network(tmp_path):
  index = _save(tmp_path, _SLIM)
  with pytest.raises(MismatchedTeacherError, match=f'{index}: the parameter'):
    factory.create_teacher(
      'implicit_quantile',
      tmp_path,
      actions=Discrete(4),
      observation_shape=(16, 16),
      stack_size=4,
      checkpoint_file_prefix='tf_ckpt',
    )
