"""`inspect`: what is told of teachers, replays and lineages."""

import json
import shutil

import numpy as np
import pytest

from reincarnating_rl.cli.teachers import identify, survey
from reincarnating_rl.envs.facts import GameFacts
from tests.cli.teachers.conftest import BUNDLED, MANIFEST, TOLD
from tests.importers import legacy_dumps
from tests.runner import experiments
from tests.teachers import networks


@pytest.fixture
def report(call):
  def run(*words):
    return json.loads(call('inspect', '--json', *words))

  return run


@pytest.mark.parametrize('game', [(), ('--game', 'Pong')])
def test_the_bundled_teacher(report, game):
  found = report(BUNDLED, *game)
  assert found['checkpoints'] == {
    'format': 'reincarnating_rl',
    'numbers': [TOLD['number']],
    'incomplete': [],
    'inspected': TOLD['number'],
  }
  teacher = found['teacher']
  assert teacher['kind'] == TOLD['network']['kind'] == 'dqn'
  assert teacher['network'] == TOLD['network']['network']
  assert (teacher['game'], teacher['num_actions']) == ('Pong', 6)
  assert teacher['actions'][:2] == ['NOOP', 'FIRE']
  # The parameters and their names, and little besides.
  ((_, file),) = TOLD['files'].items()
  assert 0 <= file['bytes'] - 4 * teacher['parameters'] < 2000
  assert file['bytes'] < found['bytes'] < file['bytes'] + 500_000
  assert teacher['provenance']['teacher'] == TOLD['teacher']
  (run,) = found['lineage']
  assert (run['student'], run['teacher']) == ('ReincarnatingDQNAgent', None)
  assert run['spent']['training_steps'] > 0
  assert found['replays'] == []


def test_a_teacher_of_no_known_game_says_how_many_actions_it_has(
  tmp_path, report
):
  networks.write_nature(tmp_path)
  teacher = report(tmp_path)['teacher']
  assert (teacher['kind'], teacher['num_actions']) == ('dqn', 6)
  assert teacher['known_by'] == "its parameters, for Atari's states"
  assert teacher['game'] is teacher['actions'] is None


@pytest.mark.parametrize(
  ('name', 'kind', 'atoms'),
  [
    ('cleanrl_dqn_atari', 'dqn', 1),
    ('cleanrl_c51_atari', 'rainbow', 11),
    ('cleanrl_ppo_atari', 'ppo', 1),
  ],
)
def test_files_of_other_libraries(fixtures, report, name, kind, atoms):
  teacher = report(f'{fixtures}/foreign/{name}.cleanrl_model')['teacher']
  assert (teacher['kind'], teacher['num_actions']) == (kind, 4)
  assert teacher['network_fields']['num_atoms'] == atoms
  assert teacher['provenance']['format'] == 'cleanrl'


@pytest.mark.parametrize(
  ('name', 'shape'),
  [
    ('sb3_ppo_mlp', [3, 1]),
    ('sb3_dqn_mlp', [6, 1]),
    ('sb3_bits1', [5, 4, 3, 1]),
    ('sb3_rgb1', [5, 4, 3, 1]),
    ('sb3_rgb2', [5, 4, 6]),
    ('sb3_a2c_cnn', [44, 52, 4]),
  ],
)
def test_models_of_stable_baselines3_say_what_they_observe(
  fixtures, report, name, shape
):
  teacher = report(f'{fixtures}/foreign/{name}.zip')['teacher']
  assert (teacher['state_shape'], teacher['num_actions']) == (shape, 4)


def test_a_replay_without_a_teacher(fixtures, report, call):
  folder = f'{fixtures}/dopamine_4_0_6_pong_replay'
  found = report(folder)
  assert found['teacher'] is found['checkpoints'] is None
  (replay,) = found['replays']
  assert (replay['number'], replay['entries']) == (399, 5000)
  assert replay['observation_shape'] == [84, 84]
  assert (replay['stack_size'], replay['n_step']) == (4, 1)
  data = replay['data']
  assert (data['episodes'], data['terminals']) == (2, 1)
  assert (data['mean_return'], data['mean_length']) == (-8.0, 1967.0)
  assert data['may_be_clipped'] and data['tells_time_outs']
  printed = call('inspect', folder)
  assert '2 whole ones: 1 ended, 1 cut' in printed
  assert '-1 to 1: they may be clipped' in printed


