"""What all commands have in common: flags, mistakes, Ctrl-C."""

import pathlib
import shlex
import subprocess
import sys

import pytest

from reincarnating_rl.cli import train_flags
from reincarnating_rl.cli.teachers import cli, flags, list_command
from tests import scripts

ROOT = pathlib.Path(__file__).parents[3]
COMMANDS = ('list', 'fetch', 'inspect', 'evaluate', 'convert')


def test_help_of_the_program_without_anything_slow():
  script = (
    'import runpy, sys; sys.argv = ["teachers", "--help"]\n'
    'try: runpy.run_module("reincarnating_rl.teachers", run_name="__main__")\n'
    'except SystemExit as end: assert not end.code\n'
    'assert not {"jax", "numpy", "tensorflow", "gin"} & set(sys.modules)'
  )
  done = scripts.run(script)
  assert done.returncode == 0, done.stderr
  for name in COMMANDS:
    assert f'    {name} ' in done.stdout


@pytest.mark.parametrize('name', COMMANDS)
def test_help_of_a_command_has_an_example_that_parses(name, capsys):
  with pytest.raises(SystemExit) as ended:
    cli.main([name, '--help'])
  assert ended.value.code == 0
  printed = capsys.readouterr().out
  printed = printed.replace('\\\n', '')
  _, _, example = printed.partition(f'examples:\n  {flags.PROGRAM} ')
  words = shlex.split(example.splitlines()[0])
  assert flags.create_parser().parse_args(words).command == name


def test_flags_that_train_has_too_are_called_the_same():
  parsed = flags.create_parser().parse_args(['convert', 'a', 'b'])
  shared = vars(parsed).keys() - {
    *('command', 'path', 'out', 'game', 'no_replay', 'newest', 'score'),
    'minari',
    # Of a teacher that plays.
    *('collect', 'epsilon', 'seed', 'max_steps_per_episode'),
    *('processes', 'ray_address', 'words'),
  }
  needed = ['--agent=dqn', '--base_dir=x']
  assert shared <= vars(train_flags.create_parser().parse_args(needed)).keys()
  assert 'teacher_replay_dir' in shared


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    ([], 'COMMAND'),
    (['lisst'], "'lisst' is not one of list, fetch"),
    (['list', '--al'], 'There is no flag --al.'),
    (['fetch'], '--game --hub is required'),
    (['fetch', '--game', 'Pong', '--hub', 'a/b'], 'not allowed with'),
    (
      ['fetch', '--game', 'Pong', '--run', '-1'],
      "'-1' is not a whole number of 0 or more",
    ),
    (['fetch', '--game', 'Pong', '--workers', '0'], 'from 1 to 64'),
    (['evaluate', 'x', '--epsilon', '1.5'], 'from 0 to 1'),
    (['evaluate', 'x', '--epsilon', 'nan'], "'nan' is not a number"),
    (
      ['evaluate', 'x', '--episodes', 'ten'],
      "'ten' is not a whole number of 1 or more",
    ),
    (['convert', 'x'], 'required: OUT'),
    (['convert', 'x', 'y', '--newest', '0'], 'of 1 or more'),
    (['inspect', 'no/such'], 'no directory no/such'),
    *(
      ([*words, f'--gin_bindings=create_teacher.{binding}'], told)
      for words in (['inspect', 'x'], ['evaluate', 'x'], ['convert', 'x', 'y'])
      for binding, told in (
        ("temperature='0.1'", 'a number above 0. Write 0.1.'),
        ('layers=@Layers', 'Write @Layers().'),
        ('acts=sample', "Write 'sample'."),
      )
    ),
  ],
)
def test_a_mistake_is_one_line(words, message, fail):
  assert message in fail(*words)


def test_ctrl_c_is_no_mistake(monkeypatch, capsys):
  def run(args):
    raise KeyboardInterrupt

  monkeypatch.setattr(list_command, 'run', run)
  assert cli.main(['list']) == 130
  assert capsys.readouterr().err == 'Stopped.\n'


def test_what_may_not_be_read_is_named(monkeypatch, fail):
  def run(args):
    raise PermissionError(13, 'Permission denied', 'my/teacher')

  monkeypatch.setattr(list_command, 'run', run)
  assert 'Permission denied' in fail('list')
  assert 'my/teacher' in fail('list')


def test_a_reader_who_has_seen_enough():
  command = [sys.executable, '-m', 'reincarnating_rl.teachers', 'list']
  with subprocess.Popen(
    command,
    cwd=ROOT,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  ) as process:
    process.stdout.close()
    assert 'Traceback' not in process.stderr.read()
  assert process.returncode == 1
