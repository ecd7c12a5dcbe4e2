"""Dueling heads as one stream, against both streams by hand."""

import numpy as np
import pytest

from reincarnating_rl.teachers.actions import ActionMap
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign.conversion import convert
from reincarnating_rl.teachers.foreign.layers import Layers
from tests.teachers.foreign import real_files

_RNG = np.random.default_rng(0)


def _network(*sizes):
  return [
    (
      _RNG.normal(size=(outputs, inputs)).astype(np.float32),
      _RNG.normal(size=outputs).astype(np.float32),
    )
    for inputs, outputs in zip(sizes, sizes[1:], strict=False)
  ]


def _run(stream, x):
  for index, (weight, bias) in enumerate(stream):
    x = x @ weight.T + bias
    x = np.tanh(x) if index < len(stream) - 1 else x
  return x


def _named(**streams):
  return {
    f'{name}.{index}.{leaf}': array
    for name, stream in streams.items()
    for index, pair in enumerate(stream)
    for leaf, array in zip(('weight', 'bias'), pair, strict=True)
  }


def _names(name, stream):
  return tuple(f'{name}.{index}' for index in range(len(stream)))


@pytest.mark.parametrize('hidden', [(), (5,), (5, 4)])
@pytest.mark.parametrize(('atoms', 'atoms_first'), [(1, 0), (3, 0), (3, 1)])
@pytest.mark.parametrize('shared', [(), (8,)])
def test_dueling_streams(hidden, atoms, atoms_first, shared):
  """The mean is that of all the teacher's actions, also of those not taken."""
  trunk = _network(3, *shared)
  features = (3, *shared)[-1]
  # Streams may be of other widths.
  value = _network(features, *(size + 1 for size in hidden), atoms)
  advantage = _network(features, *hidden, 4 * atoms)
  kind = {'kind': 'quantile', 'num_atoms': atoms} if atoms > 1 else {}
  layers = Layers(
    dense=_names('trunk', trunk) + _names('advantage', advantage),
    value=_names('value', value),
    activation='tanh',
    atoms_first=bool(atoms_first),
    **kind,
  )
  states = _RNG.normal(size=(5, 3, 1)).astype(np.float32)
  target = real_files.game(states, 2)
  found = convert(
    _named(trunk=trunk, value=value, advantage=advantage),
    layers,
    target._replace(action_map=ActionMap(tuple('ABCD'), (3, 1))),
    source='x.pt',
  )
  x = states[..., 0]
  for weight, bias in trunk:
    x = np.tanh(x @ weight.T + bias)
  a, v = _run(advantage, x), _run(value, x)
  if atoms_first:
    a = a.reshape(5, atoms, 4).swapaxes(1, 2)
  a = a.reshape(5, 4, atoms)
  wanted = (v[:, None] + a - a.mean(axis=1, keepdims=True))[:, [3, 1]]
  output = real_files.run(found, states, 2)
  got = output.quantiles if atoms > 1 else output.q_values[..., None]
  np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)


def test_streams_that_do_not_fit():
  streams = {'advantage': _network(3, 4), 'value': _network(3, 2)}
  target = real_files.game(np.zeros((1, 3, 1)))
  layers = Layers(dense='advantage.0', value='value.0')
  with pytest.raises(MismatchedTeacherError, match='2 outputs, not 1 as a val'):
    convert(_named(**streams), layers, target, source='x.pt')
  streams['value'] = _network(2, 1)
  with pytest.raises(
    MismatchedTeacherError, match='not take the same features'
  ):
    convert(_named(**streams), layers, target, source='x.pt')
