"""Declarations of layers."""

import pytest

from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.teachers.foreign.layers import Layers


@pytest.mark.parametrize(
  ('given', 'message'),
  [
    ({'dense': ()}, 'Layers.dense names the linear layers'),
    ({'activation': ('relu', 'relu')}, '2 names for 1 convolutions and hidden'),
    ({'num_atoms': 5}, 'num_atoms is 5; give it for the kinds quantile and'),
    ({'kind': 'quantile'}, 'num_atoms is None'),
    ({'kind': 'rainbow', 'num_atoms': 5}, 'value_range is None'),
    ({'batch_norms': (('neck', 'norm'),)}, 'a layer and its BatchNorm'),
    (
      {'batch_norms': (('hidden', 'a'),), 'layer_norms': (('hidden', 'b'),)},
      'several normalizations right after hidden; declare one',
    ),
    ({'batch_norms': (('hidden', 'head'),)}, 'a layer and its BatchNorm'),
    ({'layer_norms': (('a', 'b'),)}, 'a layer and its LayerNorm for each'),
    ({'value': ('a', 'b', 'c')}, 'Layers.value is .* as many linear layers as'),
    ({'value': 'a', 'kind': 'ppo'}, 'a policy has none'),
    ({'value_range': (-1.0, 1.0)}, 'value_range is'),
    (
      {'kind': 'rainbow', 'num_atoms': 5, 'value_range': (1.0, -1.0)},
      'value_range is',
    ),
  ],
)
def test_declarations_that_make_no_sense(given, message):
  with pytest.raises(TeacherError, match=message) as error:
    Layers(**{'dense': ('hidden', 'head')} | given)
  assert '\n' not in str(error.value)


def test_declarations_may_be_of_lists():
  """As JSON has them."""
  layers = Layers(
    kind='rainbow',
    convolutions=[['a', 4, 'SAME'], ['b', 2]],
    dense=['hidden', 'head'],
    activation=['relu', 'relu', 'tanh'],
    num_atoms=51,
    value_range=[-10, 10],
  )
  assert layers.scale is None


def test_what_nobody_gave_is_told():
  both = Layers(dense=('hidden', 'head'))
  assert (both.kind, both.activation) == ('dqn', 'relu')
  assert both.assumed == ('kind', 'activation')
  assert Layers(kind='ppo', dense='head').assumed == ()
  given = Layers(kind='dqn', dense=('hidden', 'head'), activation='relu')
  assert given.assumed == ()


@pytest.mark.parametrize(
  ('given', 'assumed'),
  [
    ({'kind': 'td3'}, ('squash',)),
    ({'kind': 'td3', 'squash': 'clip'}, ('within',)),
    ({'kind': 'td3', 'squash': 'tanh'}, ()),
    ({'kind': 'gaussian_ppo'}, ('within',)),
    ({'kind': 'gaussian_ppo', 'within': 'bounds'}, ()),
    ({'kind': 'sac'}, ()),
  ],
)
def test_what_nobody_gave_of_an_actor_is_told(given, assumed):
  layers = Layers(dense='head', **given)
  assert layers.assumed == assumed
  taken = {'squash': 'tanh', 'within': 'bounds'} | given
  assert (layers.squash, layers.within) == (taken['squash'], taken['within'])


def test_one_name_is_no_sequence_of_letters():
  layers = Layers(dense='head', unused='critic')
  assert (layers.dense, layers.unused) == (('head',), ('critic',))
