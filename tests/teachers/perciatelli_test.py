"""Perciatelli44, against its graph as TensorFlow runs it."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.support.errors import DamagedFileError, MissingFileError
from reincarnating_rl.teachers import factory, perciatelli, training_state
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  TeacherError,
)

_BALLOON = {
  'actions': Discrete(3),
  'observation_shape': (1099,),
  'stack_size': 1,
}


@pytest.fixture(scope='module')
def teacher():
  return factory.create_teacher(
    'perciatelli44', None, temperature=0.5, **_BALLOON
  )


@pytest.fixture(scope='module')
def their_q_values():
  """Returns a function: TensorFlow runs the graph."""
  graph = tf.Graph()
  with graph.as_default():
    told = tf.compat.v1.GraphDef.FromString(perciatelli.find().read_bytes())
    tf.compat.v1.import_graph_def(told, name='')
  with tf.compat.v1.Session(graph=graph) as session:
    yield lambda x: session.run('q_values:0', {'observation:0': x})


@pytest.mark.parametrize('scale', [0.0, 1e-30, 0.1, 1.0, 1e4])
def test_q_values_are_those_of_tensorflow(teacher, their_q_values, scale):
  """Of random states, of unit ones, and of such as no balloon has."""
  rng = np.random.default_rng(0)
  states = scale * np.concatenate(
    [
      rng.random((8, 1099)),
      rng.standard_normal((8, 1099)),
      np.eye(1099)[::400],
      [np.ones(1099), -np.ones(1099)],
    ]
  ).astype(np.float32)
  states = states.astype(np.float32)
  expected = their_q_values(states)
  found = 0.5 * np.asarray(teacher.policy_logits(states[..., None]))
  assert found.dtype == np.float32
  np.testing.assert_allclose(
    found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max()
  )


def test_it_prefers_an_action(teacher, their_q_values):
  """Equal Q-values would equal any."""
  states = np.random.default_rng(1).random((32, 1099), np.float32)
  q_values = their_q_values(states)
  assert np.ptp(q_values, axis=1).min() > 0.01
  best = teacher.policy_logits(states[..., None]).argmax(axis=1)
  np.testing.assert_array_equal(best, q_values.argmax(axis=1))


def test_lineage_says_what_it_is(teacher):
  told = teacher.lineage
  assert (told['agent'], told['network']) == ('quantile', 'MLPQuantileNetwork')
  assert told['network_fields'] == {
    'num_atoms': 51,
    'num_layers': 7,
    'hidden_units': 600,
  }
  assert told['checkpoint'].endswith('perciatelli44.pb')
  assert told['checkpoint_sha256'] == (
    'f4185886e583324092d5424a2b9a4fa0956e1027e1ad2a05d35e15be59714fc8'
  )
  assert told['trained_on'] == 'Balloon'
  assert told['temperature'] == 0.5
  assert told['parent'] is None and 'actions' not in told


def test_students_can_begin_with_its_parameters():
  state = training_state.of_params(perciatelli.load())
  assert len(state.arrays) == 16
  kernel = state.arrays['online_params/params/layers_0/kernel']
  assert (kernel.shape, kernel.dtype) == ((1099, 600), np.float32)
  assert state.path.endswith('perciatelli44.pb')


@pytest.mark.parametrize(
  'other',
  [{'actions': Discrete(6)}, {'observation_shape': (4,)}, {'stack_size': 4}],
)
def test_other_games_are_refused(other):
  with pytest.raises(MismatchedTeacherError, match="kind = 'balloon'"):
    factory.create_teacher('perciatelli44', None, **(_BALLOON | other))


@pytest.mark.parametrize(
  'given',
  [{'checkpoint_number': 1}, {'vmax': 10.0}, {'action_meanings': 'full'}],
)
def test_it_comes_as_it_is(given, tmp_path):
  with pytest.raises(TeacherError, match='leave out its path'):
    factory.create_teacher('perciatelli44', None, **_BALLOON, **given)
  with pytest.raises(TeacherError, match='leave out its path'):
    factory.create_teacher('perciatelli44', tmp_path, **_BALLOON)


def test_without_the_package_the_way_to_it_is_told(monkeypatch):
  monkeypatch.setattr(perciatelli, '_PACKAGE', 'no_such_package')
  with pytest.raises(MissingFileError, match=r'pip install .*\[balloon\]'):
    factory.create_teacher('perciatelli44', None, **_BALLOON)


def test_the_package_is_not_imported():
  done = subprocess.run(
    [
      sys.executable,
      '-c',
      'import sys\n'
      'from reincarnating_rl.teachers import perciatelli\n'
      'perciatelli.load()\n'
      "print({'balloon_learning_environment', 'tensorflow'} & {*sys.modules})",
    ],
    capture_output=True,
    text=True,
    check=True,
  )
  assert done.stdout == 'set()\n'


def _small():
  """Two hidden layers of three units, two actions, five quantiles."""
  graph = tf.Graph()
  rng = np.random.default_rng(0)
  with graph.as_default():
    x = tf.compat.v1.placeholder(tf.float32, [None, 4], name='observation')
    for i, units in enumerate((3, 3, 10)):
      inputs = x.shape[1]
      kernel = tf.constant(
        rng.standard_normal((inputs, units)), tf.float32, name=f'kernel_{i}'
      )
      bias = tf.constant(
        rng.standard_normal(units), tf.float32, name=f'bias_{i}'
      )
      x = tf.raw_ops.MatMul(a=x, b=tf.identity(kernel), name=f'product_{i}')
      x = tf.raw_ops.BiasAdd(value=x, bias=bias, name=f'sum_{i}')
      x = tf.nn.relu(x, name=f'relu_{i}') if i < 2 else x
    x = tf.reduce_mean(tf.reshape(x, [-1, 2, 5], name='shape'), 2, name='mean')
    tf.identity(x, name='q_values')
  return graph.as_graph_def()


def _read(told, tmp_path):
  path = tmp_path / 'small.pb'
  path.write_bytes(told.SerializeToString())
  return perciatelli.read(path)


def test_the_network_is_read_off_the_graph(tmp_path):
  found = _read(_small(), tmp_path)
  assert found.description.fields == {
    'num_atoms': 5,
    'num_layers': 2,
    'hidden_units': 3,
  }
  shapes = {n: x['kernel'].shape for n, x in found.params['params'].items()}
  assert shapes == {
    'layers_0': (4, 3),
    'layers_1': (3, 3),
    'Dense_0': (3, 10),
  }


def _edit(name, change):
  told = _small()
  (node,) = (node for node in told.node if node.name == name)
  change(node)
  return told


def _set(name, attribute, **value):
  def change(node):
    for kind, content in value.items():
      setattr(node.attr[attribute], kind, content)

  return _edit(name, change)


def _integers(name, *numbers):
  def change(node):
    array = np.array(numbers, np.int32)
    shaped = array[0] if len(numbers) == 1 else array
    node.attr['value'].tensor.CopyFrom(tf.make_tensor_proto(shaped))

  return _edit(name, change)


def _floats(name, *numbers):
  array = np.array(numbers, np.float32)
  return _edit(
    name,
    lambda n: n.attr['value'].tensor.CopyFrom(tf.make_tensor_proto(array)),
  )


def _inputs(name, *inputs):
  return _edit(name, lambda node: node.input.__setitem__(slice(None), inputs))


_UNEXPECTED = {
  'no outputs': (
    _edit('q_values', lambda n: setattr(n, 'name', 'other')),
    "no 'q_values'",
  ),
  'another activation': (
    _edit('relu_1', lambda n: setattr(n, 'op', 'Elu')),
    'relu_1 is Elu',
  ),
  'an operation of two lines': (
    _edit('relu_1', lambda n: setattr(n, 'op', 'Elu\n\x1b')),
    r'relu_1 is Elu\\n\\x1b',
  ),
  'transposed': (
    _set('product_1', 'transpose_b', b=True),
    'another transpose_b',
  ),
  'another layout': (_set('sum_0', 'data_format', s=b'NCHW'), 'data_format'),
  'means over actions': (
    _integers('mean/reduction_indices', 1),
    'not those of qu',
  ),
  'a shape of another number of quantiles': (
    _integers('shape/shape', -1, 2, 4),
    'not those of qu',
  ),
  'a shape that is no number': (
    _floats('shape/shape', -1.0, 2.0, np.nan),
    'not those of qu',
  ),
  'kept dimension': (_set('mean', 'keep_dims', b=True), 'another keep_dims'),
  'another input': (
    _edit('observation', lambda n: setattr(n, 'op', 'Const')),
    'is Const',
  ),
  'a loop': (_inputs('product_0', 'relu_1', 'Identity'), 'there is no'),
  'a computed kernel': (
    _inputs('product_1', 'relu_0', 'observation'),
    'no constant',
  ),
  'waits': (_inputs('relu_0', 'sum_0', '^kernel_0'), 'of 2 inputs'),
}


@pytest.mark.parametrize('name', _UNEXPECTED)
def test_an_unexpected_graph_is_an_error(name, tmp_path):
  told, why = _UNEXPECTED[name]
  with pytest.raises(DamagedFileError, match=rf'small.pb is a graph, .*{why}'):
    _read(told, tmp_path)


def test_what_is_no_graph_is_an_error(tmp_path):
  path = tmp_path / 'small.pb'
  path.write_bytes(_small().SerializeToString()[:-40])
  with pytest.raises(DamagedFileError, match='small.pb is damaged or is no'):
    perciatelli.read(path)
  with pytest.raises(MissingFileError, match='cannot be read'):
    perciatelli.read(tmp_path / 'other.pb')
