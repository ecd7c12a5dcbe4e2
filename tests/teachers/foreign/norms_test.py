"""Normalizations of all kinds and places, against PyTorch's own outputs."""

import json
import re

import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.teachers.actions import ActionMap
from reincarnating_rl.teachers.errors import (
  MismatchedTeacherError,
  TeacherError,
)
from reincarnating_rl.teachers.foreign import (
  layers_draft,
  norms_draft,
  torch_policies,
)
from reincarnating_rl.teachers.foreign.layers import Layers
from tests.teachers.foreign import real_files

_FOLDER = real_files.FOLDER / 'norms'
_NORMS = (('fc1', 'norm1'), ('fc2', 'norm2'))
_GROUPS = tuple((*pair, 2) for pair in _NORMS)
_FC = {'dense': ('fc1', 'fc2', 'head')}
_BLOCKS = {
  'dense': ('trunk.0.0', 'trunk.1.0', 'trunk.2.0', 'head'),
  'layer_norms': tuple((f'trunk.{i}.0', f'trunk.{i}.1') for i in range(3)),
  'activation': 'elu',
}
_ENDS_LAYER = {
  'dense': ('1', '5'),
  'activation': 'tanh',
  'layer_norms': (('0', '1'), ('1', '2', 1e-2), ('4', '5'), ('5', '6')),
}
_ENDS_BATCH = {
  'dense': ('1', '5'),
  'batch_norms': (('0', '1'), ('1', '2'), ('4', '5', 1e-2), ('5', '6')),
}
_ENDS_GROUP = {
  'dense': ('1', '5'),
  'group_norms': (('0', '1', 1), ('1', '2', 4, 1e-2), ('4', '5', 2))
  + (('5', '6', 2),),
}
_QUANTILES = {
  'kind': 'quantile',
  'num_atoms': 3,
  'atoms_first': True,
  'dense': ('0', '2'),
  'layer_norms': (('2', '3'),),
}
_PADDED = {
  'convolutions': (('1', 2, 1), ('4', 1)),
  'dense': '9',
  'batch_norms': (('0', '1'), ('8', '9')),
  'group_norms': (('1', '2', 2),),
  'layer_norms': (('4', '5'),),
}
_AXES = {
  'convolutions': (('1', 1), ('4', 2)),
  'dense': ('9', '12'),
  'activation': ('relu', 'relu', 'tanh'),
  'layer_norms': (('0', '1'), ('1', '2'), ('4', '5')),
  'group_norms': (('7', '9', 3), ('9', '10', 2)),
}
_INSTANCE = {
  'convolutions': (('0', 1),),
  'dense': '5',
  'group_norms': (('0', '1', 4),),
  'batch_norms': (('3', '5'),),
}
_COLOURS = {
  'convolutions': (('1', 1),),
  'dense': '6',
  'batch_norms': (('0', '1'),),
  'layer_norms': (('1', '2.inner'), ('5', '6')),
}
_COLOUR_PLANES = {
  'convolutions': (('1', 1),),
  'dense': '5',
  'layer_norms': (('0', '1'), ('3', '5')),
}
_NETWORKS = {
  'blocks': _BLOCKS,
  'ends_layer': _ENDS_LAYER,
  'ends_batch': _ENDS_BATCH,
  'ends_group': _ENDS_GROUP,
  'padded': _PADDED,
  'axes': _AXES,
  'instance': _INSTANCE,
  'colours': _COLOURS,
  'colour_planes': _COLOUR_PLANES,
}


def _kind(name):
  kinds = {'padded': 'image', 'axes': 'image', 'instance': 'image'}
  kinds |= {'colours': 'colour', 'colour_planes': 'colour'}
  return kinds.get(name, 'vector')


def _expected(name):
  with np.load(_FOLDER / 'expected.npz') as arrays:
    return arrays[name]


def _read(name, layers, **others):
  states = _expected(f'{_kind(name)}_states')
  target = real_files.game(states)._replace(**others)
  declared = layers and Layers(scale=1.0, **layers)
  found = torch_policies.read(_FOLDER / f'{name}.pt', declared, target)
  json.dumps(found.network)
  return real_files.run(found, states, target.actions.number)


@pytest.mark.parametrize(('name', 'layers'), _NETWORKS.items())
def test_outputs_are_those_of_pytorch(name, layers):
  real_files.assert_close(_read(name, layers).q_values, _expected(name))


