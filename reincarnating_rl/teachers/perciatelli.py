"""Perciatelli44, which flew Loon's balloons (Bellemare et al. 2020).

It is a graph of TensorFlow in the Balloon Learning Environment's package, which
is looked for and read as data: neither is imported. What it computes is seen
from its operations, and is a quantile network of ours.

Along its flights, Q-values are from 6 to 134. The best one is above the next by
0.15 in the median and by 0.4 on average: the paper's temperature of 0.1 suits.
"""

import importlib.util
import os
import pathlib

import numpy as np

from reincarnating_rl.compat import balloon_compat
from reincarnating_rl.importers.formats import tensorflow_graph
from reincarnating_rl.importers.formats.tensorflow_graph import Attribute, Node
from reincarnating_rl.learner.types import Params
from reincarnating_rl.networks.mlp_networks import MLPQuantileNetwork
from reincarnating_rl.support.errors import DamagedFileError, MissingFileError
from reincarnating_rl.teachers import balloon_facts, params
from reincarnating_rl.teachers.checkpoints import TeacherCheckpoint
from reincarnating_rl.teachers.description import Description
from reincarnating_rl.teachers.foreign.base import read_file

NAME = 'perciatelli44'
_PACKAGE = 'balloon_learning_environment'
_FILE = ('models', 'perciatelli44.pb')
_INPUT, _OUTPUT = 'observation', 'q_values'


class _UnexpectedGraphError(ValueError):
  """A graph that is not of this network."""


def load() -> TeacherCheckpoint:
  """Reads the teacher of the installed package.

  Returns:
    Parameters of `MLPQuantileNetwork`, and the network's description.

  Raises:
    MissingFileError: the package is not installed.
    DamagedFileError: its file is damaged, or of another network.
  """
  return read(find())


def find() -> pathlib.Path:
  """Finds the teacher's file without importing the package.

  Raises:
    MissingFileError: the package is not installed.
  """
  spec = importlib.util.find_spec(_PACKAGE)
  folders = (spec and spec.submodule_search_locations) or ()
  for folder in folders:
    path = pathlib.Path(folder, *_FILE)
    if path.is_file():
      return path
  raise MissingFileError(
    f'The {NAME} teacher is a file of the Balloon Learning Environment, which '
    f'is not installed: {balloon_compat.INSTALL}'
  )


def read(path: str | os.PathLike[str]) -> TeacherCheckpoint:
  """Reads a frozen graph of a quantile network for vectors.

  Args:
    path: of the file.

  Returns:
    Parameters of `MLPQuantileNetwork`, and the network's description.

  Raises:
    MissingFileError: it cannot be read.
    DamagedFileError: it is damaged, or its operations are others.
  """
  data, checksum = read_file(path)
  nodes = tensorflow_graph.read_nodes(data, str(path))
  try:
    layers, num_atoms = _layers(_Chain(nodes, _OUTPUT))
  except _UnexpectedGraphError as error:
    raise DamagedFileError(
      f'{path} is a graph, but not that of {NAME} '
      f'({ascii(str(error)[:200])[1:-1]}): install '
      'balloon-learning-environment==1.0.1 again.'
    ) from error
  hidden = {f'layers_{i}': layer for i, layer in enumerate(layers[:-1])}
  fields = {
    'num_atoms': num_atoms,
    'num_layers': len(hidden),
    'hidden_units': layers[0]['bias'].size,
  }
  found = {'params': hidden | {'Dense_0': layers[-1]}}
  params.check_finite(found, str(path))
  return TeacherCheckpoint(
    found,
    None,
    str(path),
    {'format': 'tensorflow_graph', 'trained_on': balloon_facts.GAME},
    checksum,
    Description('quantile', MLPQuantileNetwork.__name__, fields),
  )


class _Chain:
  """Operations, followed from the last one to the first."""

  def __init__(self, nodes: dict[str, Node], last: str) -> None:
    self._nodes, self.name = dict(nodes), last

  def follow(
    self, op: str, constants: int = 0, **expected: Attribute
  ) -> list[np.ndarray]:
    """Goes to an operation's first input.

    Args:
      op: its type.
      constants: how many other inputs it has.
      **expected: its attributes, which are these if they are left out, too.

    Returns:
      The other inputs, which are constants.
    """
    node = self._node(self.name)
    if node.op != op or len(node.inputs) != constants + (op != 'Placeholder'):
      raise _UnexpectedGraphError(
        f'{self.name} is {node.op} of {len(node.inputs)} inputs, not {op}'
      )
    for name, value in expected.items():
      if not np.array_equal(node.attributes.get(name, value), value):
        raise _UnexpectedGraphError(f'{self.name} has another {name}')
    # Each is passed once, so that a graph that bites its tail has an end.
    del self._nodes[self.name]
    self.name, *others = node.inputs or ('',)
    return [self._constant(name) for name in others]

  def _constant(self, name: str) -> np.ndarray:
    node = self._node(name)
    if node.op == 'Identity' and len(node.inputs) == 1:
      node = self._node(node.inputs[0])
    value = node.attributes.get('value')
    if node.op != 'Const' or not isinstance(value, np.ndarray):
      raise _UnexpectedGraphError(f'{name} is no constant')
    return value

  def _node(self, name: str) -> Node:
    if name not in self._nodes:
      raise _UnexpectedGraphError(f'there is no {name!a:.60}')
    return self._nodes[name]


def _layers(chain: _Chain) -> tuple[list[Params], int]:
  """Returns the linear layers in their order, and the number of quantiles."""
  chain.follow('Identity')
  (axis,) = chain.follow('Mean', 1, keep_dims=False)
  (shape,) = chain.follow('Reshape', 1)
  layers = [_linear(chain)]
  outputs = layers[0]['bias'].size
  if (
    axis.ravel().tolist() != [2]
    or not np.issubdtype(shape.dtype, np.integer)
    or shape.shape != (3,)
    or shape[0] != -1
    or int(shape[1]) * int(shape[2]) != outputs
  ):
    raise _UnexpectedGraphError('its means are not those of quantiles')
  while chain.name != _INPUT:
    chain.follow('Relu')
    layers.append(_linear(chain))
  chain.follow('Placeholder')
  return layers[::-1], int(shape[2])


def _linear(chain: _Chain) -> Params:
  (bias,) = chain.follow('BiasAdd', 1, data_format=b'NHWC')
  (kernel,) = chain.follow('MatMul', 1, transpose_a=False, transpose_b=False)
  return {'kernel': kernel, 'bias': bias}
