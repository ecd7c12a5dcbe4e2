"""Names of methods and of agents: which of two bindings counts."""

import gin
import pytest

from reincarnating_rl.runner import factories
from reincarnating_rl.settings import gin_parsing
from reincarnating_rl.support.errors import UserError
from tests import toys

OFFICIAL = 'QDaggerDQNAgent.distill_temperature = 0.3'


def load(tmp_path, text, *bindings, agent='qdagger_dqn'):
  path = tmp_path / 'own.gin'
  path.write_text(text)
  factories.load_settings(agent, [str(path)], bindings)


def temperature(agent='qdagger_dqn'):
  made = toys.make_agent(kind=factories.AGENTS[agent])
  unread = gin_parsing.unread_bindings()
  assert not {name for name in unread if 'distill' in name}
  return made.method_settings.distill_temperature


@pytest.mark.parametrize('agent', ['qdagger_dqn', 'kickstarting_dqn'])
def test_an_official_name_overrides_a_shipped_file(tmp_path, agent):
  # Both are read: neither is an error.
  text = 'QDagger.distill_temperature = 0.7'
  load(tmp_path, text, OFFICIAL, agent=agent)
  assert temperature(agent) == 0.3


def test_a_binding_that_would_count_for_nothing_is_an_error(tmp_path):
  binding = 'QDagger.distill_temperature = 0.7'
  with pytest.raises(UserError, match='counts before') as caught:
    load(tmp_path, OFFICIAL, binding)
  assert 'bind QDaggerDQNAgent.distill_temperature instead' in str(caught.value)


def test_names_of_other_agents_do_not_matter(tmp_path):
  text = 'QDaggerRainbowAgent.distill_temperature = 0.3'
  load(tmp_path, text, 'QDagger.distill_temperature = 0.7')
  assert toys.make_agent().method_settings.distill_temperature == 0.7
  with pytest.raises(UserError, match='is read by nothing'):
    gin_parsing.check_every_binding_was_read()
  gin.clear_config()