def test_parameters_where_the_network_is_unknown(fixtures, report):
  found = report(f'{fixtures}/dopamine_4_0_6_cartpole')
  teacher = found['teacher']
  # Its replay says what it observes.
  assert 'states of shape (4, 1)' in teacher['undecided']
  assert teacher['shapes']['params/layers_0/kernel'] == [4, 64]
  assert teacher['parameters'] == 4 * 64 + 64 + 64 * 2 + 2
  assert teacher['provenance']['training_steps'] == 2505
  assert found['replays'][0]['data']['episodes'] == 59


def test_gin_says_which_network_it_is(fixtures, report):
  bindings = (
    'create_teacher.network = @reincarnation_networks.MLPDQNNetwork',
    'MLPDQNNetwork.num_layers = 1',
    'MLPDQNNetwork.hidden_units = 64',
  )
  words = [word for b in bindings for word in ('--gin_bindings', b)]
  teacher = report(f'{fixtures}/dopamine_4_0_6_cartpole', *words)['teacher']
  assert (teacher['kind'], teacher['num_actions']) == ('dqn', 2)
  assert teacher['state_shape'] == [4, 1]
  assert teacher['provenance']['current_iteration'] == 24


@pytest.mark.parametrize(
  ('file', 'kind'),
  [
    ('sb3_trpo', 'trpo'),
    ('sb3_maskable', 'maskable-ppo'),
    ('sb3_ppo_mlp', 'ppo'),
  ],
)
def test_a_policy_is_called_by_what_trained_it(
  tmp_path, fixtures, call, report, file, kind
):
  source = f'{fixtures}/foreign/{file}.zip'
  printed = call('convert', source, tmp_path / 'out')
  assert f'has the {kind} teacher of' in printed
  for path in (source, tmp_path / 'out'):
    teacher = report(path)['teacher']
    wanted = 'ppo' if kind != 'ppo' else None
    assert (teacher['kind'], teacher['teacher_agent']) == (kind, wanted)
    told = teacher['provenance']
    masks = told.get('teacher', told).get('masks', '')
    assert ('not used' in masks) == (kind == 'maskable-ppo')
  words = ('--teacher_agent', 'ppo')
  assert report(source, *words)['teacher']['kind'] == kind


def test_the_wrong_game_and_a_wrong_binding(fail):
  assert 'on Pong, and' in fail('inspect', BUNDLED, '--game', 'Breakout')
  assert "did you mean 'Pong'" in fail('inspect', BUNDLED, '--game', 'pong')
  assert "did you mean 'dqn'" in fail(
    'inspect', BUNDLED, '--teacher_agent', 'dqnn'
  )
  wrong = ('--gin_bindings', 'create_teacher.wmax = 1')
  assert 'Did you mean create_teacher.vmax?' in fail('inspect', BUNDLED, *wrong)


def test_a_run_and_its_lineage(tmp_path, report, call, capsys):
  first = experiments.make_runner(tmp_path / 'run')
  first.run_experiment()
  capsys.readouterr()
  found = report(tmp_path / 'run')
  teacher = found['teacher']
  assert (teacher['kind'], teacher['game']) == ('dqn', 'Corridor')
  assert teacher['known_by'] == 'its description'
  assert teacher['num_actions'] == 2
  assert teacher['provenance']['spent']['online_updates'] > 0
  (run,) = found['lineage']
  assert run['student'] == 'QDaggerDQNAgent'
  assert run['score'] == first.record.rows[-1]['score']['mean']
  newest = found['replays'][-1]
  store = first._agent.batches.replay
  assert newest['entries'] == newest['data']['steps'] == store.next_step
  assert newest['bytes'] > 0
  ends = np.count_nonzero(store.columns['terminal'][: store.next_step])
  assert newest['data']['terminals'] == ends
  assert 'lineage:' in call('inspect', tmp_path / 'run')


def test_lineages_of_strangers(tmp_path, report, fail):
  shutil.copytree(BUNDLED, tmp_path, dirs_exist_ok=True)
  parent = {'agent': 'DQN', 'scores': {'rows': [{'score': {'mean': 5}}]}}
  run = {'agent': '\x1b[2J', 'spent': 3, 'teacher': {'parent': parent}}
  (tmp_path / 'lineage.json').write_text(json.dumps(run))
  first, second = report(tmp_path)['lineage']
  assert (first['spent'], first['score']) == ({}, None)
  assert (second['student'], second['score']) == ('DQN', 5.0)
  for teacher in ([], 'x', {'parent': [1]}):
    (tmp_path / 'lineage.json').write_text(json.dumps({'teacher': teacher}))
    assert len(report(tmp_path)['lineage']) == 1
  (tmp_path / 'lineage.json').write_text('{')
  assert 'lineage.json is not JSON' in fail('inspect', tmp_path)