@pytest.mark.parametrize(
  ('name', 'layers'),
  [
    ('layer_norm', {'layer_norms': _NORMS}),
    ('group_norm', {'group_norms': _GROUPS}),
  ],
)
def test_the_usual_place(name, layers):
  states = real_files.expected('vector_states')
  found = torch_policies.read(
    real_files.FOLDER / f'{name}.pt',
    Layers(**_FC, **layers),
    real_files.game(states),
  )
  wanted = real_files.expected(name)
  np.testing.assert_allclose(
    real_files.run(found, states).q_values, wanted, atol=2e-6
  )


def test_a_normalized_head_of_quantiles():
  found = _read('quantiles', _QUANTILES)
  wanted = _expected('quantiles').reshape(-1, 3, 4).swapaxes(1, 2)
  real_files.assert_close(found.quantiles, wanted)


def test_a_normalized_head_is_of_all_its_actions():
  """In another order they are normalized alike; without one they are not."""
  wanted = _expected('ends_layer')
  order = ActionMap(tuple('ABCD'), (3, 1, 0, 2))
  found = _read('ends_layer', _ENDS_LAYER, action_map=order)
  real_files.assert_close(found.q_values, wanted[:, [3, 1, 0, 2]])
  fewer = {
    'action_map': ActionMap(tuple('ABCD'), (3, 1)),
    'actions': Discrete(2),
  }
  for name, layers, others in (
    ('ends_layer', _ENDS_LAYER, fewer),
    ('ends_group', _ENDS_GROUP, {'action_map': order}),
  ):
    with pytest.raises(MismatchedTeacherError, match='all 4 outputs of 5'):
      _read(name, layers, **others)


@pytest.mark.parametrize(
  ('name', 'layers', 'message'),
  [
    (
      'no_statistics',
      {'dense': '0', 'batch_norms': (('0', '1'),)},
      r'1\.running_mean: .* statistics of each batch \(track_running_stats=F',
    ),
    (
      'ends_layer',
      {'dense': ('1', '5')},
      r'leaves out: 0\.weight \(6,\), 0\.bias',
    ),
    (
      'blocks',
      _BLOCKS | {'layer_norms': _BLOCKS['layer_norms'][:2]},
      r'leaves out: trunk\.2\.1\.weight \(5,\), trunk\.2\.1\.bias \(5,\);',
    ),
    # A name that is nobody's.
    (
      'blocks',
      _BLOCKS | {'layer_norms': (('trunk.0.0', 'trunk.0.2'),)},
      r'trunk\.0\.2\.weight of shape \(5,\), which a LayerNorm after trunk',
    ),
    (
      'ends_layer',
      _ENDS_LAYER | {'layer_norms': (('1', '0'),)},
      r'0\.weight of shape \(8,\), .* but one of \(6,\)',
    ),
    # 54 features, of which six channels are one group each.
    (
      'axes',
      _AXES | {'group_norms': (('7', '9', 4), ('9', '10', 2))},
      'takes 6 features, which are not 4 groups',
    ),
    (
      'axes',
      _AXES | {'layer_norms': (('0', '1'), ('1', '5'), ('4', '2'))},
      r'5\.weight of shape \(4, 8, 7\) or \(8, 7\) or \(4,\) or \(7,\)',
    ),
    # Six stacked numbers: the groups would be of other ones.
    (
      'ends_group',
      _ENDS_GROUP | {'group_norms': (('0', '1', 2),)},
      'the groups of 0 are of features in another order',
    ),
  ],
)
def test_what_does_not_fit_is_named(name, layers, message):
  with pytest.raises(MismatchedTeacherError, match=message) as error:
    _read(name, layers)
  assert '\n' not in str(error.value)


def _drafted(name):
  """Returns the declaration that the error drafts for a file."""
  with pytest.raises(TeacherError) as error:
    _read(name, None)
  text = str(error.value)
  assert '\n' not in text and 'name what follows an activation before' in text
  fields = eval(  # noqa: S307
    re.search(r'such as Layers\((.*?activation=.relu.)\)', text)[0]
    .removeprefix('such as Layers')
    .replace('STRIDE', '1')
    .replace('(kind', 'dict(kind')
  )
  for field, value in re.findall(r'Layers\.(\w+_norms) = (\(.*?\),\))', text):
    fields[field] = eval(value, {'GROUPS': 1})  # noqa: S307
  return fields


