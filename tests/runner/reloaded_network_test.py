"""Which network a student has that begins as its teacher is."""

import gin
import pytest

from reincarnating_rl.runner import (
  factories,
  reloaded_network,
)
from reincarnating_rl.settings import gin_parsing
from tests import toys

STUDENT = factories.AGENTS['reloaded_dqn']
LINEAGE = {
  'agent': 'dqn',
  'network': 'MLPDQNNetwork',
  'network_fields': {'num_layers': 3, 'hidden_units': 7},
}


def told(bindings=(), **lineage):
  """Returns what the student's network is bound to, once it was told."""
  gin_parsing.load([], bindings, network_parameter=STUDENT.network_parameter)
  teacher = toys.ScriptedTeacher()
  teacher.lineage = LINEAGE | lineage
  try:
    reloaded_network.tell_student(STUDENT, teacher)
    return gin.get_bindings('JaxDQNAgent').get('network')
  finally:
    gin.clear_config()


def test_it_is_the_teachers():
  network = told()(num_actions=2)
  assert type(network).__name__ == 'MLPDQNNetwork'
  assert (network.num_layers, network.hidden_units) == (3, 7)


def test_what_is_bound_stays():
  network = told(['@reincarnation_networks.CompactDQNNetwork'])(num_actions=2)
  assert type(network).__name__ == 'CompactDQNNetwork'


@pytest.mark.parametrize(
  'lineage', [{'agent': 'rainbow'}, {'network': 'StrangeNetwork'}]
)
def test_another_kind_and_a_strange_network_are_left_to_the_student(lineage):
  assert told(**lineage) is None
