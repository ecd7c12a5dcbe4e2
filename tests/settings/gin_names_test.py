"""What gin knows of the tables."""

import inspect

import gin
import pytest

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  (before Dopamine)

# isort: split
from dopamine.jax.agents.dqn import dqn_agent  # noqa: F401  (its gin names)

from reincarnating_rl.envs import games
from reincarnating_rl.networks import registry
from reincarnating_rl.networks.registry import NETWORKS
from reincarnating_rl.settings import gin_names


@pytest.fixture(autouse=True)
def no_bindings():
  yield
  gin.clear_config()


@pytest.mark.parametrize('name', NETWORKS)
def test_gin_has_the_networks_that_a_student_can_have(name):
  network = NETWORKS[name]
  if network.reference is None:
    with pytest.raises(ValueError, match='Could not find'):
      gin.get_configurable(name)
    return
  found = gin.get_configurable(network.reference.removeprefix('@'))
  if network.gin_module == registry.GIN_MODULE:
    # gin makes a subclass of it.
    assert issubclass(found, network.module) and found.__name__ == name
  else:
    assert found.__name__ == name


@pytest.mark.parametrize('kind', games.GAMES)
def test_gin_sets_how_a_game_is_made(kind):
  family = games.GAMES[kind]
  gin.bind_parameter('create_game.kind', kind)
  gin.bind_parameter(f'{family.gin_name}.num_vector_environments', 3)
  assert gin_names.create_game().name == family.example
  read = gin.operative_config_str()
  assert f'{family.gin_name}.num_vector_environments = 3\n' in read


@pytest.mark.parametrize('kind', games.GAMES)
def test_gin_does_not_set_what_a_flag_does(kind):
  family = games.GAMES[kind]
  assert set(family.flags) <= set(inspect.signature(family.create).parameters)
  for flag in family.flags:
    with pytest.raises(ValueError, match='denylisted'):
      gin.bind_parameter(f'{family.gin_name}.{flag}', 'somewhere')


def test_old_names_of_games():
  assert {f.gin_name for f in games.GAMES.values()} == {
    'create_atari_environment',
    'create_minatar_environment',
    'create_gymnasium_environment',
    'create_balloon_environment',
    'create_control_environment',
  }
  for module in ('dopamine.discrete_domains.atari_lib', 'atari_lib'):
    gin.parse_config(f'{module}.create_atari_environment.game_name = "Qbert"')
    assert gin_names.create_game().name == 'Qbert'
    gin.clear_config()
