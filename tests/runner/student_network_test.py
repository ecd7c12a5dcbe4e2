"""Which network a student has where gin binds none."""

import gin
import pytest

from reincarnating_rl import students
from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.envs import games
from reincarnating_rl.runner import student_network
from reincarnating_rl.settings import (
  gin_names,  # noqa: F401  (the networks' names)
  gin_parsing,
)
from tests import toys

KIND = students.STUDENTS['dqn']
LINEAGE = {
  'agent': 'dqn',
  'network': 'MLPDQNNetwork',
  'network_fields': {'num_layers': 3, 'hidden_units': 7},
}


def told(bindings=(), student='reloaded_dqn', **lineage):
  """Returns what makes the student's network, in place of what gin binds."""
  gin_parsing.load([], bindings, network_parameter=KIND.network_parameter)
  teacher = toys.ScriptedTeacher()
  teacher.lineage = LINEAGE | lineage
  return student_network.of_teacher(AGENTS[student], teacher)


def test_it_is_the_teachers():
  network = told()(num_actions=2)
  assert type(network).__name__ == 'MLPDQNNetwork'
  assert (network.num_layers, network.hidden_units) == (3, 7)


def test_it_is_not_of_a_student_that_begins_anew():
  assert told(student='qdagger_dqn') is None


def test_what_is_bound_stays():
  assert told(['@reincarnation_networks.CompactDQNNetwork']) is None
  bound = gin.get_bindings('JaxDQNAgent')['network']
  assert type(bound(num_actions=2)).__name__ == 'CompactDQNNetwork'


@pytest.mark.parametrize(
  'lineage', [{'agent': 'rainbow'}, {'network': 'StrangeNetwork'}]
)
def test_another_kind_and_a_strange_network_are_left_to_the_student(lineage):
  assert told(**lineage) is None


def test_a_field_that_is_bound_counts():
  field = 'reincarnation_networks.MLPDQNNetwork.num_layers = 4'
  network = told([field])(num_actions=2)
  assert (network.num_layers, network.hidden_units) == (4, 7)


@pytest.mark.parametrize(
  ('family', 'name'),
  [
    (name, kind)
    for name, family in games.GAMES.items()
    for kind in family.networks
  ],
)
def test_it_is_the_games(family, name):
  kind = students.STUDENTS[name]
  binding = f'create_game.kind = "{family}"'
  gin_parsing.load([], [binding], network_parameter=kind.network_parameter)
  network = student_network.of_game(kind)
  assert network.__name__ == games.GAMES[family].networks[kind.name]


def test_it_is_not_the_games_where_one_is_bound():
  load = [
    'create_game.kind = "minatar"',
    '@reincarnation_networks.MLPDQNNetwork',
  ]
  gin_parsing.load([], load, network_parameter=KIND.network_parameter)
  assert student_network.of_game(KIND) is None
