"""`train`: what it runs, and what it says of mistakes."""

import contextlib
import io
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import gin
import pytest
import safetensors.numpy
from absl import logging

from reincarnating_rl.cli import train
from reincarnating_rl.runner import factories, teacher_choice
from reincarnating_rl.settings import gin_names, shipped_configs
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.sources import TeacherSettings

ROOT = pathlib.Path(__file__).parents[2]
PPO_TO_DQN = 'ppo_to_dqn_pong.gin'
# What only Atari has: the demonstrations, images to augment, and a teacher.
ON_ATARI = (
  *('demo.gin', 'demo_pong.gin', 'demo_rainbow.gin', 'qdagger_drq.gin'),
  *('reloaded_dqn.gin', 'teacher_dqn_pong.gin'),
)
# Each method, each student, each game and each recipe that has no other test.
# Two of the balloon's are enough: `configs_test` builds more, in seconds each.
TRAINED = (
  *ON_ATARI,
  *(
    f'minatar/{method}_{student}.gin'
    for method in ('jsrl', 'kickstarting', 'pretrained', 'dqfd', 'rehearsal')
    for student in ('dqn', 'rainbow')
  ),
  *('minatar/dagger_dqn.gin', 'minatar/dagger_rainbow.gin'),
  *('minatar/ql_dagger_dqn.gin', 'minatar/ql_dagger_rainbow.gin'),
  *('minatar/qdagger_quantile.gin', 'minatar/qdagger_implicit_quantile.gin'),
  *('minatar/qdagger_rainbow.gin', 'minatar/rainbow.gin'),
  *('minatar/quantile.gin', 'minatar/implicit_quantile.gin'),
  *('minatar/reloaded_dqn.gin', 'minatar/reloaded_rainbow.gin'),
  *('minatar/reloaded_implicit_quantile.gin', 'minatar/pvrl_teacher.gin'),
  *('gymnasium/dqn_cartpole.gin', 'gymnasium/qdagger_dqn_cartpole.gin'),
  'gymnasium/qdagger_dqn_lunarlander.gin',
  *('balloon/demo.gin', 'balloon/reloaded_quantile.gin'),
  *('reloaded_dqn_nature.gin', 'quick.gin'),
)
# Of each kind of game one; `make soak` trains the others.
ALWAYS = (
  *('demo.gin', 'reloaded_dqn.gin', 'minatar/dqfd_rainbow.gin'),
  *('gymnasium/qdagger_dqn_cartpole.gin', 'balloon/demo.gin'),
)

FIXTURES = ROOT / 'tests' / 'fixtures'
BUNDLED = str(ROOT / 'teacher_ckpts/Pong/1')
FREEWAY = str(ROOT / 'teacher_ckpts/Freeway/1')
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


def words(**flags):
  """Returns a command line; a flag that is None is left out."""
  defaults = {
    'agent': 'qdagger_dqn',
    'gin_files': ['qdagger_dqn.gin'],
    'gin_bindings': TINY,
    'teacher_checkpoint_dir': BUNDLED,
  }
  given = []
  for name, value in (defaults | flags).items():
    values = value if isinstance(value, list) else [value]
    given += [f'--{name}={v}' for v in values if v is not None]
  return given


def run(**flags):
  assert train.main(words(**flags)) == 0


# A random teacher's score would be no better than random, hence the bound.
RANDOM = 'RunnerWithTeacher.random_score = -50.0'
WHOLE = [*TINY, RANDOM]


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
  """A run on the bundled teacher: its directory, and what it printed."""
  folder = tmp_path_factory.mktemp('whole')
  with contextlib.redirect_stdout(io.StringIO()) as printed:
    run(base_dir=str(folder), gin_bindings=WHOLE)
  gin.clear_config()
  return folder, printed.getvalue()


def test_the_whole_command_on_the_bundled_teacher(whole):
  folder, printed = whole
  summary = json.loads((folder / 'summary.json').read_text())
  assert [row['phase'] for row in summary['rows']] == ['PRETRAIN', 'ONLINE']
  assert (folder / 'learning_curve.png').stat().st_size > 10_000
  assert 'teacher' in printed
  assert 'student' in printed
  lineage = json.loads((folder / 'lineage.json').read_text())
  assert lineage['started_as']['agent'] == 'qdagger_dqn'
  started_as = lineage['started_as']['command']
  assert f"'--gin_bindings={RANDOM}'" in started_as
  program = ['python', '-m', 'reincarnating_rl.train']
  given = words(base_dir=str(folder), gin_bindings=WHOLE)
  assert shlex.split(started_as) == [*program, *given]


