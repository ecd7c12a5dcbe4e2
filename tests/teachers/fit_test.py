"""Whether parameters fit a kind, a network and a game; what is said if not."""

import functools

import jax
import numpy as np
import pytest
from flax import linen as nn

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import QOutput
from reincarnating_rl.networks.mlp_networks import (
  MLPDQNNetwork,
  MLPRainbowNetwork,
)
from reincarnating_rl.networks.q_networks import NatureDQNNetwork
from reincarnating_rl.networks.rainbow_networks import ImpalaRainbowNetwork
from reincarnating_rl.teachers import fit
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.kinds import KINDS

_MLP = functools.partial(MLPDQNNetwork, num_layers=1, hidden_units=3)
_RAINBOW_MLP = functools.partial(
  MLPRainbowNetwork, num_layers=1, hidden_units=3
)
_ATARI = (84, 84, 4)


def _params(kind, fields=None, *, num_actions=2, network=None, shape=_ATARI):
  """Ones in the shape of a teacher."""
  fields = fields or {}
  kind = KINDS[kind]
  module = (network or kind.network)(num_actions=num_actions, **fields)
  inputs = kind.inputs(fields, 1.0)
  tree = jax.eval_shape(
    lambda key, state: module.init(key, state, **inputs),
    jax.random.key(0),
    jax.ShapeDtypeStruct(shape, np.uint8),
  )
  return jax.tree.map(lambda leaf: np.ones(leaf.shape, np.float32), tree)


def _mlp_params(num_actions=2):
  return _params('dqn', num_actions=num_actions, network=_MLP, shape=(4, 1))


def _fit(params, kind='dqn', *, network=None, num_actions=2, shape=_ATARI):
  kind = KINDS[kind]
  actions = Discrete(num_actions)
  candidate = fit.Candidate(kind, network or kind.network, shape, actions)
  return fit.fit(params, candidate, 'dir/ckpt.7')


_fit_mlp = functools.partial(_fit, network=_MLP, shape=(4, 1))


def _error(*arguments, **settings):
  with pytest.raises(MismatchedTeacherError) as error:
    _fit(*arguments, **settings)
  message = str(error.value)
  assert 'dir/ckpt.7' in message and '\n' not in message
  assert message.endswith('.')
  return message


def test_fitting_parameters_pass():
  assert _fit_mlp(_mlp_params()) == {}


@pytest.mark.parametrize('noisy', [True, False])
@pytest.mark.parametrize('dueling', [True, False])
@pytest.mark.parametrize('num_atoms', [1, 7, 51])
def test_fields_are_read_and_found_right(noisy, dueling, num_atoms):
  """Even with hidden layers as wide as an output."""
  fields = {
    'num_atoms': num_atoms,
    'noisy': noisy,
    'dueling': dueling,
    'distributional': num_atoms > 1,
  }
  for units in (num_atoms, 2 * num_atoms, 4 * num_atoms):
    network = functools.partial(MLPRainbowNetwork, hidden_units=units)
    settings = {'network': network, 'shape': (4, 1)}
    params = _params('rainbow', fields, **settings)
    assert _fit(params, 'rainbow', **settings) == fields


def test_any_torso():
  network = functools.partial(ImpalaRainbowNetwork, width_scale=2)
  fields = {'num_atoms': 51, 'noisy': True, 'dueling': True}
  fields |= {'distributional': True}
  params = _params('rainbow', fields, network=network)
  assert _fit(params, 'rainbow', network=network) == fields
  message = _error(params, 'rainbow')
  assert 'no parameter params/Conv_0/bias' in message
  assert '(create_teacher.network)' in message


def test_another_number_of_actions_is_told_by_number():
  message = _error(
    _mlp_params(num_actions=6), num_actions=4, network=_MLP, shape=(4, 1)
  )
  assert message == (
    'The teacher of dir/ckpt.7 has 6 actions, but the game has 4; give a '
    'teacher of this game.'
  )


@pytest.mark.parametrize(
  ('kind', 'fields'),
  [
    ('rainbow', {'num_atoms': 51}),
    ('rainbow', {'num_atoms': 51, 'noisy': False, 'dueling': False}),
    ('rainbow', {'num_atoms': 1, 'distributional': False}),
    ('quantile', {'num_atoms': 200}),
    ('implicit_quantile', {}),
    ('ppo', {}),
  ],
)
def test_another_game_whatever_the_kind(kind, fields):
  params = _params(kind, fields, num_actions=18)
  assert 'has 18 actions, but the game has 6' in _error(
    params, kind, num_actions=6
  )


def test_another_observation_is_told_by_parameter():
  message = _error(_mlp_params(), network=_MLP, shape=(5, 1))
  assert 'params/layers_0/kernel has the shape (4, 3)' in message
  assert 'expects (5, 3)' in message


