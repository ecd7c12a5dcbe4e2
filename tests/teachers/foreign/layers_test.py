"""Declarations of layers."""

import math

import pytest

from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.teachers.foreign.layers import Layers


@pytest.mark.parametrize(
  ('given', 'message'),
  [
    ({'kind': 'dnq'}, "no Layers.kind 'dnq', did you mean 'dqn'"),
    (
      {'activation': 'Relu'},
      "no Layers.activation 'Relu', did you mean 'relu'",
    ),
    ({'layout': 'NCHW'}, 'there are: channels_first, channels_last'),
    ({'dense': ()}, 'Layers.dense names the linear layers'),
    ({'dense': (1,)}, 'Layers.dense names the linear layers'),
    ({'activation': ('relu', 'relu')}, '2 names for 1 convolutions and hidden'),
    ({'convolutions': (('a',),)}, 'a name, a stride'),
    ({'convolutions': ('a',)}, 'a name, a stride'),
    ({'convolutions': (('a', 0),)}, 'a name, a stride'),
    ({'convolutions': (('a', 1, -1),)}, 'a name, a stride'),
    ({'convolutions': (('a', 1, 'same'),)}, 'a name, a stride'),
    ({'residual': (('a', 'b'),)}, '5 names of convolutions for each stack'),
    ({'pool_padding': 0}, "it is 1 or 'SAME'"),
    ({'scale': 0}, 'Layers.scale is 0'),
    ({'num_atoms': 5}, 'num_atoms is 5; give it for the kinds quantile and'),
    ({'kind': 'quantile'}, 'num_atoms is None'),
    ({'kind': 'rainbow', 'num_atoms': 5}, 'value_range is None'),
    ({'batch_norms': ('hidden', 'norm')}, 'a layer and its BatchNorm'),
    ({'batch_norms': (('neck', 'norm'),)}, 'a layer and its BatchNorm'),
    (
      {'batch_norms': (('hidden', 'a'),), 'layer_norms': (('hidden', 'b'),)},
      'several normalizations right after hidden; declare one',
    ),
    ({'batch_norms': (('hidden', 'head'),)}, 'a layer and its BatchNorm'),
    ({'batch_norms': (('hidden', 'a', -1.0),)}, 'in the order of computation'),
    ({'layer_norms': (('a', 'b'),)}, 'a layer and its LayerNorm for each'),
    (
      {'group_norms': (('hidden', 'a'),)},
      r"groups, such as \(\('fc', 'norm', 8",
    ),
    ({'group_norms': (('hidden', 'a', 0),)}, 'a layer and its GroupNorm'),
    ({'layer_norm_epsilon': math.inf}, 'layer_norm_epsilon is inf; it must be'),
    ({'value': ('a', 'b', 'c')}, 'Layers.value is .* as many linear layers as'),
    ({'value': 'a', 'kind': 'ppo'}, 'a policy has none'),
    ({'batch_norm_epsilon': -1.0}, 'batch_norm_epsilon is -1.0'),
    ({'unused': (1,)}, 'Layers.unused names modules'),
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


def test_one_name_is_no_sequence_of_letters():
  layers = Layers(dense='head', unused='critic')
  assert (layers.dense, layers.unused) == (('head',), ('critic',))
