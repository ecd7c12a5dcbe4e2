"""Every shipped configuration: parsed, built, and read to the last binding."""

import dataclasses
import functools
import gc
import pathlib
import re

import gin
import jax
import numpy as np
import pytest

from reincarnating_rl.agents import control_parts, value_parts
from reincarnating_rl.envs import minatar_games
from reincarnating_rl.runner import factories
from reincarnating_rl.settings import gin_parsing, shipped_configs
from reincarnating_rl.studies import part, plan, study_file
from reincarnating_rl.support.errors import UserError

_BUNDLED = pathlib.Path(__file__).parents[2] / 'teacher_ckpts'
PONG = str(_BUNDLED / 'Pong/1')
OF_DEMOS = {
  'demo.gin': str(_BUNDLED / 'Freeway/1'),
  'quick.gin': str(_BUNDLED / 'MinAtar/breakout/1'),
}
# Of no agent: they come after a method's file.
OF_STUDIES = {
  *('minatar/pvrl.gin', 'minatar/recipe.gin', 'minatar/comparison.gin'),
  *('control/comparison.gin', 'control/humanoid.gin', 'control/small.gin'),
  *('minatar/teacher_budget.gin', 'minatar/student_budget.gin'),
}
PAPER = study_file.read(study_file.find('paper'))
PARTS = ('students', 'methods', 'games')
RECIPES = sorted(
  name
  for name in shipped_configs.files() - OF_STUDIES
  if name.split('/')[0] not in PARTS
)
# With the recipes these need every part of every composed name.
COMPOSED = (
  *('dqn.gin', 'quantile.gin', 'qdagger_implicit_quantile.gin'),
  *('ql_dagger_rainbow.gin', 'reloaded_rainbow.gin'),
  *('minatar/dqn.gin', 'minatar/qdagger_rainbow.gin', 'minatar/jsrl_dqn.gin'),
  *('minatar/dagger_implicit_quantile.gin', 'minatar/dqfd_quantile.gin'),
  *('minatar/reloaded_dqn.gin', 'minatar/rehearsal_rainbow.gin'),
  'gymnasium/jsrl_rainbow.gin',
  'gymnasium/pretrained_implicit_quantile.gin',
  *('balloon/dqn.gin', 'balloon/jsrl_rainbow.gin'),
  *('balloon/reloaded_quantile.gin', 'balloon/qdagger_implicit_quantile.gin'),
  *('gymnasium/qdagger_d4pg.gin', 'gymnasium/warm_start_sac.gin'),
  *('control/td3.gin', 'control/pretrained_sac.gin'),
)
# Emulators and simulators take most of the time to build a run.
ONE_LANE = 'create_{}_environment.num_vector_environments = 1'


@pytest.fixture(autouse=True, scope='module')
def frozen():
  """Has a collection pass over what was there before: TensorFlow is large."""
  gc.collect()
  gc.freeze()
  yield
  gc.unfreeze()


@pytest.fixture(autouse=True)
def bounded_memory(frozen):
  """Frees each run, which holds references to itself, before the next."""
  yield
  gc.collect()


@pytest.fixture(autouse=True)
def no_initialisation(monkeypatch):
  """Makes parameters zeros of the right shapes, which compiles no program."""

  def quick(make_learner, *args, **named):
    learner = make_learner(*args, **named)

    def init(key):
      shapes = jax.eval_shape(learner.init, key)
      return jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), shapes)

    return dataclasses.replace(learner, init=init)

  for module, name in (
    (value_parts, 'make_pure'),
    (control_parts, 'make_control_learner'),
  ):
    make = functools.partial(quick, getattr(module, name))
    monkeypatch.setattr(module, name, make)


def agent_of(config):
  """Returns the agent of a composed name, or that a file's head names."""
  if config not in shipped_configs.files():
    return pathlib.Path(config).stem
  text = shipped_configs.read(config)
  return re.search(
    rf'^#   --agent (\w+) --gin_files configs/{config}$', text, re.M
  )[1]