@pytest.mark.parametrize(('name', 'layers'), _NETWORKS.items())
def test_a_draft_has_all_normalizations_where_they_are(name, layers):
  """Which kind, epsilon and groups they have, no file tells for sure."""
  drafted = _drafted(name)
  assert drafted['dense'] == (
    (layers['dense'],) if isinstance(layers['dense'], str) else layers['dense']
  )
  fields = ('batch_norms', 'layer_norms', 'group_norms')
  pairs, wanted = (
    {entry[:2] for field in fields for entry in given.get(field, ())}
    for given in (drafted, layers)
  )
  # Only the scale is in the file: other normalizations have such ones too.
  assert pairs == wanted - ({('1', '2')} if name == 'ends_layer' else set())
  batch = [entry[:2] for entry in layers.get('batch_norms', ())]
  assert sorted(drafted.get('batch_norms', ())) == sorted(batch)


def _draft(layers, norms, images=()):
  """Drafts norms `name: features` of layers `name: (inputs, outputs)`."""
  state_dict = {
    f'{name}.weight': np.ones(size) for name, size in layers.items()
  }
  for norm, features in norms.items():
    parts = {f'{norm}.{leaf}': np.ones(features) for leaf in ('weight', 'bias')}
    state_dict = parts | state_dict  # As the alphabet may have it.
  return norms_draft.draft(state_dict, list(layers), layers, list(images))[0]


_FC_SIZES = {'fc1': (3, 6), 'fc2': (6, 6), 'head': (6, 4)}


@pytest.mark.parametrize(
  ('layers', 'norms', 'drafted'),
  [
    (
      _FC_SIZES,
      {'ln2': 6, 'ln1': 6},
      "layer_norms = (('fc1', 'ln1'), ('fc2', 'ln",
    ),
    (
      _FC_SIZES,
      {'group_norm': 4},
      "group_norms = (('head', 'group_norm', GROUPS)",
    ),
    (_FC_SIZES, {'norm': 3}, "layer_norms = (('norm', 'fc1'),)"),
    (_FC_SIZES, {'odd': 5}, "layer_norms = (('LAYER', 'odd'),)"),
    # Two lists of modules, and modules of a layer and a normalization.
    (
      {'layers.0': (3, 6), 'layers.1': (6, 6), 'out': (6, 4)},
      {'norms.0': 6, 'norms.1': 6},
      "(('layers.1', 'norms.1'), ('layers.0', 'norms.0'),)",
    ),
    (
      {'blocks.0.fc': (3, 6), 'blocks.1.fc': (6, 6), 'out': (6, 6)},
      {'blocks.1.norm': 6, 'blocks.0.norm': 6},
      "(('blocks.0.fc', 'blocks.0.norm'), ('blocks.1.fc', 'blocks.1.norm'),)",
    ),
    # Of two that fit, each has one.
    (
      {'first': (3, 6), 'second': (6, 6), 'out': (6, 4)},
      {'a': 6, 'b': 6},
      "(('first', 'b'), ('second', 'a'),)",
    ),
    # Of two layers of one number, the convolution.
    (
      {'conv2': (2, 4), 'fc1': (36, 9), 'fc2': (9, 4)},
      {'bn2': 4, 'ln': 9},
      "(('fc1', 'ln'),), Layers.group_norms = (('conv2', 'bn2', GROUPS),)",
    ),
  ],
)
def test_drafts_by_names(layers, norms, drafted):
  """Whatever the order of the file, as safetensors has its own."""
  images = [name for name in layers if name.startswith('conv')]
  assert drafted in _draft(layers, norms, images)


def test_drafts_have_no_normalizations_of_others():
  assert _draft(_FC_SIZES, {}) == ''
  actor_critic = {
    'fc.weight': np.ones((6, 3)),
    'policy.weight': np.ones((4, 6)),
    'value_head.0.weight': np.ones(6),
    'value_head.0.bias': np.ones(6),
    'value_head.1.weight': np.ones((1, 6)),
  }
  assert layers_draft.draft(actor_critic) == (
    "Layers(kind='ppo', dense=('fc', 'policy',), activation='relu')",
    '',
    (),
    True,
  )
