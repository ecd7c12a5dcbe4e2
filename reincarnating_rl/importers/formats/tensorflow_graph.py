"""Reads frozen graphs of TensorFlow, with their numbers, without TensorFlow.

A graph is a message of nodes (tensorflow/core/framework/graph.proto). The
numbers are attributes of the `Const` nodes. Nothing is run.
"""

from typing import NamedTuple

import numpy as np

from reincarnating_rl.importers.formats import plain_numbers
from reincarnating_rl.importers.formats.wire_format import fields, read_varint
from reincarnating_rl.support.errors import DamagedFileError

Attribute = bool | int | bytes | np.ndarray

_NODE = 1  # Of a GraphDef.
_NAME, _OP, _INPUT, _ATTRIBUTE = 1, 2, 3, 5  # Of a NodeDef.
_KEY, _VALUE = 1, 2  # Of an entry of a map.
_BYTES, _INTEGER, _BOOLEAN, _TYPE, _TENSOR = 2, 3, 5, 6, 8  # Of an AttrValue.
_DTYPE, _SHAPE, _CONTENT, _FLOATS, _INTEGERS = 1, 2, 4, 5, 7  # A TensorProto's.
_DIMENSION, _SIZE = 2, 1  # Of a TensorShapeProto, and of its dimensions.
_FLOAT32, _INT32 = 1, 3  # DataTypes.


class Node(NamedTuple):
  """An operation of a graph.

  `inputs` are names of nodes; a name that ends in `:N` means the node's output
  N, and a name that begins with `^` means a control input. `attributes` are the
  node's booleans, integers, texts (as bytes), types (as numbers) and tensors.
  """

  op: str
  inputs: tuple[str, ...]
  attributes: dict[str, Attribute]


def read_nodes(data: bytes, source: str) -> dict[str, Node]:
  """Reads a serialised GraphDef.

  Args:
    data: the whole file.
    source: its path, for messages.

  Returns:
    The nodes by name. Tensors are read-only, of float32 or int32.

  Raises:
    DamagedFileError: the file is cut short, is not a graph, or has constants
      of another type.
  """
  nodes: dict[str, Node] = {}
  try:
    for field, message in fields(data):
      if field != _NODE:
        continue
      name, node = _node(_message(message))
      if name in nodes:
        raise ValueError(f'two nodes have the name {name!a:.60}')
      nodes[name] = node
    if not nodes:
      raise ValueError('it has no nodes')
  except ValueError as error:
    raise DamagedFileError(
      f'{source} is damaged or is not a graph of TensorFlow ({error}): copy '
      'it again from its source.'
    ) from error
  return nodes


def _node(message: bytes) -> tuple[str, Node]:
  """Returns the name and the node of a NodeDef."""
  texts: dict[int, list[str]] = {_NAME: [''], _OP: [''], _INPUT: []}
  attributes = {}
  for field, value in fields(message):
    if field in texts:
      texts[field].append(_message(value).decode())
    elif field == _ATTRIBUTE:
      entry = dict(fields(_message(value)))
      key = _message(entry.get(_KEY, b'')).decode()
      attribute = _attribute(_message(entry.get(_VALUE, b'')))
      if attribute is not None:
        attributes[key] = attribute
  node = Node(texts[_OP][-1], tuple(texts[_INPUT]), attributes)
  return texts[_NAME][-1], node


def _attribute(message: bytes) -> Attribute | None:
  """Returns the value of an AttrValue; None for kinds that are not read."""
  for field, value in fields(message):
    if field in (_INTEGER, _TYPE):
      return value
    if field == _BOOLEAN:
      return bool(value)
    if field == _BYTES:
      return _message(value)
    if field == _TENSOR:
      return _tensor(_message(value))
  return None


def _tensor(message: bytes) -> np.ndarray:
  """Returns the numbers of a TensorProto.

  Short tensors are not in its bytes but in a list for each type.
  """
  values = dict(fields(message))
  content = _message(values.get(_CONTENT, b''))
  dtype = values.get(_DTYPE)
  if dtype == _FLOAT32:
    content, name = content or _message(values.get(_FLOATS, b'')), 'float32'
  elif dtype == _INT32:
    content, name = content or _integers(values.get(_INTEGERS, b'')), 'int32'
  else:
    raise ValueError('a constant is neither float32 nor int32')
  shape = _shape(_message(values.get(_SHAPE, b'')))
  return plain_numbers.shaped(content, name, shape)


def _integers(packed: int | bytes) -> bytes:
  """Converts a packed list of varints to little-endian int32."""
  data, numbers, position = _message(packed), bytearray(), 0
  while position < len(data):
    number, position = read_varint(data, position)
    # Negative numbers have 64 bits; the lower half is the int32.
    numbers += (number & 0xFFFFFFFF).to_bytes(4, 'little')
  return bytes(numbers)


def _shape(message: bytes) -> tuple[int, ...]:
  sizes = []
  for field, dimension in fields(message):
    if field == _DIMENSION:
      sizes.append(dict(fields(_message(dimension))).get(_SIZE, 0))
  return tuple(sizes)


def _message(value: int | bytes) -> bytes:
  if not isinstance(value, bytes):
    raise ValueError('it has a number in place of a message')
  return value