def test_missing_and_unknown_parameters_are_named():
  message = _error(_mlp_params(), network=NatureDQNNetwork)
  assert 'no parameter params/Conv_0' in message
  params = _mlp_params()
  params['params']['extra'] = {'bias': np.ones(3, np.float32)}
  message = _error(params, network=_MLP, shape=(4, 1))
  assert "'params/extra/bias' that" in message


_TELLING = {
  'rainbow': {'num_atoms': 51, 'noisy': False, 'dueling': False},
  'quantile': {'num_atoms': 200},
  'implicit_quantile': {},
  'ppo': {},
}


@pytest.mark.parametrize('given', KINDS)
@pytest.mark.parametrize('found', _TELLING)
def test_a_wrong_kind_is_told_by_name(given, found):
  params = _params(found, _TELLING[found], num_actions=6)
  if given == found:
    assert _fit(params, given, num_actions=6).items() >= _TELLING[found].items()
    return
  message = _error(params, given, num_actions=6)
  assert message.startswith(
    f'dir/ckpt.7 is not of the kind {given} but looks like {found}; pass '
    f'--teacher_agent {found} for that'
  )


@pytest.mark.parametrize('given', ['implicit_quantile', 'ppo'])
def test_a_dqn_is_told_where_it_is_not_an_instance(given):
  message = _error(_params('dqn'), given)
  assert message.endswith('looks like dqn; pass --teacher_agent dqn for that.')


def test_noisy_and_dueling_tell_a_rainbow_of_any_atoms():
  params = _params('rainbow', {'num_atoms': 7, 'dueling': False})
  assert 'looks like rainbow;' in _error(params, 'dqn')
  params = _params('rainbow', {'num_atoms': 7, 'noisy': False})
  assert 'looks like rainbow;' in _error(params, 'ppo')


def test_a_rainbow_of_one_atom_is_a_dqn():
  """Their parameters do not differ, and neither do their Q-values."""
  fields = {'num_atoms': 1, 'noisy': False, 'dueling': False}
  params = _params('rainbow', fields | {'distributional': False})
  assert _fit(params, 'dqn') == {}
  assert not _fit(_params('dqn'), 'rainbow')['distributional']


def test_half_noisy_is_no_rainbow():
  params = _params('rainbow', {'num_atoms': 7})
  layers = params['params']
  layers['Dense_2'] = {'kernel': layers.pop('NoisyNetwork_2')['kernel_mu']}
  assert 'no parameter params/NoisyNetwork_2' in _error(params, 'rainbow')


@pytest.mark.parametrize(
  ('kind', 'network', 'shape'),
  [
    ('rainbow', MLPDQNNetwork, (4, 1)),  # has no atoms
    ('dqn', _RAINBOW_MLP, (4, 1)),  # needs atoms
    ('dqn', NatureDQNNetwork, (4, 1)),  # needs images
    ('ppo', KINDS['ppo'].network, (10, 10, 4)),  # needs larger images
  ],
)
def test_networks_that_cannot_be(kind, network, shape):
  with pytest.raises(MismatchedTeacherError) as error:
    _fit(_mlp_params(), kind, network=network, shape=shape)
  name = getattr(network, 'func', network).__name__
  assert str(error.value).startswith(f'{name} is no network for a teacher of')
  assert '\n' not in str(error.value)


def test_shapes_that_only_an_empty_array_can_have():
  """They take no room in a file, and would much in memory."""
  params = {'params': {'Dense_0': {'kernel': np.ones((0, 2**40), np.float32)}}}
  assert 'kernel holds 0 float32' in _error(params, 'rainbow')


def test_scalars_where_layers_belong():
  params = _mlp_params()
  params['params']['final_layer']['bias'] = np.ones((), np.float32)
  message = _error(params, network=_MLP, shape=(4, 1))
  assert 'final_layer/bias has the shape (), but' in message


def test_who_names_the_network_is_believed():
  # 200 atoms are commonly quantiles, but a Rainbow may have as many.
  fields = {'num_atoms': 200, 'noisy': False, 'dueling': False}
  params = _params('rainbow', fields)
  assert _error(params, 'rainbow').endswith('or give create_teacher.network.')
  named = functools.partial(KINDS['rainbow'].network)
  assert _fit(params, 'rainbow', network=named)['num_atoms'] == 200


class _Rows(nn.Module):
  """Convolves whatever it is given, as Dopamine's networks do."""

  num_actions: int

  @nn.compact
  def __call__(self, state):
    x = nn.Conv(2, (3, 3))(state.astype(np.float32)).reshape(-1)
    return QOutput(nn.Dense(self.num_actions)(x))


def test_a_network_that_takes_rows_of_an_image_for_a_batch():
  shape = (6, 5, 3, 1)
  params = _params('dqn', network=_Rows, shape=shape)
  with pytest.raises(MismatchedTeacherError, match='take 1 channels, but st'):
    _fit(params, network=_Rows, shape=shape)
  _fit(
    _params('dqn', network=_Rows, shape=(6, 5, 3)),
    network=_Rows,
    shape=(6, 5, 3),
  )
