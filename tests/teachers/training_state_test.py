"""Target and moments in the checkpoints of others."""

import pickle

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from reincarnating_rl.agents import snapshot
from reincarnating_rl.support.errors import (
  DamagedFileError,
  UnsafeFileError,
  UserError,
)
from reincarnating_rl.teachers import native_checkpoint, training_state

_TREE = {
  'params': {
    'Dense_0': {
      'bias': np.array([1.0, 2.0], np.float32),
      'kernel': np.array([[1.0, -2.0]], np.float32),
    }
  }
}
_NAMES = {'params/Dense_0/bias', 'params/Dense_0/kernel'}


def write(folder, **bundle):
  """Writes a pickle as Dopamine's JAX agents do."""
  folder.mkdir(parents=True, exist_ok=True)
  bundle = {'online_params': _TREE, 'training_steps': 9} | bundle
  (folder / 'ckpt.4').write_bytes(pickle.dumps(bundle))
  (folder / 'sentinel_checkpoint_complete.4').write_text('done')


def state_of(optimizer, params):
  """The state after one step, so that nothing in it is zero."""
  gradient = jax.tree.map(lambda x: 0.5 * jnp.asarray(x), params)
  _, state = optimizer.update(gradient, optimizer.init(params), params)
  return state


@pytest.mark.parametrize('freeze', [flax.core.FrozenDict, lambda tree: tree])
@pytest.mark.parametrize(
  ('optimizer', 'names'),
  [
    (
      optax.adam(6.25e-5),
      {
        '0/count',
        *(f'0/mu/{n}' for n in _NAMES),
        *(f'0/nu/{n}' for n in _NAMES),
      },
    ),
    (optax.rmsprop(1e-3), {f'0/nu/{n}' for n in _NAMES}),
    (
      optax.rmsprop(1e-3, centered=True),
      {f'0/{m}/{n}' for n in _NAMES for m in ('mu', 'nu')},
    ),
    (optax.sgd(1e-3), set()),
  ],
)
def test_the_moments_of_a_pickle(tmp_path, optimizer, names, freeze):
  params = freeze(_TREE)
  state = state_of(optimizer, params)
  target = freeze(jax.tree.map(lambda x: x + 1, _TREE))
  write(
    tmp_path, online_params=params, target_params=target, optimizer_state=state
  )
  found = training_state.read(tmp_path).arrays
  assert found.keys() == {
    *(f'online_params/{name}' for name in _NAMES),
    *(f'target_params/{name}' for name in _NAMES),
    *(f'optimizer_state/{name}' for name in names),
  }
  np.testing.assert_array_equal(
    found['target_params/params/Dense_0/bias'], [2.0, 3.0]
  )
  for name, leaf in snapshot.flatten({'optimizer_state': state}).items():
    np.testing.assert_array_equal(found[name], leaf)


def test_an_unknown_optimiser_gives_no_moments(tmp_path):
  write(tmp_path, optimizer_state=state_of(optax.lion(1e-3), _TREE))
  found = training_state.read(tmp_path).arrays
  assert found.keys() == {f'online_params/{name}' for name in _NAMES}


def test_layers_from_before_linen(tmp_path):
  layers = {'Dense_3': _TREE['params']['Dense_0']}
  write(tmp_path, online_params=layers, target_params=layers)
  found = training_state.read(tmp_path).arrays
  assert found.keys() == {
    f'{group}/{name}'
    for name in _NAMES
    for group in ('online_params', 'target_params')
  }


def test_the_temperature_of_dopamines_sac(tmp_path):
  write(tmp_path, log_alpha=np.float32([-1.5]))
  found = training_state.read(tmp_path)
  alpha = found.arrays['online_params/temperature/log_alpha']
  np.testing.assert_array_equal(alpha, np.float32([-1.5]))
  assert found.reward_scale is None


@pytest.mark.parametrize(
  ('identity', 'expected'),
  [
    ({'SACAgent.reward_scale_factor': '5.0'}, 5.0),
    ({'SACAgent.reward_scale_factor': '%X'}, None),
    ({}, None),
    (None, None),
  ],
)
def test_by_what_rewards_were_multiplied(tmp_path, identity, expected):
  told = {'state': {'identity': identity}}
  native_checkpoint.write(tmp_path, 3, _TREE, told)
  assert training_state.read(tmp_path).reward_scale == expected


def test_a_converted_teacher_has_its_parameters_alone(tmp_path):
  native_checkpoint.write(tmp_path, 3, _TREE, {})
  found = training_state.read(tmp_path)
  assert found.arrays.keys() == {f'online_params/{name}' for name in _NAMES}


def nested(depth):
  tree = np.zeros(1)
  for _ in range(depth):
    tree = (tree, tree)
  return tree


@pytest.mark.parametrize('depth', [18, 25])
def test_a_small_file_cannot_ask_for_an_immense_state(tmp_path, depth):
  # Each level is pickled once, and has two references to the one below.
  write(tmp_path, optimizer_state=nested(depth))
  found = training_state.read(tmp_path).arrays
  assert found.keys() == {f'online_params/{name}' for name in _NAMES}


class Malicious:
  def __reduce__(self):
    return print, ('run',)


def test_nothing_of_a_state_is_run(tmp_path, capsys):
  write(tmp_path, optimizer_state=(Malicious(),))
  with pytest.raises(UnsafeFileError):
    training_state.read(tmp_path)
  assert capsys.readouterr().out == ''


def test_a_target_that_is_none_is_damage(tmp_path):
  write(tmp_path, target_params={'params': 3})
  with pytest.raises(DamagedFileError, match='ckpt.4'):
    training_state.read(tmp_path)


def test_a_file_of_another_library_cannot_be_gone_on_from(tmp_path):
  for path in (tmp_path, tmp_path / 'dqn.cleanrl_model'):
    if path.suffix:
      path.write_bytes(b'')
    with pytest.raises(UserError, match='qdagger_dqn'):
      training_state.read(path)


def test_a_target_that_diverged_is_refused(tmp_path):
  target = jax.tree.map(lambda x: x * np.nan, _TREE)
  write(tmp_path, target_params=target)
  with pytest.raises(UserError, match=r'target_params/.* is not finite'):
    training_state.read(tmp_path)


@pytest.mark.parametrize('group', ['target_params', 'optimizer_state'])
def test_numbers_that_are_not_finite_are_refused(tmp_path, group):
  bad = jax.tree.map(lambda x: x * np.float32(np.nan), _TREE)
  bundle = {
    'target_params': bad,
    'optimizer_state': state_of(optax.adam(1e-3), bad),
  }
  write(tmp_path, **{group: jax.tree.map(np.asarray, bundle[group])})
  with pytest.raises(UserError, match='Dense_0/.* is not finite everywhere'):
    training_state.read(tmp_path)