def test_words_of_strangers_cannot_steer_the_terminal(tmp_path, call):
  shutil.copytree(BUNDLED, tmp_path, dirs_exist_ok=True)
  strange = {'\x1b[2J': '\x1b]0;x\x07\nfake: line'}
  told = TOLD | {'teacher': strange}
  (tmp_path / MANIFEST).write_text(json.dumps(told))
  printed = call('inspect', tmp_path)
  assert '\x1b' not in printed and '\nfake' not in printed
  assert '?]0;x??fake: line' in printed


def test_what_is_damaged_is_told_beside_what_is_not(
  tmp_path, fixtures, capsys, fail
):
  assert 'posix.system' in fail('inspect', f'{fixtures}/hostile')
  shutil.copytree(BUNDLED, tmp_path, dirs_exist_ok=True)
  legacy_dumps.write(tmp_path, legacy_dumps.DUMP)
  legacy_dumps.path(tmp_path, '$store$_action').write_bytes(b'no')
  assert '$store$_action' in fail('inspect', tmp_path)
  legacy_dumps.path(tmp_path, '$store$_action').unlink()
  line = fail('inspect', tmp_path)
  assert 'lacks the file' in line and '$store$_action' in line
  ((name, _),) = TOLD['files'].items()
  (tmp_path / 'checkpoints' / name).write_bytes(b'no')
  assert f'{name} is not as long' in fail('inspect', tmp_path)


def test_a_number_without_a_sentinel_is_read_and_marked(tmp_path, fixtures):
  shutil.copytree(f'{fixtures}/dopamine_4_0_6_cartpole', tmp_path / 'run')
  (tmp_path / 'run/checkpoints/sentinel_checkpoint_complete.24').unlink()
  (found,) = survey.look(tmp_path / 'run')
  assert (found.numbers, found.complete, found.newest()) == ((24,), (), 24)


def test_nothing_and_several(tmp_path, fixtures, fail):
  assert 'list' in fail('inspect', tmp_path)
  message = fail('inspect', f'{fixtures}/foreign')
  assert 'several files' in message and 'bfloat16.pt' in message


def test_states_of_another_shape(monkeypatch, fixtures, report):
  game = GameFacts('a toy', None, (44, 52), None, 4)
  monkeypatch.setattr(identify, 'facts', lambda settings, replay: game)
  teacher = report(f'{fixtures}/foreign/sb3_qrdqn_cnn.zip')['teacher']
  assert (teacher['kind'], teacher['num_actions']) == ('quantile', 4)


def test_a_teacher_of_a_package_needs_no_path(report, call, fail):
  found = report('--teacher_agent', 'perciatelli44')
  teacher = found['teacher']
  assert (teacher['kind'], teacher['game']) == ('quantile', 'Balloon')
  assert teacher['actions'] == ['DOWN', 'STAY', 'UP']
  assert teacher['state_shape'] == [1099, 1]
  assert teacher['parameters'] == 2_915_553
  assert found['path'].endswith('perciatelli44.pb')
  assert found['bytes'] == 11_669_658
  assert found['checkpoints'] is None and found['replays'] == []
  printed = call('inspect', '--teacher_agent', 'perciatelli44')
  assert 'evaluate --teacher_agent perciatelli44\n' in printed
  assert 'PATH is missing' in fail('inspect')
  line = fail('inspect', BUNDLED, '--teacher_agent', 'perciatelli44')
  assert 'leave out its path' in line


def test_data_of_another_tool(call, fixtures):
  """A file without a teacher; numbers of replays say nothing of it."""
  path = f'{fixtures}/foreign/replays/sac.pkl'
  printed = call('inspect', path)
  assert 'replay of Stable-Baselines3 or CleanRL' in printed
  assert '2 continuous actions in [-2, 2], [-0.5, 1.5]' in printed
  assert '8 whole ones: 2 ended, 6 cut' in printed
  report = json.loads(call('inspect', path, '--json'))
  assert report['teacher'] is None and report['checkpoints'] is None
  assert report['replays'][0]['data']['steps'] == 60
