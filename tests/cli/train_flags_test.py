"""The flags of `train`, as absl read them for the official code."""

import pytest

from reincarnating_rl.cli import train_flags
from reincarnating_rl.cli.command_line import FlagError

NEEDED = ['--agent=dqn', '--base_dir=runs']


def parse(*words):
  return vars(train_flags.create_parser().parse_args(words))


def test_the_defaults():
  flags = parse(*NEEDED)
  assert flags.pop('words') == NEEDED
  assert flags == {
    'agent': 'dqn',
    'gin_files': [],
    'gin_bindings': [],
    'base_dir': 'runs',
    'teacher_agent': 'auto',
    'teacher_checkpoint_dir': None,
    'teacher_checkpoint_number': None,
    'teacher_checkpoint_file_prefix': 'ckpt',
    'teacher_replay_dir': None,
    'run_number': 1,
    'num_seeds': None,
    'track': None,
    'atari_roms_path': None,
    'disable_jit': False,
    'alsologtostderr': False,
    'verbosity': None,
  }


@pytest.mark.parametrize(
  ('words', 'name', 'value'),
  [
    (['--agent', 'rainbow'], 'agent', 'rainbow'),
    (['--agent=a', '--agent', 'b'], 'agent', 'b'),
    (['-agent', 'rainbow'], 'agent', 'rainbow'),
    (['-agent=rainbow'], 'agent', 'rainbow'),
    (['--base_dir', 'v'], 'base_dir', 'v'),
    (['--base_dir', 'agent'], 'base_dir', 'agent'),
    (['--base_dir=a=b'], 'base_dir', 'a=b'),
    (['--gin_files', 'a', '--gin_files=b'], 'gin_files', ['a', 'b']),
    (['--gin_bindings', 'A.b = 1'], 'gin_bindings', ['A.b = 1']),
    (['--gin_bindings=A.b = "c"'], 'gin_bindings', ['A.b = "c"']),
    (['--gin_bindings', '@n.Network'], 'gin_bindings', ['@n.Network']),
    (['--teacher_agent', 'dqn'], 'teacher_agent', 'dqn'),
    (
      ['--teacher_checkpoint_number=199'],
      *('teacher_checkpoint_number', 199),
    ),
    (
      ['--teacher_checkpoint_file_prefix=tf_ckpt'],
      *('teacher_checkpoint_file_prefix', 'tf_ckpt'),
    ),
    (['--teacher_checkpoint_dir', 'd'], 'teacher_checkpoint_dir', 'd'),
    (['--teacher_replay_dir', 'd'], 'teacher_replay_dir', 'd'),
    (['--run_number', '0'], 'run_number', 0),
    (['--num_seeds', '64'], 'num_seeds', 64),
    (['--atari_roms_path=/roms'], 'atari_roms_path', '/roms'),
    (['--disable_jit'], 'disable_jit', True),
    (['-disable_jit'], 'disable_jit', True),
    (['--disable_jit=true'], 'disable_jit', True),
    (['--disable_jit=1'], 'disable_jit', True),
    (['--disable_jit', '--nodisable_jit'], 'disable_jit', False),
    (['--disable_jit', '-nodisable_jit'], 'disable_jit', False),
    (['--disable_jit', '--disable_jit=False'], 'disable_jit', False),
    (['--disable_jit', '--disable_jit=f'], 'disable_jit', False),
    (['--alsologtostderr'], 'alsologtostderr', True),
    (['--alsologtostderr=0'], 'alsologtostderr', False),
    (['--verbosity', '-1'], 'verbosity', -1),
    (['--verbosity=1'], 'verbosity', 1),
    (['-v', '1'], 'verbosity', 1),
    (['-v=1'], 'verbosity', 1),
    (['--v=-1'], 'verbosity', -1),
  ],
)
def test_what_absl_understood_is_understood(words, name, value):
  assert parse(*NEEDED, *words)[name] == value


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    (['--agemt=dqn'], 'no flag --agemt. Did you mean --agent?'),
    (['--base-dir=x'], 'no flag --base-dir. Did you mean --base_dir?'),
    (['--gin_binding=A.b = 1'], 'Did you mean --gin_bindings?'),
    (['--disable_jitt'], 'Did you mean --disable_jit?'),
    (['--noagent'], 'no flag --noagent.'),
    (['--disable_jit=maybe'], "'maybe' is not true or false"),
    (['--nodisable_jit=true'], "ignored explicit argument 'true'"),
    (['left'], "no use for the argument 'left'"),
    (['--disable_jit', 'false'], "no use for the argument 'false'"),
    (['--', '--agent=x'], "no use for the argument '--'"),
    (['-q'], "no use for the argument '-q'"),
    (['--run_number=-1'], "'-1' is not a whole number from 0 to 4294967295"),
    (['--run_number', str(2**32)], 'is not a whole number from 0 to'),
    (['--run_number', 'one'], "'one' is not a whole number"),
    (['--num_seeds', '0'], "'0' is not a whole number of 1 or more"),
    (['--base_dir='], 'the value is empty'),
    (['--teacher_checkpoint_dir', ''], 'the value is empty'),
    (['--teacher_replay_dir='], 'the value is empty'),
    (['--agent'], '--agent: expected one argument'),
  ],
)
def test_a_mistake_is_one_line_with_the_nearest_name(words, message):
  with pytest.raises(FlagError) as caught:
    parse(*NEEDED, *words)
  text = str(caught.value)
  assert message in text and len(text.splitlines()) == 1
  assert text.endswith('See python -m reincarnating_rl.train --help.')


@pytest.mark.parametrize(
  'word', ['--help', '-h', '-help', '--helpfull', '--helpshort']
)
def test_help_by_all_its_names(capsys, word):
  with pytest.raises(SystemExit) as ended:
    parse(word)
  assert ended.value.code == 0
  printed = capsys.readouterr().out
  for flag in parse(*NEEDED).keys() - {'words'}:
    assert f'--{flag}' in printed
  assert '--disable_jit, --nodisable_jit' in printed


def test_help_has_every_agent_and_teacher(capsys):
  # Slow to import.
  from reincarnating_rl.agents.classes import AGENTS
  from reincarnating_rl.teachers.factory import TEACHERS

  with pytest.raises(SystemExit):
    parse('--help')
  group = capsys.readouterr().out.partition('\nstudent:\n')[2]
  group, _, rest = group.partition('\n  --agent')
  for name in TEACHERS:
    assert f'\n    {name} ' in rest
  methods, _, students = group.partition('STUDENT:')
  methods, students = (
    [line.split()[0] for line in part.splitlines() if line.startswith('    ')]
    for part in (methods, students)
  )
  names = {f'{m}_{s}' for m in methods for s in students} | set(students)
  assert AGENTS.keys() <= names
