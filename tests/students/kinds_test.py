"""What students read off their agents; nothing is compiled."""

from types import SimpleNamespace

import pytest

from reincarnating_rl.learner import value_function
from reincarnating_rl.learner.control import actor_critic
from reincarnating_rl.students import STUDENTS, control


@pytest.fixture(autouse=True)
def repeaters(monkeypatch):
  """Has whoever makes a value function repeat what it is told."""
  for module, names in (
    (value_function, ('scalar', 'rainbow', 'quantile', 'implicit_quantile')),
    (actor_critic, ('sac', 'td3', 'd4pg')),
  ):
    for name in names:
      monkeypatch.setattr(module, name, lambda *told, **named: (told, named))


# Of the agent; what the value function is made of, by position and by name.
CASES = {
  'dqn': (
    {'num_actions': 3, '_loss_type': 'mse', 'double_dqn': True},
    ((3,), {'loss': 'mse', 'double': True}),
  ),
  'rainbow': (
    {
      'num_actions': 3,
      '_support': 'atoms',
      '_distributional': False,
      '_mse_loss': True,
      '_double_dqn': True,
    },
    (
      (3, 'atoms'),
      {'distributional': False, 'loss': 'mse', 'double': True},
    ),
  ),
  'quantile': (
    {'num_actions': 3, '_num_atoms': 7, '_kappa': 0.5},
    ((3, 7), {'kappa': 0.5}),
  ),
  'implicit_quantile': (
    {
      'num_actions': 3,
      'num_tau_samples': 4,
      'num_tau_prime_samples': 5,
      'num_quantile_samples': 6,
      'kappa': 0.5,
      'double_dqn': True,
    },
    (
      (3,),
      {
        'num_samples': 4,
        'num_next_samples': 5,
        'num_acting_samples': 6,
        'kappa': 0.5,
        'double': True,
      },
    ),
  ),
  'sac': (
    {'target_entropy': -2.0, 'reward_scale_factor': 0.1},
    ((), {'target_entropy': -2.0, 'reward_scale': 0.1}),
  ),
  'td3': (
    {
      'exploration_noise': 0.3,
      'target_noise': 0.4,
      'target_noise_clip': 0.6,
      'actor_period': 5,
      'reward_scale_factor': 0.1,
    },
    (
      (),
      {
        'noise': 0.3,
        'target_noise': 0.4,
        'target_noise_clip': 0.6,
        'actor_period': 5,
        'reward_scale': 0.1,
      },
    ),
  ),
  'd4pg': (
    {
      'vmin': -3.0,
      'vmax': 4.0,
      'num_atoms': 7,
      'exploration_noise': 0.3,
      'twin_critics': True,
      'reward_scale_factor': 0.1,
    },
    (
      (),
      {
        'vmin': -3.0,
        'vmax': 4.0,
        'num_atoms': 7,
        'noise': 0.3,
        'twin': True,
        'reward_scale': 0.1,
      },
    ),
  ),
}


@pytest.mark.parametrize('name', STUDENTS)
def test_the_value_function_is_of_the_agents_settings(name):
  settings, expected = CASES[name]
  assert STUDENTS[name].value(SimpleNamespace(**settings)) == expected


def test_rainbows_loss_is_hubers_unless_it_is_told_otherwise():
  settings, _ = CASES['rainbow']
  agent = SimpleNamespace(**settings | {'_mse_loss': False})
  assert STUDENTS['rainbow'].value(agent)[1]['loss'] == 'huber'


def test_the_network_of_an_actor_is_of_the_settings():
  head = STUDENTS['d4pg'].head(
    control.D4PGSettings(num_atoms=7, vmin=-3.0, vmax=4.0, twin_critics=True)
  )
  assert head == {
    'policy': 'deterministic',
    'num_critics': 2,
    'num_atoms': 7,
    'value_range': (-3.0, 4.0),
  }
  for name, policy in (('sac', 'tanh_gaussian'), ('td3', 'deterministic')):
    assert STUDENTS[name].head(None) == {
      'policy': policy,
      'num_critics': 2,
      'num_atoms': 1,
      'value_range': None,
    }
