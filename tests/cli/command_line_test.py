"""The parser on flags that are made up, and what becomes of errors."""

import argparse
import sys

import pytest

from reincarnating_rl.cli import command_line
from reincarnating_rl.cli.command_line import FlagError, Parser, Subcommand
from reincarnating_rl.cli.flag_values import number
from reincarnating_rl.support.errors import UserError


def make_parser():
  parser = Parser('tool', summary='Do it.', examples=['x --size 2'])
  parser.add_argument('place', metavar='PLACE', help='Where.')
  parser.add_argument('--size', type=number(int, 1, 9), help='How large.')
  parser.add_argument('--kind', choices=('red', 'blue'), help='Which colour.')
  return parser


def mistake(parser, *words):
  with pytest.raises(FlagError) as caught:
    parser.parse_args(words)
  return str(caught.value)


def test_what_was_given_is_kept():
  args = make_parser().parse_args(['here', '--size=3'])
  assert (args.place, args.size, args.kind) == ('here', 3, None)
  assert args.words == ['here', '--size=3']


def test_the_flags_of_the_process(monkeypatch):
  monkeypatch.setattr(sys, 'argv', ['tool', 'here'])
  assert make_parser().parse_args().words == ['here']


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    (['x', '--siz', '3'], 'There is no flag --siz. Did you mean --size?'),
    (['x', '--zzzzzz'], 'There is no flag --zzzzzz.'),
    (['x', '--siez=1 2'], 'There is no flag --siez. Did you mean --size?'),
    (['--siez=3'], 'There is no flag --siez. Did you mean --size?'),
    (['x', 'y'], "There is no use for the argument 'y'."),
    ([], 'The following arguments are required: PLACE.'),
    (
      ['x', '--kind', 'Bleu'],
      "Argument --kind: 'Bleu' is not one of red, blue. Did you mean blue?",
    ),
    (
      ['x', '--size', '0'],
      "Argument --size: '0' is not a whole number from 1 to 9.",
    ),
  ],
)
def test_a_mistake_names_the_flag_and_the_help(words, message):
  assert mistake(make_parser(), *words) == f'{message} See tool --help.'


@pytest.mark.parametrize(
  ('kind', 'bounds', 'text', 'value'),
  [
    (int, (0,), '0', 0),
    (int, (0,), '-1', 'a whole number of 0 or more'),
    (int, (0,), '1.5', 'a whole number of 0 or more'),
    (int, (1, 64), '65', 'a whole number from 1 to 64'),
    (float, (0, 1), '0.25', 0.25),
    (float, (0, 1), 'nan', 'a number from 0 to 1'),
    (float, (0, 1), '1e9', 'a number from 0 to 1'),
  ],
)
def test_numbers(kind, bounds, text, value):
  read = number(kind, *bounds)
  if isinstance(value, str):
    with pytest.raises(argparse.ArgumentTypeError, match=f'is not {value}$'):
      read(text)
  else:
    assert read(text) == value


def test_help_says_what_definitions_say(monkeypatch, capsys):
  monkeypatch.setenv('COLUMNS', '80')
  parser = Parser('tool', summary='Do it.', examples=['--to x'], details='Now.')
  parser.add_argument('--to', metavar='DIR', required=True, help='Where.')
  parser.add_argument('--say', metavar='TEXT', default='50%', help='What.')
  parser.add_argument(
    '--add', metavar='X', action='append', default=[], help='A.'
  )
  parser.add_argument('--dry', action='store_true', help='Only look.')
  with pytest.raises(SystemExit) as ended:
    parser.parse_args(['--help'])
  assert ended.value.code == 0
  assert capsys.readouterr().out == (
    'usage: tool --to DIR [flags]\n\nDo it.\n\nNow.\n\nexamples:\n'
    '  tool --to x\n\nflags:\n'
    '  -h, --help  Print this text and exit.\n'
    '  --to DIR    Where. Required.\n'
    '  --say TEXT  What. Default: 50%.\n'
    '  --add X     A. Repeatable.\n'
    '  --dry       Only look.\n'
  )


def test_subcommands_have_help_and_errors_of_their_own(capsys):
  parser = Parser('tool', summary='Do it.', examples=['go'])

  def add_flags(command):
    command.add_argument('--fast', action='store_true', help='F.')

  parser.add_subcommands({'go': Subcommand('Go.', ['--fast'], add_flags)})
  assert parser.parse_args(['go', '--fast']).command == 'go'
  assert mistake(parser, 'go', '--fats') == (
    'There is no flag --fats. Did you mean --fast? See tool go --help.'
  )
  assert mistake(parser, '--hlp', 'go') == (
    'There is no flag --hlp. Did you mean --help? See tool --help.'
  )
  assert mistake(parser, 'goo') == (
    "Argument COMMAND: 'goo' is not one of go. Did you mean go? See tool "
    '--help.'
  )
  with pytest.raises(SystemExit):
    parser.parse_args(['go', '--help'])
  printed = capsys.readouterr().out
  assert 'Go.\n\nexamples:\n  tool go --fast\n\nflags:\n' in printed


@pytest.mark.parametrize(
  ('error', 'status', 'line'),
  [
    (None, 0, ''),
    (UserError('No x: make one.\nmore'), 1, 'error: No x: make one.\n'),
    (KeyboardInterrupt(), 130, 'Stopped.\n'),
    (KeyboardInterrupt('Stopped. Again?'), 130, 'Stopped. Again?\n'),
    (
      FileNotFoundError(2, 'No such file or directory', 'a/b'),
      1,
      "error: [Errno 2] No such file or directory: 'a/b': check that file or "
      'folder.\n',
    ),
  ],
)
def test_the_exit_status_and_what_is_printed(capsys, error, status, line):
  def command():
    if error is not None:
      raise error

  assert command_line.run(command) == status
  assert capsys.readouterr().err == line


def test_an_error_of_ours_keeps_its_traceback():
  def command():
    raise ZeroDivisionError

  with pytest.raises(ZeroDivisionError):
    command_line.run(command)
