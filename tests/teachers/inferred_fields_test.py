"""What shapes say, by hand."""

import pytest

from reincarnating_rl.teachers import inferred_fields


def _dense(*sizes, prefix='Dense_', suffix=''):
  """Shapes of a chain of linear layers, such as 512 -> 18."""
  return {
    f'params/{prefix}{i}/kernel{suffix}': (inputs, outputs)
    for i, (inputs, outputs) in enumerate(sizes)
  }


_CONV = {'params/Conv_0/kernel': (8, 8, 4, 32), 'params/Conv_0/bias': (32,)}


def _rainbow(shapes, num_actions):
  found = inferred_fields.rainbow(_CONV | shapes, num_actions)
  assert all(f['distributional'] == (f['num_atoms'] > 1) for f in found)
  return [(f['num_atoms'], f['noisy'], f['dueling']) for f in found]


def test_rainbow_of_one_output_layer():
  shapes = _dense((9, 512), (512, 306))
  assert _rainbow(shapes, 6) == [(51, False, False), (306, False, True)]


def test_rainbow_of_two_noisy_ones():
  layers = _dense(
    *((9, 512), (512, 306), (512, 51)), prefix='NoisyNetwork_', suffix='_mu'
  )
  assert (51, True, True) in _rainbow(layers, 6)


def test_layers_are_ordered_by_number_and_the_named_come_last():
  shapes = _dense(*[(4, 4)] * 11, prefix='layers_')
  shapes |= {'params/final_layer/kernel': (4, 10)}
  assert _rainbow(shapes, 2)[0] == (5, False, False)
  shapes = {'params/value_layer/kernel': (4, 5)} | shapes
  assert _rainbow(shapes, 2)[1] == (5, False, True)


def test_layers_inside_others_are_not_the_head():
  shapes = {'params/encoder/Dense_9/kernel': (4, 7)} | _dense((4, 6))
  assert _rainbow(shapes, 2)[0] == (3, False, False)


@pytest.mark.parametrize(
  ('outputs', 'num_actions', 'atoms'),
  [
    (306, 6, 51),
    (6, 6, 1),
    (63, 3, 21),
    (918, 6, 51),  # 18 actions, not 153 atoms.
    (306, 4, 51),  # 6 actions.
    (5, 4, 51),
  ],
)
def test_one_number_for_actions_and_atoms(outputs, num_actions, atoms):
  assert _rainbow(_dense((4, outputs)), num_actions)[0][0] == atoms


def test_quantiles():
  shapes = _dense((9, 512), (512, 1200))
  assert inferred_fields.quantile(shapes, 6) == [{'num_atoms': 200}]
  assert inferred_fields.quantile(shapes, 3) == [{'num_atoms': 200}]
  assert inferred_fields.quantile(shapes, 12) == [{'num_atoms': 100}]


def test_the_embedding_of_fractions():
  shapes = _dense((64, 7744), (7744, 512), (512, 6))
  found = inferred_fields.implicit_quantile(shapes, 6)
  assert found == [{'quantile_embedding_dim': 64}]


def test_nothing_to_read():
  assert _rainbow({}, 2) == [(51, False, False)]
  assert inferred_fields.quantile(_CONV, 2) == [{'num_atoms': 200}]
  assert inferred_fields.implicit_quantile(_CONV, 2) == [{}]
  assert inferred_fields.nothing(_CONV, 2) == [{}]
