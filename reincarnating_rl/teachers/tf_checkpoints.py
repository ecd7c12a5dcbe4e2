"""Parameters of Dopamine's TensorFlow agents, in the form of its JAX agents.

Their networks are those of JAX: kernels are [height, width, in, out], images
flattened as [height, width, features], convolutions padded with zeros. Only
the names differ, by what the network was written in:

* slim: `Online/Conv_1/weights`, `Online/fully_connected/biases`;
* Keras 2: `Online/Conv_1/kernel`, `Online/fully_connected/bias`. IQN's layer
  of the fractions was given no name there, and is `Online/dense`; in slim it
  is the first of the `fully_connected`;
* Keras 3: `Online/kernel_1`, convolutions and others counted together.
"""

import pathlib
import re

import numpy as np

from reincarnating_rl.importers.formats import tensor_bundle
from reincarnating_rl.learner.types import Params
from reincarnating_rl.support.errors import DamagedFileError

# What optimisers keep for a variable is named below it: `.../weights/RMSProp`.
_VARIABLE = re.compile(
  r'Online/((?P<layer>Conv|dense|fully_connected)(_(?P<number>[0-9]{1,4}))?/)?'
  r'(?P<leaf>weights|kernel|biases|bias)(_(?P<bare_number>[0-9]{1,4}))?'
)
_LEAVES = {'weights': 'kernel', 'biases': 'bias'}
_KINDS = {4: 'Conv', 2: 'Dense'}  # By the rank of a layer's kernel.


def read_params(index: pathlib.Path) -> tuple[Params, str]:
  """Reads the online network of a TensorFlow agent: DQN, C51, Rainbow or IQN.

  Args:
    index: `tf_ckpt-N.index`; `.meta`, the graph, is not needed.

  Returns:
    `{'params': {'Conv_0': {'kernel': array, ...}}}`, and the SHA-256 of the
    file that holds them.

  Raises:
    OSError: if a file cannot be read.
    MissingFileError: if there is no data file.
    DamagedFileError: if a file is damaged, or holds no such network.
  """
  variables, checksum = tensor_bundle.read_tensors(index, _VARIABLE)
  layers: dict[tuple, dict[str, np.ndarray]] = {}
  for name, array in variables.items():
    match = _VARIABLE.fullmatch(name)
    # In the order of computation: `dense` comes before `fully_connected`.
    key = (
      match['layer'] or '',
      int(match['number'] or 0),
      int(match['bare_number'] or 0),
    )
    leaf = _LEAVES.get(match['leaf'], match['leaf'])
    layers.setdefault(key, {})[leaf] = array
  params: dict[str, dict[str, np.ndarray]] = {}
  for key in sorted(layers):
    params[_name(layers[key], params, index)] = layers[key]
  if not params:
    raise DamagedFileError(
      f'{index} has no variable such as Online/Conv/weights; give the '
      "checkpoint of one of Dopamine's TensorFlow agents."
    )
  return {'params': params}, checksum


def _name(
  layer: dict[str, np.ndarray], params: Params, index: pathlib.Path
) -> str:
  """Returns the name that linen gives the next layer of its kind."""
  rank = layer['kernel'].ndim if 'kernel' in layer else 0
  if rank not in _KINDS:
    raise DamagedFileError(
      f'{index} has a layer of the online network that is neither a '
      'convolution nor linear; give the checkpoint of one of '
      "Dopamine's TensorFlow agents."
    )
  kind = _KINDS[rank]
  return f'{kind}_{sum(name.startswith(kind) for name in params)}'
