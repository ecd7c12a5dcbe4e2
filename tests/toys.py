"""A corridor that is learnt in seconds, and a teacher who goes astray."""

import functools

import gin
import gymnasium as gym
import jax
import numpy as np
from flax import linen as nn

from reincarnating_rl.agents.actor import StudentActs
from reincarnating_rl.agents.classes import AGENTS, QDaggerDQNAgent
from reincarnating_rl.envs import games, single, vector
from reincarnating_rl.learner.types import Weights
from reincarnating_rl.networks.mlp_networks import (
  MLPDQNNetwork,
  MLPRainbowNetwork,
)
from reincarnating_rl.networks.quantile_networks import (
  ImplicitQuantileNetwork,
  QuantileNetwork,
)
from tests.envs.targets import Target, target  # noqa: F401  (among the toys)

LENGTH = 5
LEFT, RIGHT = 0, 1


class Corridor(gym.Env):
  """Walk to an end of a corridor: left pays 0.5, right 1, each step costs 0.1.

  One starts one step from the left end. A teacher who goes left gets 0.4; who
  goes right, 0.7; a random walk 0.325. It is cut after 40 steps.
  """

  observation_space = gym.spaces.Box(0.0, 1.0, (LENGTH,), np.float32)
  action_space = gym.spaces.Discrete(2)
  limit = 40

  def reset(self, *, seed=None, options=None):
    super().reset(seed=seed)
    self._place, self._steps = 1, 0
    return self._observation(), {}

  def step(self, action):
    self._place += 1 if action == RIGHT else -1
    self._steps += 1
    reward = {0: 0.5, LENGTH - 1: 1.0}.get(self._place, 0.0) - 0.1
    terminal = self._place in (0, LENGTH - 1)
    return self._observation(), reward, terminal, self._steps >= self.limit, {}

  def _observation(self):
    return np.eye(LENGTH, dtype=np.float32)[self._place]


def corridor(lanes=4):
  def create():
    return single.Environment(Corridor())

  return games.Game(
    'Corridor',
    create,
    lambda: vector.LoopVectorEnvironment([create() for _ in range(lanes)]),
  )


class ScriptedTeacher:
  """Prefers one action everywhere, as a Q-teacher at temperature 0.1 would."""

  num_actions = 2
  acts = 'greedy'
  lineage: dict = {'temperature': 0.1}

  def __init__(self, action=LEFT):
    self.fingerprint = f'always {action}'
    self._logits = np.float32(10.0) * np.eye(2, dtype=np.float32)[action]
    self.num_states = 0

  def policy_logits(self, states):
    self.num_states += len(states)
    return np.tile(self._logits, (len(states), 1))


class ScriptedActor(StudentActs):
  """Acts by a function of what an actor is told."""

  def __init__(self, function):
    self._function = function

  def __call__(self, *told):
    return self._function(*told)


class TinyQuantileNetwork(QuantileNetwork):
  """Of a hidden layer of 32."""

  def _features(self, state):
    return nn.relu(nn.Dense(32)(state.reshape(-1)))


class TinyImplicitQuantileNetwork(ImplicitQuantileNetwork):
  """Of the state as it is, and a hidden layer of 32."""

  _hidden_units = 32

  def _features(self, state):
    return state.reshape(-1)


# No description names them.
TINY_NETWORKS = {
  'quantile': TinyQuantileNetwork,
  'implicit_quantile': TinyImplicitQuantileNetwork,
}
HEADS = ('dqn', 'rainbow')
ALL_HEADS = (*HEADS, 'quantile', 'implicit_quantile')


def _of_each_kind(method, heads=HEADS):
  return {kind: AGENTS[f'{method}_{kind}'] for kind in heads}


