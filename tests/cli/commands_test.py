"""What all commands have in common: help of one form, exit statuses, speed."""

import argparse
import re
import shlex

import pytest

from reincarnating_rl.cli import hub, report, study, train, train_flags, video
from reincarnating_rl.cli.balloon import cli as balloon
from reincarnating_rl.cli.balloon import flags as balloon_flags
from reincarnating_rl.cli.teachers import cli as teachers
from reincarnating_rl.cli.teachers import flags as teachers_flags
from tests import scripts

# Programs: how each is called, and what makes its parser.
PROGRAMS = {
  'train': (train.main, train_flags.create_parser),
  'report': (report.main, report.create_parser),
  'hub': (hub.main, hub.create_parser),
  'study': (study.main, study.create_parser),
  'teachers': (teachers.main, teachers_flags.create_parser),
  'balloon': (balloon.main, balloon_flags.create_parser),
  'video': (video.main, video.create_parser),
}
# What slows down a command that only prints help.
SLOW = {
  *('jax', 'flax', 'tensorflow', 'dopamine', 'gin', 'numpy', 'matplotlib'),
  *('pandas', 'google', 'huggingface_hub', 'balloon_learning_environment'),
}


def subcommands(parser):
  """Returns the parsers of a program's commands, by name."""
  for action in parser._actions:
    if isinstance(action, argparse._SubParsersAction):
      return action.choices
  return {}


def commands():
  """Returns the words that name each command."""
  return [
    words
    for program, (_, create_parser) in PROGRAMS.items()
    for words in (
      (program,),
      *((program, name) for name in subcommands(create_parser())),
    )
  ]


def parser_of(program, *name):
  parser = PROGRAMS[program][1]()
  return subcommands(parser)[name[0]] if name else parser


def help_of(words, monkeypatch, capsys):
  monkeypatch.setenv('COLUMNS', '80')
  main, _ = PROGRAMS[words[0]]
  with pytest.raises(SystemExit) as ended:
    main([*words[1:], '--help'])
  assert ended.value.code == 0
  return capsys.readouterr().out


@pytest.mark.parametrize('words', commands(), ids=' '.join)
def test_help_has_one_form(words, monkeypatch, capsys):
  printed = help_of(words, monkeypatch, capsys)
  prog = ' '.join(('python -m', f'reincarnating_rl.{words[0]}', *words[1:]))
  usage, summary, *_ = printed.split('\n\n')
  assert usage.startswith(f'usage: {prog}')
  assert re.fullmatch(r'[A-Z][^.\n]+\.', summary), 'not one sentence'
  head, _, rest = printed.partition('\nexamples:\n')
  examples, _, flags = rest.partition('\n\n')
  assert examples.startswith(f'  {prog}')
  assert flags.startswith(('flags:\n', 'arguments:\n'))
  assert '  -h, --help  ' in flags
  for line in printed.splitlines():
    assert len(line) <= 80, line


@pytest.mark.parametrize('words', commands(), ids=' '.join)
def test_every_flag_has_sentences_and_says_what_it_needs(
  words, monkeypatch, capsys
):
  printed = ' '.join(help_of(words, monkeypatch, capsys).split())
  for action in parser_of(*words)._actions:
    if isinstance(action, argparse._SubParsersAction):
      continue
    name = ', '.join(action.option_strings) or action.metavar
    assert re.fullmatch(r'\S.*\.', action.help), name
    assert action.nargs == 0 or action.metavar, f'{name} has no metavar'
    # The formatter says it, so that it is said in the same way everywhere.
    assert not re.search(r'[Rr]equired|[Rr]epeat|%\(default', action.help), name
    default = action.default
    if default in (None, argparse.SUPPRESS, False, []) or action.nargs == 0:
      assert 'default' not in action.help, f'{name}: write "Default: ...".'
    else:
      assert 'efault' not in action.help, name
      assert f'Default: {default}.' in printed, name


@pytest.mark.parametrize('words', commands(), ids=' '.join)
def test_examples_can_be_read(words, monkeypatch, capsys):
  printed = help_of(words, monkeypatch, capsys).replace('\\\n', '')
  examples = printed.partition('\nexamples:\n')[2].partition('\n\n')[0]
  program = ['python', '-m', f'reincarnating_rl.{words[0]}']
  for example in examples.splitlines():
    python, minus_m, module, *argv = shlex.split(example)
    assert [python, minus_m, module] == program
    parsed = PROGRAMS[words[0]][1]().parse_args(argv)
    assert parsed.words == argv


@pytest.mark.parametrize('program', PROGRAMS)
def test_help_and_mistakes_import_nothing_slow(program):
  script = (
    'import runpy, sys\n'
    'for words, status in (["--help"], 0), (["--no_such_flag"], 1):\n'
    f'  sys.argv = ["{program}", *words]\n'
    '  try:\n'
    f'    runpy.run_module("reincarnating_rl.{program}", run_name="__main__")\n'
    '  except SystemExit as end: assert end.code == status, end.code\n'
    f'assert not {SLOW} & set(sys.modules), {SLOW} & set(sys.modules)\n'
  )
  done = scripts.run(script)
  assert done.returncode == 0, done.stderr
  assert done.stdout.startswith(f'usage: python -m reincarnating_rl.{program} ')
  (line,) = done.stderr.splitlines()
  assert line.startswith('error: There is no flag --no_such_flag.')


@pytest.mark.parametrize('program', PROGRAMS)
def test_without_flags_the_error_names_one_that_is_required(program, capsys):
  main, _ = PROGRAMS[program]
  assert main([]) == 1
  (line,) = capsys.readouterr().err.splitlines()
  assert line.startswith('error: The following arguments are required: ')
  assert line.endswith(f'See python -m reincarnating_rl.{program} --help.')
