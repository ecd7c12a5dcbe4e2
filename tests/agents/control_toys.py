"""Small students of vectors, and a teacher of them."""

import functools

import gin
import numpy as np

from reincarnating_rl.agents import labelling
from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.networks.control_networks import MLPActorCriticNetwork

SIZE = 3  # Numbers of an observation.
ACTIONS = Continuous((-2.0, 0.0), (2.0, 1.0))
NAMES = ('sac', 'td3', 'd4pg')
_BINDINGS = {
  'SACAgent': {
    'num_layers': 1,
    'hidden_units': 8,
    'min_replay_history': 8,
    'update_horizon': 2,
    'network': MLPActorCriticNetwork,
  },
  'D4PG': {'num_atoms': 11, 'vmin': -2.0, 'vmax': 4.0},
  'Student': {
    'replay_capacity': 500,
    'batch_size': 8,
    'learning_rate': 1e-2,
  },
}


class ScriptedTeacher:
  """Acts alike everywhere; a Gaussian one has deviations of 0.5."""

  actions = ACTIONS
  acts = 'greedy'
  fingerprint = 'scripted'

  def __init__(self, distribution='deterministic', mean=(0.5, -0.25)):
    self.distribution = distribution
    self.lineage = {'agent': 'sac'}
    spread = [] if distribution == 'deterministic' else [np.log(0.5)] * 2
    self._parameters = np.float32([*mean, *spread])

  def policy_parameters(self, states):
    return np.tile(self._parameters, (len(states), 1))


def make_agent(
  name,
  *,
  teacher=ScriptedTeacher,
  seed=0,
  size=SIZE,
  num_environments=1,
  **given,
):
  """A small student.

  Args:
    name: a key of `AGENTS`.
    teacher: of the student, or what makes one; None for none.
    seed: of the student.
    size: numbers of an observation.
    num_environments: that it acts in.
    **given: settings, by the name of what gin configures.
  """
  with gin.config.unlock_config():
    for owner in {*_BINDINGS, *given}:
      values = _BINDINGS.get(owner, {}) | dict(given.get(owner, {}))
      for field, value in values.items():
        gin.bind_parameter(f'{owner}.{field}', value)
  if isinstance(teacher, type):
    teacher = teacher()
  if not AGENTS[name].method.needs_teacher:
    teacher = None
  game = {'observation_shape': (size,), 'observation_dtype': np.float32}
  return AGENTS[name](
    ACTIONS,
    seed=seed,
    teacher=teacher,
    game=game,
    num_environments=num_environments,
  )


def play(agent, steps, *, terminal_every=7, seed=0, size=SIZE):
  """Feeds an agent with random observations; returns its actions."""
  rng = np.random.default_rng(seed)
  observe = functools.partial(rng.normal, size=size)
  actions = [agent.begin_episode(np.float32(observe()))]
  for t in range(1, steps):
    if t % terminal_every == 0:
      agent.end_episode(1.0, terminal=True)
      actions.append(agent.begin_episode(np.float32(observe())))
    else:
      actions.append(agent.step(0.5, np.float32(observe())))
  return np.stack(actions)


def teacher_data(agent, steps=40):
  """An episode of random actions, labelled by the agent's teacher."""
  store = agent.make_replay(200)
  rng = np.random.default_rng(3)
  store.add_episode(
    rng.normal(size=(steps, SIZE)).astype(np.float32),
    rng.uniform(-1.0, 1.0, (steps, 2)).astype(np.float32),
    rng.normal(size=steps).astype(np.float32),
    terminal=True,
  )
  if agent.teacher is not None:
    labelling.label(store, agent.teacher, chunk=8)
  return store
