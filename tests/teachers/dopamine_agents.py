"""Dopamine's own agents, and the checkpoints that they write."""

import functools

import gin
import jax
import numpy as np

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  (before Dopamine)

# isort: split
from dopamine.discrete_domains import checkpointer
from dopamine.jax import networks
from dopamine.jax.agents.dqn import dqn_agent
from dopamine.jax.agents.full_rainbow import full_rainbow_agent
from dopamine.jax.agents.implicit_quantile import implicit_quantile_agent
from dopamine.jax.agents.ppo import ppo_agent
from dopamine.jax.agents.quantile import quantile_agent
from dopamine.jax.agents.rainbow import rainbow_agent

from reincarnating_rl.learner.actions import Discrete

NUM_ACTIONS = 3
_SHAPE = (36, 44)  # As small as the policy's convolutions allow.
STATES = np.random.default_rng(0).integers(
  256, size=(3, *_SHAPE, 4), dtype=np.uint8
)
GAME = {
  'actions': Discrete(NUM_ACTIONS),
  'observation_shape': _SHAPE,
  'stack_size': 4,
}


_BINDINGS = f"""
JaxDQNAgent.observation_shape = {_SHAPE}
ReplayBuffer.max_capacity = 10
ReplayBuffer.batch_size = 2
PrioritizedSamplingDistribution.max_capacity = 10
"""


def _discrete_ppo_network(action_shape, action_limits):
  """Dopamine's agent gives limits, which its discrete network lacks."""
  assert action_limits is None
  return networks.PPODiscreteActorCriticNetwork(action_shape)


def _ppo(**settings):
  return ppo_agent.PPOAgent(
    NUM_ACTIONS,
    _SHAPE,
    None,
    stack_size=4,
    network=_discrete_ppo_network,
    **settings,
  )


_AGENTS = {
  'dqn': dqn_agent.JaxDQNAgent,
  'rainbow': rainbow_agent.JaxRainbowAgent,
  'full_rainbow': full_rainbow_agent.JaxFullRainbowAgent,
  'quantile': quantile_agent.JaxQuantileAgent,
  'implicit_quantile': implicit_quantile_agent.JaxImplicitQuantileAgent,
}


@functools.cache
def make(name, *, num_actions=NUM_ACTIONS, **settings):
  """Makes an agent with parameters that tell the actions apart.

  It is made once and shared: leave it as it is.
  """
  with gin.config.unlock_config():
    gin.parse_config(_BINDINGS)
  with jax.numpy_rank_promotion('allow'):
    if name == 'ppo':
      agent = _ppo(seed=1, **settings)
    else:
      if name != 'full_rainbow':  # It leaves its shape to gin.
        settings = {'observation_shape': _SHAPE} | settings
      agent = _AGENTS[name](num_actions, seed=1, **settings)
  where = 'network_params' if name == 'ppo' else 'online_params'
  rng = np.random.default_rng(2)
  params = jax.tree.map(
    lambda leaf: leaf + 0.04 * rng.standard_normal(leaf.shape, np.float32),
    getattr(agent, where),
  )
  setattr(agent, where, params)
  return agent


def write_checkpoint(agent, folder, number=7):
  """Does what Dopamine's runner does at the end of an iteration."""
  writer = checkpointer.Checkpointer(str(folder))
  bundle = agent.bundle_and_checkpoint(str(folder), number)
  writer.save_checkpoint(number, bundle | {'current_iteration': number})
  return folder


def apply(agent, state, **arguments):
  """Calls the agent's network with its own parameters."""
  with jax.numpy_rank_promotion('allow'):
    return agent.network_def.apply(agent.online_params, state, **arguments)
