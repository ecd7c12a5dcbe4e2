"""`reincarnate`: one door to all programs."""

import shlex

import pytest

from reincarnating_rl.cli import doors
from tests import scripts
from tests.cli.commands_test import PROGRAMS, SLOW, subcommands

HERE = 'See reincarnate --help.'


def mistake(capsys, *words):
  assert doors.main(words) == 1
  (line,) = capsys.readouterr().err.splitlines()
  return line.removeprefix('error: ')


def help_of(capsys, monkeypatch, *words):
  monkeypatch.setenv('COLUMNS', '80')
  with pytest.raises(SystemExit) as ended:
    doors.main([*words, '--help'])
  assert ended.value.code == 0
  return capsys.readouterr().out


def test_there_is_a_door_to_every_program():
  assert doors.DOORS.keys() == PROGRAMS.keys()


@pytest.mark.parametrize('name', PROGRAMS)
def test_a_program_behind_it_says_so(name, capsys, monkeypatch):
  usage, summary, *_ = help_of(capsys, monkeypatch, name).split('\n\n')
  assert usage.startswith(f'usage: reincarnate {name} ')
  assert summary == doors.DOORS[name].summary
  told = mistake(capsys, name, '--no_such_flag')
  assert told.startswith('There is no flag --no_such_flag.')
  assert told.endswith(f' See reincarnate {name} --help.')
  commands = [*subcommands(PROGRAMS[name][1]())][:1]
  for command in commands:
    text = help_of(capsys, monkeypatch, name, command)
    assert f'examples:\n  reincarnate {name} {command}' in text


def test_a_program_runs_and_its_status_comes_back(tmp_path, capsys):
  told = mistake(capsys, 'teachers', 'inspect', str(tmp_path / 'none'))
  assert str(tmp_path / 'none') in told


def test_help_lists_all(capsys, monkeypatch):
  text = help_of(capsys, monkeypatch)
  assert text.startswith('usage: reincarnate [flags] COMMAND')
  for name, door in doors.DOORS.items():
    assert f'    {name:<10}{door.summary}\n' in text
  assert max(map(len, text.splitlines())) <= 80
  examples = text.partition('examples:\n')[2].partition('\n\n')[0]
  for example in examples.replace('\\\n', '').splitlines():
    program, name, *words = shlex.split(example)
    assert program == 'reincarnate'
    PROGRAMS[name][1]().parse_args(words)


@pytest.mark.parametrize(
  ('words', 'line'),
  [
    ((), f'The following arguments are required: COMMAND. {HERE}'),
    (('--',), f'The following arguments are required: COMMAND. {HERE}'),
    (('--hlp',), f'There is no flag --hlp. Did you mean --help? {HERE}'),
    # What `reincarnate` was before.
    (
      ('--agent', 'dqn', '--base_dir=x'),
      f'--agent comes after a command: reincarnate train --agent …. {HERE}',
    ),
    (
      ('-agent=dqn',),
      f'-agent comes after a command: reincarnate train -agent …. {HERE}',
    ),
  ],
)
def test_without_a_program_there_is_one_line(words, line, capsys):
  assert mistake(capsys, *words) == line


def test_a_wrong_program_has_the_nearest_name(capsys):
  told = mistake(capsys, 'trian', '--agent', 'dqn')
  assert told.startswith("Argument COMMAND: 'trian' is not one of train, ")
  assert told.endswith(f'. Did you mean train? {HERE}')


def test_the_package_is_the_same_door_and_imports_nothing_slow():
  script = (
    'import runpy, sys\n'
    'sys.argv = ["x", "--help"]\n'
    'try: runpy.run_module("reincarnating_rl", run_name="__main__")\n'
    'except SystemExit as end: assert end.code == 0, end.code\n'
    'found = {name.partition(".")[0] for name in sys.modules}\n'
    f'assert not {SLOW | {"yaml", "rich", "ray"}} & found, found\n'
  )
  done = scripts.run(script)
  assert done.returncode == 0, done.stderr
  assert done.stdout.startswith('usage: python -m reincarnating_rl [flags] ')
