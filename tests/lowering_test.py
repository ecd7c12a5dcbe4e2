"""Every jitted program of the package is lowered for accelerators.

None is needed for that: XLA's compiler for them would come after.
"""

import functools
import pathlib
import re

import jax
import numpy as np
import optax
import pytest

from reincarnating_rl.agents.actor import make_act
from reincarnating_rl.envs import continuous_actions, minatar_programs
from reincarnating_rl.envs.minatar_games import GAMES
from reincarnating_rl.fleet import rollout
from reincarnating_rl.fleet.learning import begin
from reincarnating_rl.fleet.play import Player
from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.fleet.types import Clock, Own, Plan
from reincarnating_rl.learner import cloning as learner_cloning
from reincarnating_rl.learner.types import LearnerState, Weights
from reincarnating_rl.learner.update import make_scanned_update
from reincarnating_rl.replay import device_view
from reincarnating_rl.replay.device_copy import DeviceCopy
from reincarnating_rl.runner import cloning
from reincarnating_rl.teachers import clone
from reincarnating_rl.teachers.network_teacher import NetworkTeacher
from tests import toys
from tests.agents import control_toys
from tests.fleet import corridors

PACKAGE = pathlib.Path(__file__).parents[1] / 'reincarnating_rl'
PLATFORMS = ('cuda', 'tpu')


def lower(program, *arguments):
  """Lowers a jitted program; fails where it cannot be."""
  exported = jax.export.export(program, platforms=PLATFORMS)(*arguments)
  assert exported.platforms == PLATFORMS
  assert exported.mlir_module_serialized


def filled(agent, steps=20):
  rng = np.random.default_rng(0)
  store = agent.make_replay(64)
  store.add_episode(
    rng.random((steps, toys.LENGTH)).astype(np.float32),
    rng.integers(0, 2, steps),
    rng.random(steps),
    terminal=True,
  )
  return store


HEADS = [
  'dqn',
  *(pytest.param(h, marks=pytest.mark.soak) for h in toys.ALL_HEADS[1:]),
]


def lower_copy(trainer, store, state, weights):
  """Lowers updates that gather from a copy of a replay."""
  copy = DeviceCopy(store)
  drawn = jax.tree.map(lambda *x: np.stack(x), *[copy.drawn(store.draw(4))] * 3)
  program = make_scanned_update(trainer._learner.update, copy.gather)
  lower(program, state, copy.up_to_date(), drawn, weights)
  columns = copy.up_to_date().columns
  lower(
    copy._write, columns, np.arange(2), jax.tree.map(lambda x: x[:2], columns)
  )


@pytest.mark.parametrize('kind', HEADS)
def test_a_student_learns_and_acts(kind):
  agent = toys.make_agent(kind=toys.ALL_KINDS[kind])
  store, trainer = filled(agent), agent.trainer
  state, weights = trainer.state, agent.weaner.weights
  lower(trainer.update, state, store.sample(4), weights)
  view = device_view.device_view(store)
  slots = np.zeros((3, 4), np.int32)
  lower(trainer.scanned_update, state, view, slots, weights)
  lower_copy(trainer, store, state, weights)
  states, keys = np.zeros((3, *agent.state.shape)), np.zeros((3, 2), np.uint32)
  lower(agent._q_batch, state.params, states.astype(np.float32), keys)
  act = make_act(agent.learner.output, 2)
  for eval_mode in (False, True):
    lower(
      jax.jit(functools.partial(act, eval_mode=eval_mode)),
      *(state.params, agent.state, state.key, np.float32(0.1)),
    )


def test_a_clone_learns_and_is_looked_at():
  store = filled(toys.make_agent())
  settings = clone.CloneSettings(hidden=(4,))
  description = clone.describe(
    settings,
    observation_shape=(toys.LENGTH,),
    dtype=np.dtype(np.float32),
    distribution=None,
  )
  network = clone.make_network(description, store.settings.actions)
  loss = learner_cloning.make_loss(clone.policy_of(description, network), None)
  gather = functools.partial(device_view.gather, stack_size=1)
  view = device_view.device_view(store)
  params = cloning._initial(store, network, np.arange(4))
  slots = np.zeros((3, 4), np.int32)
  lower(cloning.make_look(loss, gather), view, slots[0], params)
  optimizer = optax.adam(1.0)
  run = make_scanned_update(
    learner_cloning.make_update(loss, optimizer), gather
  )
  state = LearnerState(params, {}, optimizer.init(params), np.zeros(0))
  lower(run, state, view, slots, Weights({}, np.float32(0.1)))


def test_a_teacher_labels():
  agent = toys.make_agent()
  teacher = NetworkTeacher(
    lambda params, state: (
      agent.learner.output(params, state, jax.random.PRNGKey(0), True).q_values
    ),
    agent.trainer.state.params,
    num_actions=2,
  )
  lower(teacher._policy, teacher._params, np.zeros((4, toys.LENGTH, 1)))


