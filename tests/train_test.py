"""The command line: what it runs, and what it says of mistakes."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import safetensors.numpy
from absl.testing import flagsaver

from reincarnating_rl import train
from reincarnating_rl.runner import factories
from reincarnating_rl.teachers import factory as teacher_factory

ROOT = pathlib.Path(__file__).parents[1]
CONFIGS = ROOT / 'configs'
PPO_TO_DQN = 'ppo_to_dqn_pong.gin'
# What only Atari has: the demonstrations, images to augment, and a teacher.
ON_ATARI = (
  *('demo.gin', 'demo_rainbow.gin', 'qdagger_drq.gin'),
  *('reloaded_dqn.gin', 'teacher_dqn_pong.gin'),
)


BALLOONS = ('demo.gin', 'reloaded_quantile.gin')


def trained():
  """Returns the configurations to train, of which the others are parts.

  A method's file for Atari is part of the one for MinAtar. Two of the
  balloon's are enough: `configs_test` builds all, and its game takes seconds.
  """
  names = [
    path.relative_to(CONFIGS).as_posix()
    for path in CONFIGS.rglob('*.gin')
    if path.parent.name != 'base' and '--agent' in path.read_text()
    if path.parent.name != 'balloon' or path.name in BALLOONS
  ]
  small = [CONFIGS / name for name in names if '/' in name]
  text = '\n'.join(path.read_text() for path in small)
  return sorted(
    name
    for name in names
    if name in ON_ATARI
    or not (
      f"include '{name}'" in text
      or f'minatar/{name}' in names
      or name == PPO_TO_DQN  # It has a test of its own.
    )
  )


FIXTURES = ROOT / 'tests' / 'fixtures'
BUNDLED = str(ROOT / 'teacher_ckpts/Pong/1')
TINY = [
  'RunnerWithTeacher.evaluation_episodes=1',
  'RunnerWithTeacher.teacher_steps=20',
  'RunnerWithTeacher.num_pretraining_iterations=1',
  'RunnerWithTeacher.num_pretraining_steps=2',
  'create_atari_environment.num_vector_environments=1',
  'Runner.num_iterations=1',
  'Runner.training_steps=20',
  'Runner.max_steps_per_episode=30',
  'JaxDQNAgent.min_replay_history=10',
]
OFFICIAL_FLAGS = (
  *('agent', 'gin_files', 'gin_bindings', 'base_dir', 'teacher_agent'),
  *('teacher_checkpoint_dir', 'teacher_checkpoint_number'),
  *('teacher_checkpoint_file_prefix', 'run_number', 'atari_roms_path'),
  *('disable_jit', 'alsologtostderr'),
)


@pytest.fixture(autouse=True)
def parsed_flags():
  train.FLAGS(['train'])


def run(**flags):
  defaults = {
    'agent': 'qdagger_dqn',
    'gin_files': ['qdagger_dqn.gin'],
    'gin_bindings': TINY,
    'teacher_checkpoint_dir': BUNDLED,
  }
  with flagsaver.flagsaver(**(defaults | flags)):
    train.main(['train'])


def test_the_whole_command_on_the_bundled_teacher(
  tmp_path, capsys, monkeypatch
):
  monkeypatch.setattr(sys, 'argv', ['train.py', '--gin_bindings', 'a = "b"'])
  # A random teacher's score would be no better than random, hence the bound.
  bindings = [*TINY, 'RunnerWithTeacher.random_score=-50.0']
  run(base_dir=str(tmp_path), gin_bindings=bindings)
  summary = json.loads((tmp_path / 'summary.json').read_text())
  assert [row['phase'] for row in summary['rows']] == ['PRETRAIN', 'ONLINE']
  assert (tmp_path / 'learning_curve.png').stat().st_size > 10_000
  printed = capsys.readouterr().out
  assert 'teacher' in printed
  assert 'student' in printed
  lineage = json.loads((tmp_path / 'lineage.json').read_text())
  assert lineage['started_as'] == {
    'agent': 'qdagger_dqn',
    'command': ('python -m reincarnating_rl.train --gin_bindings \'a = "b"\''),
  }


def test_a_students_directory_is_a_teacher(tmp_path):
  bindings = [*TINY, 'RunnerWithTeacher.random_score=-50.0']
  run(base_dir=str(tmp_path / 'first'), gin_bindings=bindings)
  run(
    base_dir=str(tmp_path / 'second'),
    teacher_checkpoint_dir=str(tmp_path / 'first'),
    gin_bindings=bindings,
  )
  lineage = json.loads((tmp_path / 'second' / 'lineage.json').read_text())
  grandparent = lineage['teacher']['parent']['teacher']
  assert grandparent['checkpoint'].startswith(BUNDLED)


@pytest.mark.slow
def test_a_ppo_of_cleanrl_teaches_a_dqn(tmp_path):
  """The fixture has four actions, which are those of Breakout."""
  run(
    base_dir=str(tmp_path),
    gin_files=[PPO_TO_DQN],
    gin_bindings=[
      *TINY,
      'RunnerWithTeacher.random_score=-50.0',
      'create_atari_environment.game_name="Breakout"',
    ],
    teacher_checkpoint_dir=str(
      FIXTURES / 'foreign' / 'cleanrl_ppo_atari.cleanrl_model'
    ),
  )
  lineage = json.loads((tmp_path / 'lineage.json').read_text())
  assert lineage['teacher']['agent'] == 'ppo'
  assert lineage['spent']['teacher_steps'] >= 20


@pytest.mark.slow
def test_the_replay_beside_an_old_checkpoint_is_learnt_from(tmp_path, capsys):
  """As in DQN_400: checkpoint and replay in one folder."""
  teacher = tmp_path / 'Pong' / '1'
  shutil.copytree(BUNDLED, teacher)
  shutil.copytree(
    FIXTURES / 'dopamine_4_0_6_pong_replay', teacher, dirs_exist_ok=True
  )
  run(
    base_dir=str(tmp_path / 'run'),
    gin_bindings=[
      *TINY,
      'RunnerWithTeacher.random_score=-50.0',
      'RunnerWithTeacher.teacher_steps=200',
    ],
    teacher_checkpoint_dir=str(teacher),
  )
  summary = json.loads((tmp_path / 'run' / 'summary.json').read_text())
  assert summary['teacher_data']['steps'] == summary['teacher_steps'] == 200
  assert 'the newest 200 of 5,000 steps' in capsys.readouterr().out


def on_minatar(config, student):
  """Returns the flags that give a configuration a smaller game and network."""
  network = {
    'dqn': 'MinAtarDQNNetwork',
    'rainbow': 'MinAtarRainbowNetwork',
    'quantile': 'MinAtarQuantileNetwork',
    'implicit_quantile': 'MinAtarImplicitQuantileNetwork',
  }
  return {
    'gin_files': [config, 'base/minatar.gin'],
    'gin_bindings': [f'@reincarnation_networks.{network[student]}'],
  }


@pytest.mark.slow
@pytest.mark.parametrize('config', trained())
def test_every_configuration_trains(tmp_path, config):
  """Those of Atari on MinAtar, but for what only Atari has."""
  agent = re.search(r'--agent (\w+)', (CONFIGS / config).read_text())[1]
  students = ('implicit_quantile', 'quantile', 'dqn', 'rainbow')
  student = next(name for name in students if agent.endswith(name))
  method = agent.removesuffix(student).rstrip('_')
  on_atari = config in ON_ATARI
  flags = {'gin_files': [config], 'gin_bindings': []}
  if '/' not in config and not on_atari:
    flags = on_minatar(config, student)
  kind = config.split('/')[0] if '/' in config else 'minatar'
  kind = 'atari' if on_atari else kind
  tiny = [binding.replace('create_atari', f'create_{kind}') for binding in TINY]
  tiny.append('RunnerWithTeacher.random_score=-5000.0')
  is_pretrained = method not in ('', 'kickstarting', 'jsrl', 'reloaded')
  if method and not is_pretrained:
    tiny.append('RunnerWithTeacher.num_pretraining_iterations=0')
  teacher = {'teacher_agent': 'auto', 'teacher_checkpoint_dir': None}
  if method and on_atari:
    teacher['teacher_checkpoint_dir'] = BUNDLED
  elif method == 'reloaded' and kind == 'balloon':
    teacher['teacher_agent'] = 'perciatelli44'
  elif method == 'reloaded':
    teacher['teacher_checkpoint_dir'] = str(tmp_path / 'teacher')
    scratch = on_minatar(f'{student}.gin', student)
    run(
      base_dir=teacher['teacher_checkpoint_dir'],
      agent=student,
      gin_files=scratch['gin_files'],
      gin_bindings=[*tiny, *scratch['gin_bindings']],
      teacher_checkpoint_dir=None,
    )
  elif method:
    teacher['teacher_agent'] = 'random'
  run(
    base_dir=str(tmp_path),
    agent=agent,
    gin_files=flags['gin_files'],
    gin_bindings=[*tiny, *flags['gin_bindings']],
    **teacher,
  )
  summary = json.loads((tmp_path / 'summary.json').read_text())
  phases = [row['phase'] for row in summary['rows']]
  assert phases == ['PRETRAIN', 'ONLINE'][not is_pretrained :]
  lineage = json.loads((tmp_path / 'lineage.json').read_text())
  assert lineage['spent']['online_updates'] > 0


@pytest.mark.slow
def test_a_network_from_outside_the_package(tmp_path, monkeypatch):
  # As docs/examples/wide_network.py says.
  monkeypatch.syspath_prepend(ROOT / 'docs' / 'examples')
  run(
    base_dir=str(tmp_path),
    agent='qdagger_rainbow',
    gin_files=['qdagger_rainbow.gin'],
    gin_bindings=[
      *TINY,
      'RunnerWithTeacher.random_score=-50.0',
      'import wide_network',
      '@wide_network.WideRainbowNetwork',
      'WideRainbowNetwork.hidden_units = 16',
    ],
  )
  arrays = next((tmp_path / 'checkpoints').glob('*.safetensors'))
  kernel = safetensors.numpy.load_file(arrays)[
    'online_params/params/Dense_0/kernel'
  ]
  assert kernel.shape == (21 * 21 * 4, 16)


@pytest.mark.slow
def test_a_rainbow_student_is_a_teacher(tmp_path):
  bindings = [*TINY, 'RunnerWithTeacher.random_score=-50.0']
  impala = '@reincarnation_networks.ImpalaRainbowNetwork'
  run(
    base_dir=str(tmp_path / 'first'),
    agent='qdagger_rainbow',
    gin_files=['qdagger_rainbow.gin'],
    gin_bindings=[*bindings, impala],
  )
  run(
    base_dir=str(tmp_path / 'second'),
    teacher_checkpoint_dir=str(tmp_path / 'first'),
    gin_bindings=bindings,
  )
  lineage = json.loads((tmp_path / 'second' / 'lineage.json').read_text())
  assert lineage['teacher']['agent'] == 'rainbow'
  assert lineage['teacher']['network'] == 'ImpalaRainbowNetwork'


@pytest.mark.parametrize(
  ('flags', 'message'),
  [
    ({'base_dir': None}, '--base_dir is missing'),
    ({'agent': 'qdager_dqn'}, 'Did you mean qdagger_dqn'),
    ({'agent': None}, '--agent'),
    ({'teacher_agent': 'dqnn'}, 'Did you mean dqn'),
    ({'teacher_checkpoint_dir': None}, '--teacher_checkpoint_dir'),
    ({'teacher_checkpoint_dir': 'no/such'}, 'no/such'),
    ({'teacher_checkpoint_number': 7}, 'ckpt.7|checkpoint 7'),
    ({'gin_files': ['no.gin']}, 'no gin file no.gin'),
    ({'gin_bindings': ['Runner.x=1']}, "doesn't have a parameter"),
    (
      {
        'gin_bindings': ['atari_lib.create_atari_environment.game_name="Pongg"']
      },
      'Pong',
    ),
    (
      {'gin_bindings': ['create_atari_environment.game_name="Breakout"']},
      'trained on Pong, and the game is Breakout',
    ),
    (
      {
        'agent': 'reloaded_rainbow',
        'gin_files': ['reloaded_rainbow.gin'],
        'gin_bindings': [
          *TINY,
          'RunnerWithTeacher.num_pretraining_iterations=0',
        ],
      },
      'of the kind dqn, and the student of rainbow',
    ),
    (
      {
        'agent': 'reloaded_dqn',
        'gin_files': ['reloaded_dqn.gin'],
        'gin_bindings': ['@reincarnation_networks.ImpalaDQNNetwork'],
      },
      "bind JaxDQNAgent.network to the teacher's network",
    ),
    ({'atari_roms_path': '/no/such/roms'}, 'roms'),
    ({'gin_bindings': ['ReplayBuffer.batch_size=4']}, 'read by nothing'),
    (
      {'gin_bindings': ['@reincarnation_networks.ImpalaRainbowNetwork']},
      'does not fit this student',
    ),
    (
      {'gin_bindings': ['@reincarnation_networks.ImpalaDQNNetwork()']},
      'write it without',
    ),
  ],
)
def test_a_users_mistake_is_one_line(tmp_path, flags, message):
  with pytest.raises(SystemExit, match=message) as caught:
    run(**({'base_dir': str(tmp_path)} | flags))
  text = str(caught.value)
  assert text.startswith('error: ')
  assert len(text.splitlines()) == 1


def command(*arguments):
  return subprocess.run(
    [sys.executable, '-m', 'reincarnating_rl.train', *arguments],
    cwd=ROOT,
    capture_output=True,
    text=True,
    env=os.environ | {'COLUMNS': '100'},
    check=False,
  )


def test_help_names_the_official_flags_and_every_agent():
  printed = command('--helpfull').stdout
  for name in (*factories.AGENTS, *teacher_factory.TEACHERS):
    assert name in printed
  for flag in OFFICIAL_FLAGS:
    assert flag in printed
  assert '--[no]disable_jit' in command('--help').stdout


def test_an_unknown_flag_is_an_error_with_the_nearest_name():
  done = command('--agemt=dqn')
  assert done.returncode != 0
  assert 'agent' in done.stderr
  assert 'Traceback' not in done.stderr