def test_a_students_directory_is_a_teacher(whole):
  """Of whom it learnt is in its lineage; in `games_test`, a run teaches."""
  folder, _ = whole
  factories.load_settings('qdagger_dqn', ['qdagger_dqn.gin'], WHOLE)
  teacher = teacher_choice.create_teacher(
    TeacherSettings(checkpoint_dir=str(folder)),
    gin_names.create_games(),
    needed=True,
    student=factories.AGENTS['qdagger_dqn'],
  )
  assert teacher.lineage['trained_on'] == 'Pong'
  grandparent = teacher.lineage['parent']['teacher']
  assert grandparent['checkpoint'].startswith(BUNDLED)


@pytest.mark.slow
def test_a_ppo_of_cleanrl_teaches_a_dqn(tmp_path):
  """The fixture has four actions, which are those of Breakout."""
  run(
    base_dir=str(tmp_path),
    gin_files=[PPO_TO_DQN],
    gin_bindings=[
      *TINY,
      RANDOM,
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
      RANDOM,
      'RunnerWithTeacher.teacher_steps=200',
    ],
    teacher_checkpoint_dir=str(teacher),
  )
  summary = json.loads((tmp_path / 'run' / 'summary.json').read_text())
  assert summary['teacher_data']['steps'] == summary['teacher_steps'] == 200
  assert 'the newest 200 of 5,000 steps' in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
  'config',
  [
    pytest.param(config, marks=() if config in ALWAYS else pytest.mark.soak)
    for config in TRAINED
  ],
)
def test_every_configuration_trains(tmp_path, config):
  """Those of Atari on MinAtar, but for what only Atari has."""
  found = re.search(r'--agent (\w+)', shipped_configs.read(config))
  agent = found[1] if found else pathlib.Path(config).stem
  students = ('implicit_quantile', 'quantile', 'dqn', 'rainbow')
  student = next(name for name in students if agent.endswith(name))
  method = agent.removesuffix(student).rstrip('_')
  on_atari = config in ON_ATARI
  files = [config]
  if '/' not in config and not on_atari:
    files.append('games/minatar.gin')
  kind = config.split('/')[0] if '/' in config else 'minatar'
  kind = 'atari' if on_atari else kind
  tiny = [binding.replace('create_atari', f'create_{kind}') for binding in TINY]
  tiny.append('RunnerWithTeacher.random_score=-5000.0')
  is_pretrained = method not in ('', 'kickstarting', 'jsrl', 'reloaded')
  if method and not is_pretrained:
    tiny.append('RunnerWithTeacher.num_pretraining_iterations=0')
  teacher = {'teacher_agent': 'auto', 'teacher_checkpoint_dir': None}
  if method and on_atari:
    is_freeway = config == 'demo.gin'
    teacher['teacher_checkpoint_dir'] = FREEWAY if is_freeway else BUNDLED
  elif method == 'reloaded' and kind == 'balloon':
    teacher['teacher_agent'] = 'perciatelli44'
  elif method == 'reloaded':
    teacher['teacher_checkpoint_dir'] = str(tmp_path / 'teacher')
    run(
      base_dir=teacher['teacher_checkpoint_dir'],
      agent=student,
      gin_files=[f'minatar/{student}.gin'],
      gin_bindings=tiny,
      teacher_checkpoint_dir=None,
    )
  elif method:
    teacher['teacher_agent'] = 'random'
  run(
    base_dir=str(tmp_path),
    agent=agent,
    gin_files=files,
    gin_bindings=tiny,
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
      RANDOM,
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


@pytest.mark.parametrize(
  ('flags', 'message'),
  [
    ({'base_dir': None}, 'arguments are required: --base_dir'),
    ({'agent': 'qdager_dqn'}, 'Did you mean qdagger_dqn'),
    ({'agent': None}, 'arguments are required: --agent'),
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
      'is of the kind dqn, and the student of rainbow',
    ),
    ({'atari_roms_path': '/no/such/roms'}, 'roms'),
    ({'gin_bindings': ['ReplayBuffer.batch_size=4']}, 'read by nothing'),
    (
      {'gin_bindings': ['@reincarnation_networks.ImpalaRainbowNetwork']},
      'does not fit this student',
    ),
    (
      {'gin_bindings': ['@reincarnation_networks.ImpalaDQNNetwork()']},
      'Write @reincarnation_networks.ImpalaDQNNetwork',
    ),
    ({'gin_bindings': ['Runner.num_iterations=1.0']}, 'Write 1'),
    ({'gin_bindings': ['JaxDQNAgent.update_period=0']}, 'of at least 1'),
    ({'gin_bindings': ["Runner.clip_rewards='False'"]}, 'Write False'),
    ({'gin_bindings': ['Runner.max_steps_per_episode=10**9']}, '1000000000'),
    ({'gin_bindings': ['create_game.kind=atari']}, "Write 'atari'"),
  ],
)
def test_a_users_mistake_is_one_line(tmp_path, capsys, flags, message):
  assert train.main(words(**({'base_dir': str(tmp_path)} | flags))) == 1
  (line,) = capsys.readouterr().err.splitlines()
  assert line.startswith('error: ')
  assert re.search(message, line)


