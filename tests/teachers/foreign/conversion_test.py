"""Conversion, case by case; whole networks are with their libraries."""

import numpy as np
import pytest

from reincarnating_rl.teachers.actions import ActionMap
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign.conversion import convert
from reincarnating_rl.teachers.foreign.layers import Layers
from tests.teachers.foreign import real_files

_RNG = np.random.default_rng(0)


def _weights(*shape):
  return _RNG.normal(size=shape).astype(np.float32)


def _convert(state_dict, layers, states, num_actions, **others):
  return convert(
    state_dict,
    layers,
    real_files.game(states, num_actions)._replace(**others),
    source='x.pt',
  )


def _q_values(found, states, num_actions):
  return real_files.run(found, states, num_actions).q_values


def test_stacked_vectors_are_flattened_stack_first():
  weights, states = _weights(2, 12), _weights(5, 3, 4)
  head = Layers(dense=('head',))
  found = _convert({'head.weight': weights}, head, states, 2)
  assert found.metadata['layout'] == 'channels_first'
  expected = states.swapaxes(1, 2).reshape(5, 12) @ weights.T
  real_files.assert_close(_q_values(found, states, 2), expected)


def test_the_layout_may_be_declared():
  weights, states = _weights(2, 12), _weights(5, 3, 4)
  head = Layers(dense=('head',), layout='channels_last')
  found = _convert({'head.weight': weights}, head, states, 2)
  expected = states.reshape(5, 12) @ weights.T
  real_files.assert_close(_q_values(found, states, 2), expected)
  kernel = {'head.kernel': weights.T, 'head.bias': np.ones(2, np.float64)}
  found = _convert(kernel, Layers(dense=('head',)), states, 2)
  real_files.assert_close(_q_values(found, states, 2), expected + 1)


@pytest.mark.parametrize('layout', ['channels_first', 'channels_last'])
def test_images_with_colours(layout):
  """A convolution of one pixel, by hand."""
  weights, states = _weights(5, 6, 1, 1), _weights(4, 2, 2, 3, 2)
  head = _weights(2, 20)
  state_dict = {'conv.weight': weights, 'head.weight': head}
  layers = Layers(
    convolutions=(('conv', 1),),
    dense='head',
    activation='tanh',
    scale=1.0,
    layout=layout,
  )
  found = _convert(state_dict, layers, states, 2)
  if layout == 'channels_first':
    stacked = states.swapaxes(-1, -2).reshape(4, 2, 2, 6)
    features = np.tanh(stacked @ weights[:, :, 0, 0].T).transpose(0, 3, 1, 2)
  else:
    features = np.tanh(states.reshape(4, 2, 2, 6) @ weights[:, :, 0, 0].T)
  expected = features.reshape(4, 20) @ head.T
  real_files.assert_close(_q_values(found, states, 2), expected)


def test_images_of_other_channels_are_told():
  weights = {'a.weight': np.ones((1, 1, 8, 8)), 'head.weight': np.ones((2, 1))}
  layers = Layers(convolutions=(('a', 4),), dense=('head',))
  # One grey image is not an image of three colours.
  with pytest.raises(MismatchedTeacherError, match='a stack of 1 images'):
    _convert(weights, layers, np.ones((1, 8, 8, 3, 1)), 2)


@pytest.mark.parametrize('atoms_first', [False, True])
def test_actions_are_taken_with_all_their_atoms(atoms_first):
  weights, bias, states = _weights(3 * 5, 2), _weights(15), _weights(4, 2, 1)
  layers = Layers(
    kind='quantile', dense=('head',), num_atoms=5, atoms_first=atoms_first
  )
  found = _convert(
    {'head.weight': weights, 'head.bias': bias},
    layers,
    states,
    2,
    action_map=ActionMap(('NOOP', 'UP', 'DOWN'), (2, 0)),
  )
  numbers = states[:, :, 0] @ weights.T + bias
  shape = (4, 5, 3) if atoms_first else (4, 3, 5)
  expected = numbers.reshape(shape)
  expected = expected.swapaxes(1, 2) if atoms_first else expected
  quantiles = real_files.run(found, states, 2).quantiles
  real_files.assert_close(quantiles, expected[:, [2, 0]])


@pytest.mark.parametrize(
  ('state_dict', 'message'),
  [
    (
      {'head.weight': np.ones((2, 3), np.int64)},
      'of int64, are not all finite',
    ),
    (
      {'head.weight': np.full((2, 3), np.nan)},
      r'numbers of head\.weight, of float64, are not all finite',
    ),
    (
      {'head.weight': np.ones((2, 3)), 'head.bias': np.full(2, np.inf)},
      r'numbers of head\.bias, of float64, are not all finite',
    ),
    ({'head.weight': np.full((2, 3), 1e300)}, 'are not all finite'),
    ({'head.weight': np.ones((0, 3))}, r'has the shape \(0, 3\)'),
    (
      {'head.weight': np.ones(3)},
      r'has the shape \(3,\), not that of a linear',
    ),
    (
      {'head.weight': np.ones((2, 3)), 'head.bias': np.ones(3)},
      r'head\.bias has the shape \(3,\), but its layer has 2 outputs',
    ),
    ({}, r'no parameter head\.weight'),
  ],
)
def test_parameters_that_are_none(state_dict, message):
  states = np.ones((1, 3, 1))
  with pytest.raises(MismatchedTeacherError, match=message) as error:
    _convert(state_dict, Layers(dense=('head',)), states, 2)
  assert str(error.value).startswith('x.pt')


@pytest.mark.parametrize(
  ('stack', 'message'),
  [
    ([(3, 4, 3, 3), *[(3, 3, 3, 3)] * 3, (2, 3, 3, 3)], r'of the shape \(3, 3'),
    ([(3, 4, 5, 5), *[(3, 3, 3, 3)] * 4], r'shape \(5, 5, 4, 3\), unlike'),
    ([(3, 4, 3, 3), (3, 2, 3, 3), *[(3, 3, 3, 3)] * 3], '1 has 2 inputs, but'),
  ],
)
def test_stacks_that_are_none_of_impalas(stack, message):
  weights = {f'{i}.weight': np.ones(shape) for i, shape in enumerate(stack)}
  layers = Layers(residual=(tuple('01234'),), dense=('head',))
  weights['head.weight'] = np.ones((2, 3))
  with pytest.raises(MismatchedTeacherError, match=message):
    _convert(weights, layers, np.ones((1, 8, 8, 4)), 2)


def test_images_too_small_for_the_convolutions():
  weights = {'a.weight': np.ones((1, 4, 8, 8)), 'head.weight': np.ones((2, 1))}
  layers = Layers(convolutions=(('a', 4),), dense=('head',))
  with pytest.raises(MismatchedTeacherError, match='8 to 11 pixels wide'):
    _convert(weights, layers, np.ones((1, 2, 2, 4)), 2)
  with pytest.raises(MismatchedTeacherError, match='a stack of 4 images'):
    _convert(weights, layers, np.ones((1, 9, 4)), 2)