def load(config, bindings=()):
  factories.load_settings(agent_of(config), [config], bindings)


def build(tmp_path, config, bindings=()):
  kind = config.split('/')[0] if '/' in config else 'atari'
  kind = 'minatar' if config == 'quick.gin' else kind
  lanes = (ONE_LANE.format(kind),) if kind in ('atari', 'balloon') else ()
  load(config, [*lanes, *bindings])
  agent = agent_of(config)
  teacher = factories.TeacherSettings()
  if factories.AGENTS[agent].method.needs_teacher:
    teacher = (
      factories.TeacherSettings('random')  # There is no other of these games.
      if '/' in config
      else factories.TeacherSettings(checkpoint_dir=OF_DEMOS.get(config, PONG))
    )
  return factories.create_runner(
    base_dir=str(tmp_path), agent=agent, teacher=teacher, seed=1
  )


def decay_period(agent):
  return agent.method.weaning(agent.method_settings).decay_period


def wean(agent):
  """Has a student hear that its teacher's time is over."""
  agent.weaner.after_evaluation(0.0, decay_period(agent) + 1)


@pytest.mark.parametrize('config', [*RECIPES, *COMPOSED])
def test_every_binding_is_read_by_something(tmp_path, config):
  # Bindings of functions that are never called were inert in the official code.
  build(tmp_path, config)
  gin_parsing.check_every_binding_was_read()


@pytest.mark.parametrize('variant', PAPER.tables['methods'].variants)
def test_the_budget_of_the_comparison(tmp_path, variant):
  """As `study` starts its runs: another budget, and the method's own values."""
  chosen = part.of(PAPER, variants=variant, games='freeway', seeds=1)
  _, job = plan.make_plan(chosen)
  flags = [flag.removeprefix('--').split('=', 1) for flag in job.flags]

  def given(name):
    return [value for flag, value in flags if flag == name]

  (agent,) = given('agent')
  factories.load_settings(
    agent,
    given('gin_files'),
    # A random teacher leaves no replay.
    [*given('gin_bindings'), 'RunnerWithTeacher.teacher_data = "auto"'],
  )
  runner = factories.create_runner(
    base_dir=str(tmp_path),
    agent=agent,
    teacher=factories.TeacherSettings('random'),
    seed=1,
  )
  assert runner._game.name == 'MinAtar/freeway'
  assert runner._agent.update_horizon == 3
  online = [row for row in runner.plan if row.phase.name == 'ONLINE']
  assert [row.steps for row in online] == [2500] * 10
  if variant in ('QDagger', 'Kickstarting', 'DQfD'):
    assert decay_period(runner._agent) == 15_000
  gin_parsing.check_every_binding_was_read()


def test_every_part_is_built():
  names = {
    name: re.findall(r"^include '(.+)'", shipped_configs.read(name), re.M)
    for name in shipped_configs.files()
  }
  reached, left = set(), [*RECIPES, *COMPOSED]
  while left:
    name = left.pop()
    reached.add(name)
    left += names.get(name) or shipped_configs.composed().get(name, ())
  assert shipped_configs.files() <= reached | OF_STUDIES


@pytest.mark.parametrize('game', minatar_games.GAMES)
def test_every_minatar_game(tmp_path, game):
  binding = f'create_minatar_environment.game_name = "{game}"'
  agent = build(tmp_path, 'minatar/dqn.gin', [binding])._agent
  environment = minatar_games.MinAtarGame(game)
  assert agent.num_actions == environment.action_space.n
  shape = environment.observation_space.shape
  assert agent.state.shape == (*shape, 1) and agent.state.dtype == np.uint8
  gin_parsing.check_every_binding_was_read()


