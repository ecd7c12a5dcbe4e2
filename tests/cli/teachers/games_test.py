"""The commands, for games that are not Atari's."""

import json

import pytest

from reincarnating_rl.cli.teachers import flags, settings
from reincarnating_rl.networks import minatar_networks
from reincarnating_rl.teachers import description, native_checkpoint
from tests.teachers.networks import random_params

SHORT = ('--episodes', '2', '--max_steps_per_episode', '20')
RANDOM = ('--teacher_agent', 'random', *SHORT)


@pytest.fixture
def evaluate(call, tmp_path):
  def run(*words):
    path = tmp_path / 'score.json'
    call('evaluate', *words, '--json', path)
    return json.loads(path.read_text())

  return run


@pytest.fixture
def breakout(tmp_path):
  """A teacher as a run leaves it, of MinAtar's Breakout."""
  network = minatar_networks.MinAtarDQNNetwork(num_actions=3)
  about = {
    'network': description.describe('dqn', network)._asdict(),
    'game': {'name': 'MinAtar/breakout', 'actions': ['NOOP', 'LEFT', 'RIGHT']},
  }
  params = random_params(network, (10, 10, 4, 1))
  native_checkpoint.write(tmp_path / 'breakout', 7, params, about)
  return tmp_path / 'breakout'


@pytest.mark.parametrize('game', ['MinAtar/freeway', 'CartPole-v1'])
def test_a_game_by_its_name(evaluate, game):
  found = evaluate(*RANDOM, '--game', game, '--measure_random')
  assert (found['game'], len(found['returns'])) == (game, 2)
  assert found['random']['source'] == 'measured'


def test_a_teacher_that_names_its_game(call, evaluate, breakout):
  found = evaluate(breakout, *SHORT)
  assert found['game'] == 'MinAtar/breakout'
  assert found['teacher']['network'] == 'MinAtarDQNNetwork'
  told = json.loads(call('inspect', breakout, '--json'))['teacher']
  assert told['state_shape'] == [10, 10, 4, 1]
  assert told['actions'] == ['NOOP', 'LEFT', 'RIGHT']
  call('convert', breakout, breakout.parent / 'out')
  assert evaluate(breakout.parent / 'out', *SHORT)['score'] == found['score']


def test_a_game_by_gin_as_train_takes_it(evaluate):
  gin = ('--gin_files', 'minatar/dqn.gin', '--gin_bindings')
  words = (*RANDOM, *gin, 'create_minatar_environment.game_name="asterix"')
  assert evaluate(*words)['game'] == 'MinAtar/asterix'
  # How a file plays one kind is of no consequence to another.
  assert evaluate(*RANDOM, *gin[:2], '--game', 'CartPole-v1')['game'] == (
    'CartPole-v1'
  )


@pytest.mark.parametrize('kind', [None, 'minatar', 'gymnasium'])
def test_settings_of_the_games_own_kind(evaluate, fail, kind):
  """They count whatever kind gin names, as the flag names the game."""
  words = ('--gin_bindings', f'create_game.kind = "{kind}"') if kind else ()
  cut = 'create_minatar_environment.max_steps_per_episode = 3'
  words = (*RANDOM, *words, '--gin_bindings')
  found = evaluate(*words, cut, '--game', 'MinAtar/freeway')
  assert found['lengths'] == [3, 3]
  none = 'create_gymnasium_environment.num_vector_environments = 0'
  said = fail('evaluate', *words, none, '--game', 'CartPole-v1')
  assert 'num_vector_environments is 0' in said


@pytest.mark.parametrize('command', ['inspect', 'evaluate', 'convert'])
@pytest.mark.parametrize(
  'unread',
  [
    'create_gymnasium_environment.num_vector_environments = 3',
    'Runner.num_iterations = 3',
    'ImpalaRainbowNetwork.width_scale = 2',
  ],
)
def test_a_binding_that_nothing_reads(
  breakout, tmp_path, call, fail, command, unread
):
  words = [command, breakout, *([tmp_path / 'out'] * (command == 'convert'))]
  words += SHORT if command == 'evaluate' else ()
  words += ['--gin_bindings', 'create_teacher.temperature = 0.5']
  said = fail(*words, '--gin_bindings', unread)
  name = unread.partition(' =')[0]
  assert f'{name} is read by nothing in this run' in said
  assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize(
  ('words', 'name'), [((), 'Balloon'), (('--game', 'Pong'), 'Pong')]
)
def test_the_only_game_of_a_family_needs_no_name(words, name):
  kind = ('--gin_bindings', 'create_game.kind = "balloon"')
  flight = ('create_balloon_environment.num_processes = 1',)
  gin = (*kind, '--gin_bindings', *flight)
  found = settings.read(
    flags.create_parser().parse_args(['evaluate', *RANDOM, *gin, *words])
  )
  assert found.game.name == name


def test_gin_says_how_the_game_is_played(evaluate):
  gin = ('--gin_files', 'minatar/dqn.gin', '--gin_bindings')
  cut = (*gin, 'create_minatar_environment.max_steps_per_episode=3')
  found = evaluate(*RANDOM, *cut)
  assert found['lengths'] == [3, 3] and found['time_outs'] == 2


def test_the_students_stack_is_the_teachers(breakout, fail):
  stacked = ('--gin_bindings', 'JaxDQNAgent.stack_size=2')
  said = fail('evaluate', breakout, *SHORT, *stacked)
  assert '(3, 3, 4, 16), but the network expects (3, 3, 8, 16)' in said


@pytest.mark.parametrize(
  ('game', 'words', 'length', 'cut'),
  [
    ('WalkCut-v0', (), 7, 0),
    ('WalkCut-v0', ('--max_steps_per_episode', '9'), 7, 0),
    ('Walk-v0', ('--max_steps_per_episode', '9'), 9, 1),
    ('Walk-v0', ('--gin_bindings', 'Runner.max_steps_per_episode=5'), 5, 1),
  ],
)
def test_time_limits_are_the_games_own(
  call, tmp_path, own_games, game, words, length, cut
):
  path = tmp_path / 'score.json'
  words = ('--teacher_agent', 'random', '--episodes', '1', *words)
  words = (*words, '--game', f'{own_games}:{game}', '--json', path)
  said = call('evaluate', *words)
  found = json.loads(path.read_text())
  assert (found['lengths'], found['cut']) == ([length], cut)
  is_idle = length < found['max_steps_per_episode']
  assert ('The registered limit of WalkCut-v0' in said) == is_idle


def test_misspelt_games(fail):
  kind = ('--gin_bindings', 'create_game.kind = "atary"')
  assert "kind is 'atary': it must be one of" in fail(
    'evaluate', *RANDOM, *kind
  )
  words = ('evaluate', *RANDOM, '--game')
  assert "Did you mean 'breakout'" in fail(*words, 'MinAtar/brekout')
  assert 'Did you mean: `CartPole`' in fail(*words, 'CartPol-v1')


def test_a_teacher_of_atari_is_none_of_minatar(breakout, fail):
  said = fail('evaluate', breakout, '--game', 'Breakout', *SHORT)
  assert 'was trained on MinAtar/breakout, and the game is Breakout' in said
