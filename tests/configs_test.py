"""Every shipped configuration: parsed, built, and read to the last binding."""

import pathlib

import pytest

from reincarnating_rl import configs_path, configuration
from reincarnating_rl.errors import UserError
from reincarnating_rl.runner import factories

BUNDLED = str(pathlib.Path(__file__).parents[1] / 'teacher_ckpts/Pong/1')
CONFIGS = sorted(configs_path.SHIPPED.glob('*.gin'))


def build(tmp_path, config, bindings=(), agent=None):
  configuration.load([config], bindings)
  agent = agent or ('dqn' if config == 'dqn.gin' else 'qdagger_dqn')
  teacher = None if agent == 'dqn' else BUNDLED
  return factories.create_runner(
    base_dir=str(tmp_path),
    agent=agent,
    teacher=factories.TeacherSettings(checkpoint_dir=teacher),
    seed=1,
  )


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.name)
def test_every_binding_is_read_by_something(tmp_path, path):
  # Bindings of functions that are never called were inert in the official code.
  build(tmp_path, path.name)
  configuration.check_every_binding_was_read()


def test_the_papers_values(tmp_path):
  runner = build(tmp_path, 'qdagger_dqn.gin')
  agent = runner._agent
  assert (agent.gamma, agent.update_horizon) == (0.99, 3)
  assert agent.distill_coefficient == 3.0
  assert agent.learning_rate == 1e-4
  agent.set_distill_coefficient(0.0)
  assert agent.learning_rate == 1e-5
  assert (agent.update_period, agent.target_update_period) == (4, 8000)
  phases = [row.phase.name for row in runner.plan]
  assert phases.count('PRETRAIN') == phases.count('ONLINE') == 10
  assert {row.steps for row in runner.plan if row.trains} == {100_000, 250_000}
  agent.pretraining_updates = 25_000
  assert agent.epsilon == pytest.approx(0.505)


@pytest.mark.parametrize(
  ('binding', 'message'),
  [
    ('Runer.num_iterations=3', 'Did you mean Runner'),
    ('Runner.num_iteration=3', 'Did you mean Runner.num_iterations'),
    ('Runner.num_iterations', 'In .Runner.num_iterations.: '),
    ('JaxDQNAgent.network=@NatureDQN', 'NatureDQN'),
  ],
)
def test_a_wrong_binding_is_one_line_with_the_nearest_name(binding, message):
  with pytest.raises(UserError, match=message) as caught:
    configuration.load(['qdagger_dqn.gin'], [binding])
  assert len(str(caught.value).splitlines()) == 1


def test_a_binding_that_nothing_reads_is_an_error(tmp_path):
  build(tmp_path, 'dqn.gin', ['create_optimizer.learning_rate=1.0'])
  with pytest.raises(UserError, match='create_optimizer.learning_rate'):
    configuration.check_every_binding_was_read()


@pytest.mark.parametrize(
  'name', ['qdagger_dqn.gin', 'configs/qdagger_dqn.gin', 'base/atari.gin']
)
def test_a_shipped_file_is_found_by_name_from_anywhere(
  name, tmp_path, monkeypatch
):
  monkeypatch.chdir(tmp_path)
  assert pathlib.Path(configs_path.find(name)).is_file()


def test_a_missing_file_is_an_error_with_the_nearest_name():
  with pytest.raises(UserError, match=r'Did you mean configs/qdagger_dqn.gin'):
    configs_path.find('configs/qdager_dqn.gin')