def test_the_values_of_minatar(tmp_path):
  runner = build(tmp_path, 'minatar/qdagger_dqn.gin')
  agent = runner._agent
  assert runner._game.name == 'MinAtar/breakout'
  assert not runner._clip_rewards
  assert (agent.update_period, agent.target_update_period) == (4, 1000)
  assert (agent.stack_size, agent.min_replay_history) == (1, 1000)
  assert agent.weaner.learning_rate == 2.5e-4
  layers = agent.trainer.state.params['params']
  assert layers['Dense_0']['kernel'].shape == (1024, 128)


def test_the_values_of_the_balloon(tmp_path):
  runner = build(tmp_path, 'balloon/qdagger_dqn.gin')
  agent = runner._agent
  assert runner._game.name == 'Balloon'
  assert not runner._clip_rewards
  assert (agent.gamma, agent.update_horizon) == (0.993, 5)
  assert (agent.update_period, agent.target_update_period) == (4, 100)
  assert (agent.stack_size, agent.min_replay_history) == (1, 500)
  assert agent.state.shape == (1099, 1) and agent.state.dtype == np.float32
  assert (agent.weaner.learning_rate, agent.weaner.initial_coefficient) == (
    1e-4,
    100.0,
  )
  wean(agent)
  assert agent.weaner.learning_rate == 1e-5
  # Seven hidden layers and the head, as the environment's own DQN has.
  layers = agent.trainer.state.params['params']
  widths = sorted(layer['bias'].size for layer in layers.values())
  assert widths == [3] + [600] * 7


# Seven hidden layers and the outputs; an IQN embeds its fractions besides.
@pytest.mark.parametrize(
  ('config', 'expected'),
  [
    ('qdagger_quantile', [3 * 51] + 7 * [600]),
    ('qdagger_implicit_quantile', [3] + 8 * [600]),
  ],
)
def test_the_balloons_quantile_students(tmp_path, config, expected):
  agent = build(tmp_path, f'balloon/{config}.gin')._agent
  # What the balloon sets of JaxDQNAgent reaches them, too.
  assert (agent.gamma, agent.update_horizon) == (0.993, 5)
  assert (agent.update_period, agent.target_update_period) == (4, 100)
  assert (decay_period(agent), agent.method_settings.distill_floor) == (
    1_000_000,
    0.1,
  )
  layers = agent.trainer.state.params['params']
  widths = [layer['bias'].size for layer in layers.values()]
  assert sorted(widths) == sorted(expected)


def test_a_game_of_another_kind_is_not_set_for_nothing(tmp_path):
  binding = 'create_atari_environment.game_name = "Pong"'
  build(tmp_path, 'minatar/dqn.gin', [binding])
  with pytest.raises(UserError, match='create_atari_environment.game_name is'):
    gin_parsing.check_every_binding_was_read()


def test_the_papers_values_of_rainbow(tmp_path):
  runner = build(tmp_path, 'qdagger_rainbow.gin')
  agent = runner._agent
  assert (agent._num_atoms, agent._support[-1]) == (51, 10.0)
  assert (agent._noisy, agent._dueling, agent._double_dqn) == (False,) * 3
  assert type(agent.batches.replay).__name__ == 'PrioritizedFrameStore'
  assert (agent.weaner.coefficient, agent.update_horizon) == (1.0, 3)
  assert decay_period(agent) == 2_500_000
  phases = [row.phase.name for row in runner.plan]
  assert (phases.count('PRETRAIN'), phases.count('ONLINE')) == (10, 15)


def test_the_papers_values_of_drq(tmp_path):
  agent = build(tmp_path, 'qdagger_drq.gin')._agent
  assert (agent.update_horizon, agent.weaner.coefficient) == (10, 3.0)
  assert (agent.update_period, agent.target_update_period) == (1, 1)
  assert (agent._dueling, agent._double_dqn) == (True, True)
  assert (agent._distributional, agent._num_atoms) == (False, 1)
  assert agent._spec.augments
  assert type(agent.batches.replay).__name__ == 'FrameStore'


BUDGETS = {'dqn': 10, 'rainbow': 15}  # Online iterations, of a million frames.


def num_iterations(runner):
  phases = [row.phase.name for row in runner.plan]
  return {name: phases.count(name) for name in dict.fromkeys(phases)}


