import pathlib
import shlex

import pytest

from reincarnating_rl.support import privacy
from reincarnating_rl.support.errors import UserError

HOME = str(pathlib.Path.home())
APOSTROPHE = "/data/Ada Lovelace's runs/pong"


@pytest.mark.parametrize(
  ('text', 'expected'),
  [
    ('/home/ada/runs/pong', '.../pong'),
    ('/home/ada', '...'),
    ('/Users/ada/', '...'),
    ('/srv', '...'),
    (HOME, '~'),
    (f'{HOME}/x', '.../x'),
    ('~/runs/a', '.../a'),
    ('~ada/runs/a', '.../a'),
    (r'C:\Users\ada\runs\a', '.../a'),
    (r'\\server\ada\a', '.../a'),
    ('/a folder/of ada/my run', '.../my run'),
    ('file:///home/ada/x.gin', '.../x.gin'),
    ('--base_dir=/home/ada/x --y 1', '--base_dir=.../x --y 1'),
    ("--base_dir '/a folder/x y' /b/c", "--base_dir '.../x y' .../c"),
    ("A.path = '/home/ada/x y'\nB.c = 1", "A.path = '.../x y'\nB.c = 1"),
    ('PATHS=/home/ada/a:/home/ada/b', 'PATHS=.../a:.../b'),
    ('("/home/ada/a", 3)', '(".../a", 3)'),
    ('/data/Ada Lovelace - thesis/pong/ckpt.1', '.../ckpt.1'),
    ('/data/lr=0.1/Ada Lovelace/pong', '.../pong'),
    ("/data/Ada's runs/secret client/pong", '.../pong'),
    ('//data/ada/pong/x', '.../x'),
    ('a //data/ada/pong/x', 'a .../x'),
    ('-L/opt/ada/z -I /b/c', '-L.../z -I .../c'),
    (f'x {shlex.quote(APOSTROPHE)} /b/c', "x '.../pong' .../c"),
    (f'f({APOSTROPHE!r}, 1)', 'f(".../pong", 1)'),
  ],
)
def test_private_paths_are_cut(text, expected):
  assert privacy.without_paths(text) == expected
  assert privacy.without_paths({text: [text]}) == {expected: [expected]}
  privacy.check('f', expected, '/nowhere/at/all')


@pytest.mark.parametrize(
  'text',
  [
    'runs/pong',
    './runs/pong',
    '../runs/pong',
    'configs/minatar/dqn.gin',
    'https://huggingface.co/ada/home/x',
    'gs://bucket/home/x',
    'MinAtar/breakout',
    'Eval/AverageReturns',
    '1/2 and 20.0 +/- 1.0',
    'mean / std',
    '</details>',
    '@scope/Network',
    '~',
  ],
)
def test_other_texts_stay(text):
  assert privacy.without_paths(text) == text
  privacy.check('f', text, '/nowhere/at/all')


def test_what_is_left_is_refused():
  with pytest.raises(UserError, match="card.md would publish '/data/ada/x'"):
    privacy.check('card.md', 'see /data/ada/x', '/runs')
  with pytest.raises(UserError, match="would publish '/my runs/a'"):
    privacy.check('card.md', 'see-I/my runs/a', '/my runs/a')


def test_a_command_that_begins_with_a_path_stays_one():
  command = "/opt/ada/python -m x '/data/A b/c' --y 1"
  shown = ".../python -m x '.../c' --y 1"
  assert privacy.without_paths({'command': command}) == {'command': shown}


def test_other_values_stay():
  value = {'a': [1, 2.5, None, True], 'b': {'c': 'x'}}
  assert privacy.without_paths(value) == value
