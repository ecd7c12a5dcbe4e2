"""The recipes of docs/extending.md, followed in a process of their own."""

import pathlib
import re

from tests import scripts

ROOT = pathlib.Path(__file__).parents[1]
PAGE = ROOT / 'docs' / 'extending.md'

# What stands in the files that the recipes add to.
PRELUDE = """
import dataclasses, pathlib, tempfile
from typing import Any

import gymnasium as gym
import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from reincarnating_rl.envs import games
from reincarnating_rl.envs.family import Game, GameFamily, looped
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.learner import value_function, weaning
from reincarnating_rl.learner.terms import Term
from reincarnating_rl.learner.types import QOutput
from reincarnating_rl.learner.vocabulary import ValueTerms
from reincarnating_rl.learner.weaning import Schedule
from reincarnating_rl.methods.method import Method
from reincarnating_rl.methods.table import METHODS
from reincarnating_rl.networks import registry
from reincarnating_rl.networks.registry import Network
from reincarnating_rl.students import STUDENTS, StudentKind
from reincarnating_rl.support.setting_types import NonNegativeFloat
from reincarnating_rl.teachers.foreign.layers import Layers

LENGTHS = {'short': 3, 'long': 9}

class Corridor(gym.Env):
  observation_space = gym.spaces.Box(0.0, 1.0, (1,), np.float32)
  action_space = gym.spaces.Discrete(2)

  def __init__(self, length):
    self.length = length

  def reset(self, *, seed=None, options=None):
    self.place = 0
    return np.zeros(1, np.float32), {}

  def step(self, action):
    self.place += 1 if action else -1
    at_end = self.place >= self.length
    observation = np.float32([self.place / self.length])
    return observation, float(at_end), at_end, self.place <= -9, {}
"""
# One entry in a table, each.
ENTRIES = """
METHODS['decayed'] = DECAYED
STUDENTS['double'] = DOUBLE
weaning.SCHEDULES['halved'] = HALVED
registry.NETWORKS['LinearDQNNetwork'] = LINEAR
others = dict(games.GAMES)
games.GAMES.clear()
games.GAMES.update({'corridor': FAMILY} | others)
"""
# And then all of it is there, by name.
USE = """
from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.settings import gin_names, gin_parsing
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import factory
from tests import toys
from tests.agents.student_test import play
from reincarnating_rl.learner.actions import Discrete
import gin, safetensors.numpy

assert len(AGENTS) == 12 * 5 + 10 * 3
gin.parse_config([
  "create_game.kind = 'corridor'",
  "create_corridor_environment.game_name = 'long'",
  "JaxDQNAgent.network = @reincarnation_networks.LinearDQNNetwork",
  "QDagger.weaner = 'halved'",
  "Decayed.value_decay = 0.5",
])
made = gin_names.create_game()
assert made.name == 'Corridor/long'
assert games.family_of('Corridor/short').name == 'corridor'
environment = made.create_environment()
environment.reset(0)

with jax.disable_jit():
  for name in ('decayed_dqn', 'decayed_double', 'decayed_quantile'):
    agent = toys.make_agent(
      kind=AGENTS[name], teacher=None, dqn={'min_replay_history': 4},
      quantile={'num_atoms': 2},
    )
    assert [t.name for t in agent.terms] == ['td', 'value_decay']
    assert agent.weaner.weights.terms['value_decay'] == np.float32(0.5)
    play(agent, 10)
    assert agent.trainer.online_updates > 0
  assert AGENTS['decayed_double'].kind.value(agent).double

  taught = toys.make_agent(kind=AGENTS['qdagger_double'])
  taught.weaner.before_update(1000)
  assert taught.weaner.coefficient == 0.5

try:
  gin_parsing.load([], ['Decayed.value_decay = -1'], network_parameter='')
except UserError as error:
  assert 'value_decay is -1: it must be a number of at least 0' in str(error)
else:
  raise AssertionError('It takes -1.')
gin.clear_config()

rng = np.random.default_rng(0)
shapes = {'policy.0': (8, 3), 'policy.2': (8, 8), 'policy.4': (2, 8)}
arrays = {}
for name, shape in shapes.items():
  arrays[name + '.weight'] = rng.normal(size=shape).astype(np.float32)
  arrays[name + '.bias'] = np.zeros(shape[0], np.float32)
with tempfile.TemporaryDirectory() as folder:
  path = pathlib.Path(folder, 'policy.safetensors')
  safetensors.numpy.save_file(arrays, path)
  teacher = factory.create_teacher(
    'auto', path, layers=LAYERS, actions=Discrete(2), observation_shape=(3,),
    stack_size=1,
  )
state = rng.normal(size=3).astype(np.float32)
hidden = state
for name in ('policy.0', 'policy.2'):
  hidden = np.maximum(arrays[name + '.weight'] @ hidden, 0)
logits = arrays['policy.4.weight'] @ hidden
found = np.asarray(teacher.policy_logits(state[None, :, None]))[0]
scale = found[0] / logits[0]
np.testing.assert_allclose(found, scale * logits, rtol=1e-4)
print('done')
"""


def recipes():
  """The page's code, in its order."""
  return re.findall(r'```python\n(.*?)```', PAGE.read_text(), re.DOTALL)


def test_every_recipe_works_as_it_stands():
  assert len(recipes()) == 7
  script = '\n'.join([PRELUDE, *recipes(), ENTRIES, USE])
  done = scripts.run(script)
  assert done.returncode == 0, done.stderr
  assert done.stdout.splitlines()[-1] == 'done'


def test_recipes_name_files_that_are_there():
  named = re.findall(r'`((?:\w+/)+\w+\.py)`', PAGE.read_text())
  assert len(named) >= 4
  for name in named:
    if not name.startswith('tests'):
      assert (ROOT / 'reincarnating_rl' / name).is_file(), name
