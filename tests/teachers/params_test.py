"""Parameters of every era."""

import jax
import numpy as np
import pytest
from flax.training import checkpoints as flax_checkpoints

from reincarnating_rl.networks.mlp_networks import MLPDQNNetwork
from reincarnating_rl.support.errors import DamagedFileError
from reincarnating_rl.teachers import params as params_lib
from reincarnating_rl.teachers.errors import MismatchedTeacherError


def _mlp_params():
  network = MLPDQNNetwork(num_actions=2, num_layers=1, hidden_units=3)
  params = network.init(jax.random.key(0), np.zeros((4, 1)))
  return jax.tree.map(np.asarray, params)


def _layer(value):
  return {'kernel': np.full((2, 2), value), 'bias': np.zeros(2)}


def test_layers_before_linen_are_renumbered_as_flax_did():
  """They were counted jointly; the old library's own conversion agrees."""
  names = ['Dense_10', 'Conv_0', 'Conv_2', 'Dense_3', 'Conv_1']
  old = {name: _layer(float(i)) for i, name in enumerate(names)}
  params = params_lib.from_pickle(old, 'ckpt.0')
  assert list(params) == ['params']
  new = params['params']
  assert sorted(new) == ['Conv_0', 'Conv_1', 'Conv_2', 'Dense_0', 'Dense_1']
  assert new['Dense_0'] == old['Dense_3']
  assert new['Dense_1'] == old['Dense_10']
  assert new['Conv_1'] == old['Conv_1']
  oracle = flax_checkpoints.convert_pre_linen(old)
  jax.tree.map(np.testing.assert_array_equal, new, oracle)


def test_plain_dictionaries_are_left_as_they_are():
  """The official code took these for the era before linen, and failed."""
  params = _mlp_params()
  again = params_lib.from_pickle(params, 'ckpt.0')
  jax.tree.map(np.testing.assert_array_equal, again, params)


def _repeated_branches(depth):
  tree = np.zeros(1)
  for _ in range(depth):
    tree = {str(i): tree for i in range(10)}
  return tree


_CYCLE: dict = {}
_CYCLE['a'] = _CYCLE


@pytest.mark.parametrize(
  ('tree', 'message'),
  [
    (
      {'params': {'Conv_0': 'text'}},
      "a str where the parameter 'params/Conv_0",
    ),
    ([1.0], 'a list where'),
    (np.zeros(3), 'a ndarray where'),
    ({1: np.zeros(3)}, 'a parameter without name'),
    (_CYCLE, 'a dict where'),
    (_repeated_branches(9), 'more than 10000'),
  ],
)
def test_what_is_not_a_tree_of_arrays_is_refused(tree, message):
  with pytest.raises(DamagedFileError, match=message):
    params_lib.from_pickle(tree, 'ckpt.0')


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    (lambda x: x.astype(np.int32), '6 int32 numbers'),
    (lambda x: x[:0], '0 float32 numbers'),
  ],
)
def test_what_no_network_holds_is_refused(change, message):
  kernel = np.ones((2, 3), np.float32)
  params = {'params': {'Dense_0': {'kernel': kernel}}}
  params_lib.check_leaves(params, 'ckpt.7')
  with pytest.raises(MismatchedTeacherError) as error:
    params_lib.check_leaves(jax.tree.map(change, params), 'ckpt.7')
  assert f'Dense_0/kernel holds {message}' in str(error.value)


def test_fingerprint_sees_names_shapes_types_and_values():
  base = {'params': {'a': np.arange(4.0), 'b': np.zeros(2)}}
  variants = [
    base,
    {'params': {'a': np.arange(4.0), 'c': np.zeros(2)}},
    {'params': {'a': np.arange(4.0).reshape(2, 2), 'b': np.zeros(2)}},
    {'params': {'a': np.arange(4.0).astype(np.float32), 'b': np.zeros(2)}},
    {'params': {'a': np.array([0.0, 1.0, 2.0, 4.0]), 'b': np.zeros(2)}},
  ]
  assert len({params_lib.fingerprint(v) for v in variants}) == 5
  reordered = {'params': dict(reversed(base['params'].items()))}
  assert params_lib.fingerprint(base) == params_lib.fingerprint(reordered)
