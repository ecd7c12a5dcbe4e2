"""Graphs, with TensorFlow as writer and oracle."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reincarnating_rl.importers.formats import tensorflow_graph
from reincarnating_rl.support.errors import DamagedFileError
from tests.fuzzing import fuzz
from tests.importers.formats import mutations

_arrays = hnp.arrays(
  st.sampled_from([np.float32, np.int32]),
  hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


def _constants(*arrays):
  graph = tf.Graph()
  with graph.as_default():
    for i, array in enumerate(arrays):
      tf.constant(array, name=f'c{i}')
  return graph.as_graph_def().SerializeToString()


def _read(data):
  return tensorflow_graph.read_nodes(data, 'model.pb')


@fuzz(st.lists(_arrays, min_size=1, max_size=4))
def test_constants_match_tensorflow(arrays):
  nodes = _read(_constants(*arrays))
  assert list(nodes) == [f'c{i}' for i in range(len(arrays))]
  for node, array in zip(nodes.values(), arrays, strict=True):
    found = node.attributes['value']
    assert (node.op, node.inputs, found.dtype) == ('Const', (), array.dtype)
    np.testing.assert_array_equal(found, array)


def _graph():
  graph = tf.Graph()
  with graph.as_default():
    x = tf.compat.v1.placeholder(tf.float32, [None, 2], name='x')
    w = tf.constant([[1.0, 2.0], [3.0, 4.0]], name='w')
    y = tf.raw_ops.MatMul(a=x, b=w, transpose_b=True, name='y')
    bias = tf.constant([-1.0, 0.0], name='bias')
    with tf.control_dependencies([tf.identity(x, name='seen')]):
      tf.raw_ops.BiasAdd(value=y, bias=bias, name='z')
    tf.split(y, 2, axis=1, name='halves')
    tf.identity(graph.get_tensor_by_name('halves:1'), name='second')
  return graph.as_graph_def()


def test_nodes_have_their_operations_inputs_and_attributes():
  nodes = _read(_graph().SerializeToString())
  assert nodes['x'].op == 'Placeholder'
  assert nodes['y'].op == 'MatMul' and nodes['y'].inputs == ('x', 'w')
  told = nodes['y'].attributes
  assert told['transpose_b'] is True and told['transpose_a'] is False
  assert told['T'] == tf.float32.as_datatype_enum
  assert nodes['z'].attributes['data_format'] == b'NHWC'
  assert nodes['z'].inputs == ('y', 'bias', '^seen')
  assert nodes['second'].inputs == ('halves:1',)
  assert nodes['halves'].attributes['num_split'] == 2


@pytest.mark.parametrize(
  ('data', 'why'),
  [
    (b'', 'has no nodes'),
    (b'\x89HDF\r\n\x1a\n', 'unknown type|too early|no end|no nodes'),
    (b'\x08\x07', 'a number in place of a message'),
    (_constants(np.float32(1.0)) * 2, "two nodes have the name 'c0'"),
    (_constants(np.float64(1.0)), 'neither float32 nor int32'),
    (_constants(np.array([b'text'])), 'neither float32 nor int32'),
  ],
  # Protocol buffers may write attributes in any order.
  ids=('empty', 'HDF', 'number', 'twice', 'float64', 'text'),
)
def test_malformed_graphs(data, why):
  with pytest.raises(DamagedFileError, match=f'^model.pb is damaged .*({why})'):
    _read(data)


def test_tensors_are_as_large_as_their_shape():
  graph = tf.compat.v1.GraphDef.FromString(_constants(np.zeros(4, np.float32)))
  shape = graph.node[0].attr['value'].tensor.tensor_shape
  for sizes in ([5], [2, 1], [2**40, 2**40], [-1]):
    del shape.dim[:]
    for size in sizes:
      shape.dim.add(size=size)
    with pytest.raises(DamagedFileError, match='has another shape'):
      _read(graph.SerializeToString())


def test_a_cut_graph_is_an_error_or_has_fewer_nodes():
  data = _graph().SerializeToString()
  whole, cut_between = _read(data), 0
  for end in range(len(data)):
    try:
      found = _read(data[:end])
    except DamagedFileError:
      continue
    cut_between += 1
    assert list(found) == list(whole)[: len(found)]
  # Cuts after each node, and after each field behind the last node.
  assert len(whole) <= cut_between < len(whole) + 4


@fuzz(mutations.edits)
def test_mutated_graphs_are_read_or_refused(changes):
  data = mutations.mutate(_graph().SerializeToString(), changes)
  try:
    nodes = _read(data)
  except DamagedFileError:
    return
  assert all(isinstance(node.op, str) for node in nodes.values())