def stop(args):
  raise KeyboardInterrupt


def test_ctrl_c_tells_how_to_resume(monkeypatch, capsys):
  monkeypatch.setattr(train, '_train', stop)
  assert train.main(['--agent=dqn', '--base_dir=runs/pong']) == 130
  (line,) = capsys.readouterr().err.splitlines()
  assert line == (
    'Stopped. The same command resumes from the last checkpoint in runs/pong, '
    'if there is one.'
  )


def test_a_run_does_not_stop_in_silence():
  program = (
    'from reincarnating_rl.cli import train\n'
    "train._train = lambda args: print('x' * 100_000, flush=True)\n"
    "raise SystemExit(train.main(['--agent=a', '--base_dir=b']))"
  )
  with subprocess.Popen(
    [sys.executable, '-c', program],
    cwd=ROOT,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  ) as process:
    process.stdout.close()
    line = process.stderr.read()
  assert line == 'Stopped: the reader of the output has left.\n'
  assert process.returncode == 1


def fail(args):
  raise UserError('nothing there')


@pytest.mark.parametrize(
  ('flags', 'level', 'has_traceback'),
  [
    ([], logging.WARNING, False),
    (['--alsologtostderr'], logging.INFO, False),
    (['--alsologtostderr', '--noalsologtostderr'], logging.WARNING, False),
    (['--alsologtostderr', '--verbosity=-2'], logging.ERROR, False),
    (['--verbosity', '0'], logging.INFO, False),
    (['--verbosity=1'], logging.DEBUG, True),
  ],
)
def test_how_much_is_logged(monkeypatch, caplog, flags, level, has_traceback):
  monkeypatch.setattr(train, '_train', fail)
  verbosity = logging.get_verbosity()
  try:
    assert train.main(['--agent=dqn', '--base_dir=x', *flags]) == 1
    assert logging.get_verbosity() == level
  finally:
    logging.set_verbosity(verbosity)
  assert any(record.exc_info for record in caplog.records) == has_traceback


def python(*arguments):
  return subprocess.run(
    [sys.executable, *arguments],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=False,
  )


def test_logs_look_like_those_of_absl_from_the_first_line_on():
  done = python(
    '-c',
    'from absl import logging\n'
    'from reincarnating_rl.cli import train\n'
    "train._train = lambda args: logging.info('to %s', args.base_dir)\n"
    "assert not train.main(['--agent=a', '--base_dir=b', '--alsologtostderr'])",
  )
  assert done.returncode == 0, done.stderr
  (line,) = done.stderr.splitlines()
  assert re.fullmatch(r'I\d{4} [\d:.]+ +\d+ <string>:3\] to b', line)


def test_the_program_names_itself_in_a_mistake():
  done = python('-m', 'reincarnating_rl.train', '--agemt=dqn')
  assert done.returncode == 1
  assert done.stderr == (
    'error: There is no flag --agemt. Did you mean --agent? See python -m '
    'reincarnating_rl.train --help.\n'
  )


def test_another_process_has_the_folder(tmp_path, capsys, monkeypatch):
  script = (
    'import sys\n'
    'from reincarnating_rl.support import claims\n'
    'with claims.claimed(sys.argv[1], "x"): print(flush=True); sys.stdin.read()'
  )
  monkeypatch.setattr(train, '_train', fail)  # It comes too late.
  with subprocess.Popen(
    [sys.executable, '-c', script, str(tmp_path)],
    cwd=ROOT,
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
  ) as other:
    other.stdout.readline()
    assert train.main(['--agent=dqn', f'--base_dir={tmp_path}']) == 1
    other.communicate()
  (line,) = capsys.readouterr().err.splitlines()
  assert line == (
    f'error: {tmp_path} is in use by process {other.pid}: let it end, stop it, '
    'or choose another --base_dir.'
  )


def test_a_mistake_leaves_no_folder(tmp_path, capsys):
  base_dir = tmp_path / 'runs' / '1'
  assert train.main(words(base_dir=str(base_dir), gin_files=['no.gin'])) == 1
  assert 'no gin file' in capsys.readouterr().err
  assert not any(tmp_path.iterdir())
