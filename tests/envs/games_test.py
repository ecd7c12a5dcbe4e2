"""Games by name: of which family they are, and what comes of it."""

import importlib
import inspect
import os
import pathlib
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

from reincarnating_rl.cli.teachers import flags
from reincarnating_rl.envs import balloon_games, family, games, vector
from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.networks.registry import NETWORKS
from reincarnating_rl.runner import factories  # noqa: F401  (names for gin)
from reincarnating_rl.settings import gin_parsing
from reincarnating_rl.students import STUDENTS
from reincarnating_rl.support.errors import UserError
from tests import toys

LOW, HIGH = np.float32([-0.4, 0.4]).tolist()
HUMANOID = Continuous((LOW,) * 17, (HIGH,) * 17)
BOUNDED = Continuous((-1.0,) * 4, (1.0,) * 4)
ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.parametrize(
  ('name', 'kind', 'known'),
  [
    ('Pong', 'atari', True),
    ('Ponk', 'atari', False),
    ('PongNoFrameskip-v4', 'atari', True),
    ('PongDeterministic-v4', 'atari', True),
    ('ALE/Pong-v5', 'atari', True),
    ('Pong-v7', 'atari', True),
    ('Pong-ram-v4', 'atari', False),
    ('Pong-ramNoFrameskip-v4', 'atari', False),
    ('ale_py:ALE/Pong-v5', 'atari', True),
    ('no_such_module:Walk', 'gymnasium', False),
    ('MinAtar/breakout', 'minatar', True),
    ('MinAtar/pong', 'minatar', False),
    ('Balloon', 'balloon', True),
    ('Baloon', 'atari', False),
    ('CartPole-v1', 'gymnasium', True),
    ('LunarLander-v3', 'gymnasium', True),
    ('Nowhere-v0', 'gymnasium', False),
    ('Humanoid-v5', 'gymnasium', True),
    ('dm_control/humanoid-run', 'control', True),
    ('dm_control/human-run', 'control', False),
  ],
)
def test_the_family_of_a_name(name, kind, known):
  assert (games.family_of(name).name, games.is_known(name)) == (kind, known)


@pytest.mark.parametrize(
  ('name', 'shape', 'dtype', 'stack_size', 'actions'),
  [
    ('Pong', (84, 84), np.uint8, 4, 6),
    ('MinAtar/asterix', (10, 10, 4), np.uint8, 1, 5),
    ('Balloon', (1099,), np.float32, 1, 3),
    ('CartPole-v1', (4,), np.float32, 1, 2),
    ('Acrobot-v1', (6,), np.float32, 1, 3),
    ('LunarLander-v3', (8,), np.float32, 1, 4),
    ('Pendulum-v1', (3,), np.float32, 1, Continuous((-2.0,), (2.0,))),
    ('Humanoid-v5', (348,), np.float32, 1, HUMANOID),
    ('dm_control/hopper-hop', (15,), np.float32, 1, BOUNDED),
  ],
)
def test_a_game_by_its_name(name, shape, dtype, stack_size, actions):
  game = games.create_game(name, num_vector_environments=2)
  assert (game.name, game.stack_size) == (name, stack_size)
  environment, lanes = (
    game.create_environment(),
    game.create_vector_environment(),
  )
  assert environment.observation_space.shape == lanes.observation_shape == shape
  assert environment.observation_space.dtype == lanes.observation_dtype == dtype
  expected = Discrete(actions) if isinstance(actions, int) else actions
  assert environment.actions == lanes.actions == expected
  action = 1 if isinstance(actions, int) else np.full(actions.shape, 0.5)
  assert lanes.num_envs == 2
  # One environment and each of many play the same episodes.
  first = lanes.reset([1], [5])
  np.testing.assert_array_equal(first[0], environment.reset(5))
  steps = lanes.step([1], [action])
  observation, reward, _, _ = environment.step(action)
  np.testing.assert_array_equal(steps.observations[0], observation)
  assert steps.rewards[0] == np.float32(reward)
  lanes.close()
  environment.close()


@pytest.mark.parametrize(
  'name', ['ALE/MsPacman-v5', 'MsPacmanNoFrameskip-v4', 'MsPacman-v9']
)
def test_an_atari_game_has_one_name(name):
  assert games.create_game(name).name == 'MsPacman'


def test_the_registered_limit_is_the_games_own(own_games):
  for name, limit in (('Walk-v0', None), ('WalkCut-v0', 7)):
    for full_name in (name, f'{own_games}:{name}'):
      game = games.create_game(full_name)
      assert game.max_steps_per_episode == limit
  assert games.create_game('CartPole-v1').max_steps_per_episode == 500


def test_a_module_of_ones_own_registers_its_games(own_games):
  name = f'{own_games}:Walk-v0'
  assert games.family_of(name).name == 'gymnasium'
  assert not games.is_known(name) and own_games not in sys.modules
  game = games.create_game(name, num_vector_environments=1)
  assert (game.name, game.module) == ('Walk-v0', own_games)
  environment = game.create_environment()
  environment.reset(0)
  assert games.is_known(name) and games.is_known('Walk-v0')
  assert games.family_of('WalkPlain').name == 'gymnasium'


def test_libraries_of_programs_and_pictures_are_imported_late():
  script = (
    'import sys; from reincarnating_rl.envs import games; '
    'print({"jax", "PIL"} & set(sys.modules))'
  )
  command = [sys.executable, '-c', script]
  assert subprocess.check_output(command, text=True) == 'set()\n'


def test_a_landing_does_not_depend_on_those_before():
  game = games.create_game('LunarLander-v3')
  one, other = game.create_environment(), game.create_environment()
  for seed in range(3):
    other.reset(seed)
    for _ in range(30):
      other.step(2)
  ends = []
  for environment in (one, other):
    environment.reset(9)
    ends.append(np.stack([environment.step(t % 4)[0] for t in range(50)]))
  np.testing.assert_array_equal(*ends)