@pytest.mark.parametrize('kind', ['dqn', 'rainbow'])
def test_the_papers_values_of_rehearsal(tmp_path, kind):
  runner = build(tmp_path, f'rehearsal_{kind}.gin')
  agent = runner._agent
  assert (agent.batches.teacher_data_ratio, agent.update_horizon) == (1 / 16, 3)
  assert (agent.weaner.learning_rate, agent.epsilon) == (6.25e-5, 1.0)
  assert num_iterations(runner) == {
    'TEACHER_EVALUATION': 1,
    'COLLECT': 10,
    'ONLINE': BUDGETS[kind],
  }


@pytest.mark.parametrize('kind', ['dqn', 'rainbow'])
def test_the_papers_values_of_jsrl(tmp_path, kind):
  runner = build(tmp_path, f'jsrl_{kind}.gin')
  agent = runner._agent
  assert (agent.actor.horizon, agent.update_horizon) == (1000, 3)
  agent.actor.finish_iteration()
  assert agent.actor.horizon == 800
  assert num_iterations(runner) == {
    'TEACHER_EVALUATION': 1,
    'ONLINE': BUDGETS[kind],
  }


@pytest.mark.parametrize(
  ('config', 'learning_rate'),
  [
    ('reloaded_dqn.gin', 1e-5),
    ('reloaded_dqn_nature.gin', 5e-5),
    ('reloaded_rainbow.gin', 1e-5),
  ],
)
def test_the_papers_values_of_fine_tuning(tmp_path, config, learning_rate):
  runner = build(tmp_path, config)
  agent = runner._agent
  assert agent.weaner.learning_rate == learning_rate
  assert agent.epsilon == 0.01  # At its end from the first step on.
  teacher = runner._teacher.lineage
  if config != 'reloaded_rainbow.gin':  # Of another kind, which is an error.
    assert type(agent.network_def).__name__ == teacher['network']
  assert num_iterations(runner) == {
    'RELOAD': 1,
    'TEACHER_EVALUATION': 1,
    'ONLINE': 30,
  }


def test_the_papers_values_of_dqn(tmp_path):
  runner = build(tmp_path, 'qdagger_dqn.gin')
  agent = runner._agent
  assert (agent.gamma, agent.update_horizon) == (0.99, 3)
  assert agent.weaner.coefficient == 3.0
  assert agent.weaner.learning_rate == 1e-4
  wean(agent)
  assert agent.weaner.learning_rate == 1e-5
  assert (agent.update_period, agent.target_update_period) == (4, 8000)
  phases = [row.phase.name for row in runner.plan]
  assert phases.count('PRETRAIN') == phases.count('ONLINE') == 10
  assert {row.steps for row in runner.plan if row.trains} == {100_000, 250_000}
  agent.trainer.pretraining_updates = 25_000
  assert agent.epsilon == pytest.approx(0.505)


@pytest.mark.parametrize(
  ('kind', 'period'), [('dqn', 1_500_000), ('rainbow', 2_500_000)]
)
def test_the_papers_values_of_dqfd_and_pretraining(tmp_path, kind, period):
  dqfd = build(tmp_path / 'dqfd', f'dqfd_{kind}.gin')
  agent = dqfd._agent
  assert (agent.weaner.coefficient, agent.update_horizon) == (1.0, 3)
  assert decay_period(agent) == period
  wean(agent)
  assert agent.weaner.learning_rate == 1e-4
  pretrained = build(tmp_path / 'pretrained', f'pretrained_{kind}.gin')
  agent = pretrained._agent
  assert (agent.weaner.coefficient, agent.weaner.learning_rate) == (1.0, 1e-4)
  agent.trainer.finish_pretraining(resets_optimizer=True)
  assert (agent.weaner.coefficient, agent.weaner.learning_rate) == (0.0, 1e-5)
  for runner in (dqfd, pretrained):
    phases = [row.phase.name for row in runner.plan]
    assert (phases.count('PRETRAIN'), phases.count('ONLINE')) == (
      10,
      BUDGETS[kind],
    )


