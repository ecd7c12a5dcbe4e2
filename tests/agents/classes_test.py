"""Every method with every student: names, gin's names, a few updates each."""

import functools
import inspect

import gin
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  isort: skip
from dopamine.jax.agents.dqn import dqn_agent
from dopamine.jax.agents.full_rainbow import full_rainbow_agent

from reincarnating_rl.agents import classes
from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.learner.types import LearnerState
from reincarnating_rl.methods.settings import QDaggerSettings
from reincarnating_rl.methods.table import METHODS
from reincarnating_rl.students import STUDENTS, values
from reincarnating_rl.students.values import DQNSettings
from reincarnating_rl.support.errors import UserError
from tests import toys
from tests.agents.student_test import teacher_data

# Networks of a few parameters: each pair compiles an update of its own.
_TINY = {'num_layers': 1, 'hidden_units': 4}
_SMALL = {
  'dqn': {
    'network': functools.partial(toys.MLPDQNNetwork, **_TINY),
    'min_replay_history': 10,
  },
  'rainbow': {
    'network': functools.partial(toys.MLPRainbowNetwork, **_TINY),
    'num_atoms': 3,
  },
  'quantile': {'num_atoms': 2},
  'implicit_quantile': {
    'num_tau_samples': 2,
    'num_tau_prime_samples': 2,
    'num_quantile_samples': 2,
    'quantile_embedding_dim': 2,
  },
}


def test_there_is_an_agent_for_each_method_and_student():
  assert len(METHODS) == 11 and len(STUDENTS) == 4 + 3
  assert len(AGENTS) == 11 * 4 + 10 * 3
  # A margin is between discrete actions.
  assert {f'{m}_sac' for m in METHODS if m} - AGENTS.keys() == {'dqfd_sac'}
  assert {name for name in AGENTS if 'dqn' in name} == {
    *('dqn', 'qdagger_dqn', 'kickstarting_dqn', 'ql_dagger_dqn', 'dagger_dqn'),
    *('dqfd_dqn', 'pretrained_dqn', 'rehearsal_dqn', 'jsrl_dqn'),
    *('reloaded_dqn', 'warm_start_dqn'),
  }
  for name, agent in AGENTS.items():
    method, kind = agent.method.name, agent.kind.name
    assert name == (f'{method}_{kind}' if method else kind)


def test_the_documented_classes_extend_dopamines_agents():
  assert issubclass(classes.QDaggerDQNAgent, dqn_agent.JaxDQNAgent)
  assert issubclass(
    classes.QDaggerRainbowAgent, full_rainbow_agent.JaxFullRainbowAgent
  )
  for name in (
    *('KickstartingDQNAgent', 'QLDaggerRainbowAgent', 'DaggerDQNAgent'),
    *('DQfDDQNAgent', 'PretrainedRainbowAgent', 'RehearsalDQNAgent'),
    *('JSRLRainbowAgent', 'ReloadedQuantileAgent', 'ReincarnatingDQNAgent'),
    'ReincarnatingImplicitQuantileAgent',
  ):
    agent = getattr(classes, name)
    assert agent.__name__ == name
    assert issubclass(agent, dqn_agent.JaxDQNAgent)
    assert agent.__doc__
  with pytest.raises(AttributeError, match='no agent QDaggerDQN'):
    classes.QDaggerDQN  # noqa: B018


def test_an_agent_is_a_few_classes_deep():
  for agent in AGENTS.values():
    own = [c for c in agent.__mro__ if c.__module__.startswith('reincarnating')]
    assert len(own) <= 6
  assert len(classes.QDaggerDQNAgent.__mro__) == 6


@pytest.mark.parametrize(
  'name', [n for n, agent in AGENTS.items() if not agent.kind.is_continuous]
)
def test_every_pair_updates(name):
  is_taught = AGENTS[name].method.needs_teacher
  agent = toys.make_agent(
    kind=AGENTS[name],
    teacher=toys.ScriptedTeacher if is_taught else None,
    **_SMALL,
  )
  before = jax.tree.map(np.array, agent.online_params)
  agent.batches.set_teacher_data(teacher_data(agent, steps=20))
  for i in range(8):
    observation = np.full(toys.LENGTH, i / 8, np.float32)
    agent._store_transition(observation, i % 2, 1.0, False)
  for steps in (8, 9, 10):
    metrics = agent.trainer.train(online_steps=steps)
  assert agent.trainer.online_updates == 3
  assert {term.metric for term in agent.terms} <= metrics.keys()
  moved = jax.tree.map(
    lambda a, b: float(abs(a - b).max()), agent.online_params, before
  )
  assert max(jax.tree.leaves(moved)) > 0.0
  assert all(np.isfinite(x).all() for x in jax.tree.leaves(moved))