def test_settings_go_to_the_function_of_the_kind():
  game = games.create_game(
    'MinAtar/breakout', sticky_actions=False, max_steps_per_episode=3
  )
  environment = game.create_environment()
  environment.reset(0)
  for _ in range(3):
    environment.step(0)
  assert environment.truncated


def test_flights_are_spread_over_processes(monkeypatch):
  # As many as there are cores, unless it is said; one is this one.
  monkeypatch.setattr(os, 'sched_getaffinity', lambda _: {0, 1, 2})
  made = []
  monkeypatch.setattr(
    family.process_vector,
    'ProcessVectorEnvironment',
    lambda create, *counts: made.append((create, counts)),
  )
  balloon_games.create_balloon_game().create_vector_environment()
  balloon_games.create_balloon_game(
    4, num_processes=2
  ).create_vector_environment()
  (create, counts), (_, other) = made
  assert (counts, other) == ((10, None), (4, 2))
  assert pickle.loads(pickle.dumps(create)).args == (960,)
  lanes = balloon_games.create_balloon_game(1).create_vector_environment()
  assert isinstance(lanes, vector.LoopVectorEnvironment) and len(made) == 2
  # Those to train in are spread by their own number.
  balloon_games.create_balloon_game(1).create_training_environments(5)
  assert made[2][1] == (5, None)
  lanes = balloon_games.create_balloon_game().create_training_environments(1)
  assert isinstance(lanes, vector.LoopVectorEnvironment) and len(made) == 3


def test_a_flight_may_be_shorter():
  game = games.create_game('Balloon', max_steps_per_episode=1)
  environment = game.create_environment()
  environment.reset(0)
  environment.step(1)
  assert environment.truncated


@pytest.mark.parametrize(
  ('name', 'message'),
  [
    ('MinAtar/brekout', "Did you mean 'breakout'"),
    ('Ponk', "did you mean 'Pong'"),
    ('Pong-ram-v4', "from the screen: give 'Pong'"),
    ('CartPol-v1', 'MODULE:CartPol-v1'),
    ('CartPol-v1', 'Did you mean: `CartPole`'),
  ],
)
def test_a_misspelt_name(name, message):
  with pytest.raises(UserError, match=message):
    games.create_game(name).create_environment()


def test_a_family_is_one_entry(monkeypatch, capsys):
  """Everything that names a game finds it."""
  corridor = toys.corridor()
  entry = family.GameFamily(
    name='corridor',
    summary='a corridor',
    example='Corridor/short',
    matches=lambda name: name.startswith('Corridor/'),
    exists=lambda name: name == 'Corridor/short',
    create=lambda game_name: corridor._replace(name=f'Corridor/{game_name}'),
    gin_name='create_corridor',
    prefix='Corridor/',
    networks={'dqn': 'MLPDQNNetwork'},
  )
  monkeypatch.setattr(games, 'GAMES', {'corridor': entry, **games.GAMES})
  assert games.is_known('Corridor/short')
  assert not games.is_known('Corridor/long')
  assert games.create_game('Corridor/short').name == 'Corridor/short'
  assert games.family_named('corridor') is entry
  assert entry.full_name('short') == 'Corridor/short'
  assert entry.full_name(None) is None
  importlib.import_module('reincarnating_rl.settings.gin_names')
  kinds = "one of 'atari', 'balloon', 'control', 'corridor', 'gymnasium'"
  with pytest.raises(UserError, match=kinds):
    gin_parsing.load([], ['create_game.kind="corridors"'], network_parameter='')
  with pytest.raises(SystemExit):
    flags.create_parser().parse_args(['inspect', '--help'])
  printed = ' '.join(capsys.readouterr().out.split())
  assert 'Corridor/short, Balloon, MinAtar/breakout, dm_control/' in printed


@pytest.mark.parametrize('kind', games.GAMES)
def test_an_entry_says_of_its_games_what_is_true(kind):
  entry = games.GAMES[kind]
  assert entry.name == kind
  assert games.family_of(entry.example) is entry
  assert games.is_known(entry.example)
  game = games.create_game(entry.example)
  assert (game.name, game.stack_size) == (entry.example, entry.stack_size)
  parameters = inspect.signature(entry.create).parameters
  assert ('game_name' in parameters) == (entry.only is None)
  if 'max_steps_per_episode' in parameters:
    limit = parameters['max_steps_per_episode'].default
    assert limit == entry.max_steps_per_episode


def test_atari_times_out_after_half_an_hour():
  assert games.GAMES['atari'].max_steps_per_episode == 27_000


@pytest.mark.parametrize('kind', games.GAMES)
def test_a_family_has_a_network_for_each_student(kind):
  entry = games.GAMES[kind]
  fits = entry.networks
  # Students with an actor have perceptrons, unless gin says otherwise.
  assert set(fits) == {
    student.name
    for student in STUDENTS.values()
    if student.actions in entry.actions and not student.is_continuous
  }
  for student, name in fits.items():
    assert NETWORKS[name].kind == student
    assert NETWORKS[name].reference is not None


def test_the_document_says_which_network_fits():
  text = (ROOT / 'docs' / 'networks.md').read_text()
  rows = re.findall(r'^\| (.+?) \| `(\w+)` \| (.+) \|$', text, re.MULTILINE)
  found = {
    kind: (summary, re.findall(r'`(\w+)`', cells))
    for summary, kind, cells in rows
    if kind in games.GAMES
  }
  assert found == {
    kind: (entry.summary, list(entry.networks.values()))
    for kind, entry in games.GAMES.items()
    if entry.networks
  }