@pytest.mark.parametrize('name', ['kickstarting', 'dagger', 'ql_dagger'])
def test_the_relatives_of_qdagger_have_its_values(tmp_path, name):
  runner = build(tmp_path, f'{name}_dqn.gin')
  agent = runner._agent
  assert (agent.weaner.coefficient, agent.update_horizon) == (3.0, 3)
  agent.weaner.after_evaluation(0.5, 0)
  is_weaned = name == 'kickstarting'
  assert agent.weaner.coefficient == (1.5 if is_weaned else 3.0)
  phases = [row.phase.name for row in runner.plan]
  assert phases.count('PRETRAIN') == (0 if is_weaned else 10)


@pytest.mark.parametrize(
  ('binding', 'message'),
  [
    ('Runer.num_iterations=3', 'Did you mean Runner'),
    ('Runner.num_iteration=3', 'Did you mean Runner.num_iterations'),
    ('Runner.num_iterations', 'In .Runner.num_iterations.: '),
    ('JaxDQNAgent.network=@NatureDQN', 'NatureDQN'),
    ('@NatureDQN', 'NatureDQN'),
    ('import no_such_networks', 'no_such_networks'),
  ],
)
def test_a_wrong_binding_is_one_line_with_the_nearest_name(binding, message):
  with pytest.raises(UserError, match=message) as caught:
    load('qdagger_dqn.gin', [binding])
  assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
  ('config', 'network'),
  [
    ('qdagger_dqn.gin', '@networks.ImpalaDQNNetwork'),
    ('qdagger_dqn.gin', '@reincarnation_networks.ImpalaDQNNetwork'),
    ('qdagger_rainbow.gin', '@reincarnation_networks.ImpalaRainbowNetwork'),
  ],
)
def test_a_reference_alone_is_the_students_network(tmp_path, config, network):
  agent = build(tmp_path, config, [network])._agent
  assert 'encoder' in agent.trainer.state.params['params']


def test_the_students_settings_are_not_the_teachers(tmp_path):
  # The official teacher inherited from the student, and so its bindings.
  states = np.random.default_rng(0).integers(0, 256, (3, 84, 84, 4), np.uint8)
  plain = build(tmp_path, 'qdagger_rainbow.gin')._teacher
  teacher = build(
    tmp_path,
    'qdagger_rainbow.gin',
    [
      '@reincarnation_networks.ImpalaRainbowNetwork',
      'JaxDQNAgent.gamma = 0.5',
      'JaxFullRainbowAgent.vmax = 3.0',
      'QDaggerRainbowAgent.distill_temperature = 5.0',
    ],
  )._teacher
  assert teacher.lineage == plain.lineage
  np.testing.assert_array_equal(
    teacher.policy_logits(states), plain.policy_logits(states)
  )


def test_a_scope_tells_the_teachers_network_from_the_students(tmp_path):
  network = 'reincarnation_networks.ImpalaDQNNetwork'
  bindings = [
    f'@{network}',
    f'{network}.width_scale = 2',
    f'create_teacher.network = @teacher/{network}',
    f'teacher/{network}.width_scale = 1',
  ]
  load('qdagger_dqn.gin', bindings)
  teacher_network = gin.get_bindings('create_teacher')['network'](num_actions=6)
  student_network = gin.get_bindings('JaxDQNAgent')['network'](num_actions=6)
  assert (teacher_network.width_scale, student_network.width_scale) == (1, 2)


def test_a_students_network_may_be_as_wide_as_it_likes(tmp_path):
  agent = build(
    tmp_path,
    'qdagger_rainbow.gin',
    [
      '@reincarnation_networks.ImpalaRainbowNetwork',
      'ImpalaRainbowNetwork.width_scale = 2',
    ],
  )._agent
  encoder = agent.trainer.state.params['params']['encoder']
  assert encoder['_stacks_0']['Conv_0']['bias'].shape == (32,)