@pytest.mark.parametrize(
  'name',
  [
    'qdagger_sac',
    *(
      pytest.param(f'qdagger_{name}', marks=pytest.mark.soak)
      for name in ('td3', 'd4pg')
    ),
  ],
)
def test_a_student_of_vectors_learns_and_acts(name):
  agent = control_toys.make_agent(name)
  store, trainer = control_toys.teacher_data(agent), agent.trainer
  state, weights = trainer.state, agent.weaner.weights
  lower(trainer.update, state, store.sample(4), weights)
  slots = np.zeros((3, 4), np.int32)
  view = device_view.device_view(store)
  lower(trainer.scanned_update, state, view, slots, weights)
  lower_copy(trainer, store, state, weights)
  lower(agent._mean_actions, state.params, store.sample(4).state)
  for explores in (False, True):
    choose = functools.partial(agent.actor._choose, explores=explores)
    lower(jax.jit(choose), state.params, agent.state, state.key)
  lower(agent.actor._draw, state.key)
  bits = functools.partial(continuous_actions._random_bits, size=2)
  lower(jax.jit(bits), np.zeros((3, 2), np.uint32))


def lower_fleet(fleet):
  """Lowers all programs of a fleet."""
  training, offline, state = fleet._training, fleet._offline, fleet.state
  seeds, spread = fleet.seeds, fleet._spread
  weights = [training._weights(seed, np.arange(2)) for seed in seeds]
  own = spread.put([Own(its) for its in weights])
  plan = Plan(Clock(0, 0), np.zeros((2, 2), np.float32), np.int32(3))
  lower(training._program(True, True), state, (own, None), plan)
  lower(training._label, state, None, np.arange(4))
  for seed in seeds:
    seed.data.store = filled(seed.agent)
  own = [
    (seed.data.draw(3).astype(np.int32), seed.agent.weaner.weights)
    for seed in seeds
  ]
  slots, weights = spread.put(own)
  own = offline._views(), slots, weights
  lower(offline._program, state.learner, own, np.bool_(True))
  measuring = fleet._scoring._measuring
  agent = seeds[0].agent
  for name, choose, encode in (
    ('student', rollout.student(agent.learner.q_values, 0.1), None),
    (
      'collect',
      rollout.teacher(agent.teacher, 0.1),
      fleet._online.replay.encode,
    ),
    ('random', rollout.uniform(2), None),
  ):
    start, run = measuring._program(name, choose, encode)
    keys = spread.put([{'key': np.zeros(2, np.uint32)} for _ in seeds])
    lower(start, keys, None, None)
    lanes, _ = jax.eval_shape(start, keys, None, None)
    limits = spread.put([rollout.Limits(np.int32(9), np.int32(9))] * 2)
    lower(run, lanes, (state.learner.params, limits), None)


@pytest.mark.parametrize(
  'kind',
  [
    toys.KINDS['dqn'],
    *(
      pytest.param(kind, marks=pytest.mark.soak)
      for kind in (toys.KINDS['rainbow'], toys.JSRL['dqn'])
    ),
  ],
)
def test_a_fleet(tmp_path, kind):
  spread = Spread(2, jax.devices()[:1], side_by_side=True)
  settings = {'agent': {'kind': kind}, 'num_pretraining_iterations': None}
  lower_fleet(corridors.make_fleet(tmp_path, spread=spread, **settings))


@pytest.mark.parametrize(
  'name',
  [
    'breakout',
    *(
      pytest.param(name, marks=pytest.mark.soak)
      for name in GAMES
      if name != 'breakout'
    ),
  ],
)
def test_games(name):
  game = minatar_programs.create(name, sticky_actions=True, max_steps=9)
  key = jax.random.PRNGKey(0)
  lower(jax.jit(functools.partial(begin, Player(game, 1, 9))), key)
  state = jax.eval_shape(game.init, key)
  lower(jax.jit(game.step), state, np.int32(0), key)


def test_this_is_every_jitted_program():
  found = set()
  for path in PACKAGE.rglob('*.py'):
    text = path.read_text(encoding='utf-8')
    if re.search(r'\bjax\.jit\b|\bpmap\b', text):
      found.add(path.relative_to(PACKAGE).as_posix())
  assert found == {
    'agents/actor.py',
    'agents/control_parts.py',
    'agents/value_student.py',
    'api/export_formats.py',
    'envs/continuous_actions.py',
    'learner/update.py',
    'replay/device_copy.py',
    'runner/cloning.py',
    'teachers/network_teacher.py',
    'fleet/launch.py',
    'fleet/spread.py',
  }
