"""The command that a command prints runs as it is printed."""

import json
import shlex
import shutil

import pytest

from reincarnating_rl.cli.teachers import cli, flags
from reincarnating_rl.networks.mlp_networks import MLPDQNNetwork
from reincarnating_rl.teachers import description, native_checkpoint
from tests.cli.teachers.conftest import BUNDLED
from tests.teachers.networks import random_params

SHORT = ('--episodes', '1', '--max_steps_per_episode', '9')


@pytest.fixture
def follow(call):
  """Runs the command that a command printed; returns its words and output."""

  def run(printed, *more):
    (line,) = (x for x in printed.splitlines() if x.startswith('next: '))
    words = shlex.split(line)
    assert words[1:4] == ['python', '-m', 'reincarnating_rl.teachers']
    return words[4:], call(*words[4:], *more)

  return run


def write_teacher(folder, game):
  network = MLPDQNNetwork(num_actions=2, num_layers=1, hidden_units=4)
  told = description.describe('dqn', network)
  about = {description.GAME: game, description.ENTRY: told and told._asdict()}
  native_checkpoint.write(folder, 1, random_params(network, (3, 1)), about)
  return folder


@pytest.mark.parametrize('name', ["it's here", '-x', 'a&b;$HOME', 'plain'])
def test_odd_paths(tmp_path, monkeypatch, call, follow, name):
  monkeypatch.chdir(tmp_path)
  shutil.copytree(BUNDLED, tmp_path / name)
  where = f'./{name}' if name.startswith('-') else name
  # As flags allow: what begins with a dash is no path without a folder.
  words, printed = follow(call('inspect', where), *SHORT)
  assert words == ['evaluate', where] and 'Pong: 9 steps' in printed


def test_what_was_said_of_a_teacher_is_said_again(
  tmp_path, fixtures, call, follow
):
  bindings = (
    'create_teacher.network = @reincarnation_networks.MLPDQNNetwork',
    'MLPDQNNetwork.num_layers = 1',
    'MLPDQNNetwork.hidden_units = 64',
  )
  given = [
    *('--teacher_agent', 'dqn', '--teacher_checkpoint_number', '24'),
    *('--teacher_checkpoint_file_prefix', 'ckpt', '--game', 'CartPole-v1'),
    *('--gin_files', 'gymnasium/dqn.gin'),
    *(word for b in bindings for word in ('--gin_bindings', b)),
  ]
  source = f'{fixtures}/dopamine_4_0_6_cartpole'
  words, printed = follow(call('inspect', source, *given), *SHORT)
  assert words == ['evaluate', source, *given]
  assert 'CartPole-v1: ' in printed
  # What is converted says of itself which kind it is, and has one checkpoint.
  out = tmp_path / 'out'
  words, again = follow(call('convert', source, out, *given), *SHORT)
  assert words == ['evaluate', str(out), *given[6:]]
  assert again == printed


def test_settings_that_are_in_what_was_converted(
  tmp_path, fixtures, call, follow
):
  source = f'{fixtures}/foreign/cleanrl_dqn_atari.cleanrl_model'
  (tmp_path / 'own.gin').write_text(
    "create_teacher.observation_statistics = 'none'"
  )
  given = [
    *('--game', 'Breakout', '--gin_files', str(tmp_path / 'own.gin')),
    *('--gin_bindings', "create_teacher.acts = 'sample'"),
  ]
  printed = call('convert', source, tmp_path / 'out', *given)
  words, printed = follow(printed, *SHORT)
  assert 'create_teacher.observation_statistics = None' in words
  assert "create_teacher.acts = 'sample'" in printed


@pytest.mark.parametrize('told', ['apart', 'in the name'])
def test_a_game_of_ones_own(tmp_path, own_games, call, fail, follow, told):
  full = f'{own_games}:Walk-v0'
  game = {'name': full, 'actions': None}
  if told == 'apart':
    game = {'name': 'Walk-v0', 'module': own_games, 'actions': None}
  folder = write_teacher(tmp_path / 'run', game)
  # A stranger may have written the name: its module is for the user to import.
  assert f'so, which imports {own_games}' in fail('evaluate', folder, *SHORT)
  printed = call('inspect', folder)
  words, printed = follow(printed, *SHORT)
  assert words == ['evaluate', str(folder), '--game', full]
  assert printed.count('Walk-v0: 9 steps') == 1
  call('convert', folder, tmp_path / 'out')
  (manifest,) = (tmp_path / 'out/checkpoints').glob('*.json')
  assert json.loads(manifest.read_text())['game']['name'] == 'Walk-v0'


def test_a_game_that_gin_imports(tmp_path, own_games, call, follow):
  folder = write_teacher(
    tmp_path / 'run', {'name': f'{own_games}:Walk-v0', 'actions': None}
  )
  given = ['--gin_bindings', f'import {own_games}']
  words, printed = follow(call('inspect', folder, *given), *SHORT)
  assert words == ['evaluate', str(folder), *given]
  assert 'Walk-v0: 9 steps' in printed


def test_a_teacher_whose_game_nobody_knows(tmp_path, call, fixtures):
  folder = write_teacher(
    tmp_path / 'run', {'name': 'Nowhere-v0', 'actions': None}
  )
  foreign = f'{fixtures}/foreign/cleanrl_dqn_atari.cleanrl_model'
  for path in (folder, foreign):
    printed = call('inspect', path)
    assert 'next: ' not in printed and 'name it with --game' in printed


def test_commands_that_are_offered_can_be_parsed(tmp_path, call, fail):
  printed = call('list', tmp_path)
  offered = [
    shlex.split(line) for line in printed.splitlines() if 'python -m' in line
  ]
  assert len(offered) >= 3
  for words in offered:
    flags.create_parser().parse_args(words[3:])
  (tmp_path / 'a b').mkdir()
  words = shlex.split(fail('inspect', tmp_path / 'a b').partition('; ')[2])
  assert cli.main(words[3:5]) == 0