@pytest.mark.parametrize(
  'kind',
  [
    pytest.param(
      kind, id=kind.name, marks=[] if kind.name == 'dqn' else [pytest.mark.soak]
    )
    for kind in values.KINDS
  ],
)
def test_seeds_in_one_program_are_seeds_apart(kind):
  """The learner is pure: `jax.vmap` takes its state and its update."""
  agent = toys.make_agent(kind=AGENTS[f'qdagger_{kind.name}'], **_SMALL)
  learner, weights = agent.learner, toys.weights_of(agent, 2.0)
  keys = jax.random.split(jax.random.PRNGKey(3), 2)
  states = jax.jit(jax.vmap(learner.init))(keys)
  store = teacher_data(agent)
  batches = [store.sample(8) for _ in keys]
  batches = [
    b._replace(teacher_policy=np.float32([[0.0, i]] * 8))
    for i, b in enumerate(batches)
  ]
  stacked = jax.tree.map(lambda *x: jnp.stack(x), *batches)
  update = jax.vmap(learner.update, in_axes=(0, 0, None))
  together, report = jax.jit(update)(states, stacked, weights)
  apart = jax.jit(learner.update)
  for i, batch in enumerate(batches):
    state = LearnerState(*jax.tree.map(lambda x, i=i: x[i], tuple(states)))
    alone, one = apart(state, batch, weights)
    jax.tree.map(
      lambda a, b, i=i: np.testing.assert_allclose(
        a[i], b, rtol=1e-4, atol=1e-6
      ),
      together,
      alone,
    )
    np.testing.assert_allclose(
      report.td_losses[i], one.td_losses, rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize('name', ['qdagger_dqn', 'kickstarting_quantile'])
def test_a_methods_settings_are_bound_once_for_all_students(name):
  gin.parse_config(['QDagger.distill_temperature = 0.7'])
  agent = AGENTS[name]
  made = toys.make_agent(kind=agent)
  assert made.method_settings.distill_temperature == 0.7


@pytest.mark.parametrize('name', ['qdagger_rainbow', 'dagger_rainbow'])
def test_the_official_names_count_before_the_methods(name):
  gin.parse_config(
    [
      'QDagger.distill_temperature = 0.7',
      'QDaggerRainbowAgent.distill_temperature = 0.3',
      'QDagger.distill_decay_period = 5',
    ]
  )
  made = toys.make_agent(kind=AGENTS[name])
  assert made.method_settings.distill_temperature == 0.3
  assert made.method_settings.distill_decay_period == 5


def test_gin_knows_the_settings_of_every_class():
  for agent in AGENTS.values():
    names = set(inspect.signature(agent.__init__).parameters)
    fields = set(inspect.signature(agent.method.settings).parameters)
    assert fields <= names
  with pytest.raises(ValueError, match='distill_temperatur'):
    gin.parse_config(['QDaggerDQNAgent.distill_temperatur = 1.0'])
  with pytest.raises(ValueError, match="doesn't have a parameter"):
    gin.parse_config(['JSRLDQNAgent.distill_temperature = 1.0'])


def test_double_q_learning_is_a_setting_of_every_dqn():
  gin.parse_config(['ReincarnatingDQNAgent.double_dqn = True'])
  assert toys.make_agent(kind=AGENTS['jsrl_dqn']).value.double
  assert toys.make_agent(kind=AGENTS['dqn'], teacher=None).value.double


@pytest.mark.parametrize('kind', ['value', 'policy_and_value'])
def test_values_of_a_policy_are_refused(kind):
  teacher = toys.ScriptedTeacher()
  teacher.lineage = {}
  with pytest.raises(UserError, match='no Q-values'):
    toys.make_agent(teacher=teacher, distill_type=kind)
  made = toys.make_agent(distill_type=kind)
  assert made.terms[1].name == 'distill'


def test_a_bound_learning_rate_counts_where_nothing_is_weaned():
  rates = {'learning_rate': 0.123, 'final_learning_rate': None}
  for name in ('dqn', 'jsrl_dqn', 'ql_dagger_dqn', 'reloaded_quantile'):
    agent = toys.make_agent(kind=AGENTS[name], student=rates)
    assert agent.weaner.weights.learning_rate == np.float32(0.123)
    # One that would count for nothing is an error.
    with pytest.raises(UserError, match='this agent is never weaned'):
      toys.make_agent(
        kind=AGENTS[name], student=rates | {'final_learning_rate': 2.5e-4}
      )


@pytest.mark.parametrize(
  ('name', 'settings', 'message'),
  [
    ('dagger_dqn', {'weaner': 'linear'}, 'has its own schedule'),
    ('dqfd_dqn', {'second_td_coefficient': 0.5}, 'second_update_horizon'),
  ],
)
def test_settings_that_would_count_for_nothing_are_errors(
  name, settings, message
):
  with pytest.raises(UserError, match=message):
    toys.make_agent(kind=AGENTS[name], **settings)


def test_settings_may_be_given_whole():
  settings = QDaggerSettings(distill_temperature=0.7)
  agent = classes.QDaggerDQNAgent(
    2,
    seed=0,
    method_settings=settings,
    distill_floor=0.2,
    kind_settings=DQNSettings(double_dqn=True),
    network=toys.MLPDQNNetwork,
    game={'observation_shape': (5,), 'stack_size': 1},
  )
  told = agent.method_settings
  assert (told.distill_temperature, told.distill_floor) == (0.7, 0.2)
  assert agent.value.double


def test_macros_are_looked_up_before_settings_are_checked():
  gin.parse_config(['N = 7', 'V = 3.0'])
  gin.parse_config(
    ['JaxFullRainbowAgent.num_atoms = %N', 'JaxFullRainbowAgent.vmax = %V']
  )
  agent = AGENTS['rainbow'](
    2,
    seed=0,
    network=toys.MLPRainbowNetwork,
    game={'observation_shape': (5,), 'stack_size': 1},
  )
  assert agent.value.shapes['logits'] == (2, 7)