KINDS = _of_each_kind('qdagger')
ALL_KINDS = _of_each_kind('qdagger', ALL_HEADS)
REHEARSAL = _of_each_kind('rehearsal')
JSRL = _of_each_kind('jsrl')
RELOADED = _of_each_kind('reloaded', ALL_HEADS)
# What differs from QDagger by loss or schedule.
METHODS = {
  f'{method}_{kind}': agent
  for method in ('kickstarting', 'dagger', 'ql_dagger', 'dqfd', 'pretrained')
  for kind, agent in _of_each_kind(method).items()
}
_MLP = {'num_layers': 1, 'hidden_units': 32}
_BINDINGS = {
  'JaxDQNAgent': {
    'observation_shape': (LENGTH,),
    'observation_dtype': np.float32,
    'stack_size': 1,
    'network': functools.partial(MLPDQNNetwork, **_MLP),
    'update_horizon': 2,
    'min_replay_history': 50,
    'update_period': 2,
    'target_update_period': 40,
    'epsilon_fn': lambda *_: 0.4,
    'epsilon_eval': 0.0,
    'loss_type': 'huber',
  },
  'JaxFullRainbowAgent': {
    'network': functools.partial(MLPRainbowNetwork, **_MLP),
    'num_atoms': 21,
    'vmax': 2.0,
    'epsilon_fn': lambda *_: 0.4,
  },
  'JaxQuantileAgent': {
    'network': TINY_NETWORKS['quantile'],
    'num_atoms': 8,
  },
  'JaxImplicitQuantileAgent': {
    'network': TINY_NETWORKS['implicit_quantile'],
    'quantile_embedding_dim': 8,
    'num_tau_samples': 8,
    'num_tau_prime_samples': 6,
    'num_quantile_samples': 16,
  },
  'Student': {
    'replay_capacity': 10_000,
    'learning_rate': 3e-3,
    'final_learning_rate': 3e-3,
  },
}


def make_agent(
  num_actions=2,
  seed=0,
  *,
  kind=QDaggerDQNAgent,
  dqn=(),
  rainbow=(),
  quantile=(),
  implicit_quantile=(),
  student=(),
  teacher=ScriptedTeacher,
  **settings,
):
  """A small student of the corridor; gin sets what is not given.

  Args:
    num_actions: A.
    seed: of the student.
    kind: its class.
    dqn: settings of `JaxDQNAgent`, which every student is.
    rainbow: settings of `JaxFullRainbowAgent`.
    quantile: settings of `JaxQuantileAgent`.
    implicit_quantile: settings of `JaxImplicitQuantileAgent`.
    student: settings of `Student`.
    teacher: of the student, or what makes one; None for no teacher.
    **settings: of the class itself.
  """
  given = {
    'JaxDQNAgent': dict(dqn),
    'JaxFullRainbowAgent': dict(rainbow),
    'JaxQuantileAgent': dict(quantile),
    'JaxImplicitQuantileAgent': dict(implicit_quantile),
    'Student': dict(student),
  }
  with gin.config.unlock_config():
    for configurable, defaults in _BINDINGS.items():
      values = defaults | given.get(configurable, {})
      for name, value in values.items():
        gin.bind_parameter(f'{configurable}.{name}', value)
  if kind.method.gin_name == 'QDagger':
    settings = {'distill_loss_coefficient': 1.0} | settings
  if isinstance(teacher, type):
    teacher = teacher()
  return kind(num_actions, seed=seed, teacher=teacher, **settings)


def weights_of(agent, weight, learning_rate=1e-3):
  """The weights of an update: those of weaned terms are `weight`."""
  return Weights(
    {
      term.name: np.float32(weight if term.is_weaned else term.weight)
      for term in agent.terms
    },
    np.float32(learning_rate),
  )


def set_another_target(agent):
  """Gives a student a target network that is not its online network."""
  state = agent.trainer.state
  other = jax.tree.map(lambda x: 0.7 * x + 0.01, state.params)
  agent.trainer.state = state._replace(target_params=other)


def wean_to(agent, fraction):
  """Sets what is left of the teacher's first weights."""
  agent.weaner.load_state_dict({'fraction': fraction, 'returns': []})