@pytest.mark.parametrize(
  ('config', 'macro', 'near'),
  [
    ('minatar/qdagger_dqn.gin', 'DECAY_PEROID', 'Did you mean DECAY_PERIOD?'),
    ('minatar/reloaded_dqn.gin', 'LEARNING_RATE', 'mean FINE_TUNING_LEARNING'),
  ],
)
def test_a_macro_that_nothing_reads_is_an_error(config, macro, near):
  # It counted for nothing, without a word.
  with pytest.raises(UserError, match=f'^The macro {macro} is read .*{near}'):
    load(config, [f'{macro} = 7'])


def test_macros_of_a_file_are_those_of_shipped_ones(tmp_path):
  own = tmp_path / 'own.gin'
  # A budget of many methods: without a teacher, there is no DECAY_PERIOD.
  text = "include 'minatar/dqn.gin'\nSTEPS = 7\nDECAY_PERIOD = %STEPS\n"
  own.write_text(text)
  factories.load_settings('dqn', [str(own)], [])
  own.write_text(f'{text}DECAY_PEROID = %STEPS\n')
  with pytest.raises(UserError, match='^The macro DECAY_PEROID is read by'):
    factories.load_settings('dqn', [str(own)], [])


def test_every_macro_of_the_studies_is_read():
  variants = {
    (variant.agent, variant.gin_files, variant.bindings)
    for name in study_file.shipped_names()
    for variant in study_file.read(study_file.find(name)).variants.values()
    if any('.' not in text.split('=')[0] for text in variant.bindings)
  }
  assert len(variants) >= 6
  for variant in variants:
    factories.load_settings(*variant)


@pytest.mark.parametrize(
  ('config', 'macros'),
  [
    (
      'minatar/qdagger_dqn.gin',
      ('MIN_REPLAY_HISTORY', 'TARGET_UPDATE_PERIOD', 'ONLINE_ITERATIONS'),
    ),
    ('balloon/qdagger_dqn.gin', ('UPDATE_HORIZON', 'STUDENT_TEMPERATURE')),
    ('qdagger_drq.gin', ('UPDATE_HORIZON', 'DISTILL_COEFFICIENT')),
    ('demo.gin', ('LEARNING_RATE', 'FINAL_LEARNING_RATE')),
    ('pretrained_dqn.gin', ('TEMPERATURE',)),
  ],
)
def test_families_and_recipes_bind_macros(config, macros):
  load(config, [f'{macro} = 3' for macro in macros])


def test_the_suites_students_learn_at_the_rate_of_their_kind():
  """It was a third of it, Atari's, and rose as the student was weaned."""
  for name in shipped_configs.composed():
    if name.startswith('control/'):
      load(name)
      rates = gin.get_bindings('Student')
      assert rates['learning_rate'] == 3e-4, name
      assert rates.get('final_learning_rate', 3e-4) == 3e-4, name


@pytest.mark.parametrize(
  ('config', 'expected'),
  [
    ('control/pretrained_sac.gin', 1.0),
    ('gymnasium/pretrained_sac.gin', 1.0),
    ('gymnasium/pretrained_dqn.gin', 0.1),
  ],
)
def test_the_temperature_of_cql_is_the_students(config, expected):
  load(config)
  assert gin.get_bindings('Pretrained')['cql_temperature'] == expected


def test_gymnasiums_d4pg_can_tell_rewards_from_costs():
  load('gymnasium/d4pg.gin')
  told = gin.get_bindings('D4PG')
  assert told['vmin'] == -told['vmax'] == -1000.0
  assert told['num_atoms'] % 2 == 1  # One of them is 0.


def test_a_binding_that_nothing_reads_is_an_error(tmp_path):
  build(tmp_path, 'dqn.gin', ['create_optimizer.learning_rate=1.0'])
  with pytest.raises(UserError, match='create_optimizer.learning_rate'):
    gin_parsing.check_every_binding_was_read()
