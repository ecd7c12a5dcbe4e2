"""The command, from policies that a user names to a file."""

import os
import pathlib
import shutil

import numpy as np
import pytest
from PIL import Image

from reincarnating_rl.cli import casting, video
from reincarnating_rl.video.film import Film
from reincarnating_rl.video.take import Shows, Take
from tests.cli.teachers.conftest import call, evaluate_call  # noqa: F401

ROOT = pathlib.Path(__file__).parents[2]
BREAKOUT = ROOT / 'teacher_ckpts' / 'MinAtar' / 'breakout' / '1'
GAME = ('--game', 'MinAtar/breakout')


@pytest.fixture
def fail(capsys):
  def run(*words):
    assert video.main([str(word) for word in words]) == 1
    lines = capsys.readouterr().err.splitlines()
    (line,) = (line for line in lines if line.startswith('error: '))
    return line

  return run


def make(capsys, *words):
  status = video.main([str(word) for word in words])
  printed = capsys.readouterr()
  assert status == 0, printed.err
  return printed.out


def test_a_duel(tmp_path, capsys):
  out = tmp_path / 'duel.gif'
  (checkpoint,) = BREAKOUT.glob('checkpoints/*.json')
  printed = make(
    *(capsys, BREAKOUT, f'same={checkpoint}', 'random', *GAME),
    *('--out', out, '--episodes', '3', '--seconds', '0.5', '--fps', '20'),
  )
  rows = [line.split() for line in printed.splitlines()]
  (teacher,) = (row[1:] for row in rows if row[:1] == ['Teacher'])
  (same,) = (row[1:] for row in rows if row[:1] == ['same'])
  assert teacher == same and teacher[1] == '±'
  assert any(row[:1] == ['random'] for row in rows)
  assert f'The video: {out}' in printed
  image = Image.open(out)
  assert image.n_frames == 10  # Half a second of twenty.
  left = np.asarray(image.convert('RGB'))[120:500, 16:400]
  middle = np.asarray(image.convert('RGB'))[120:500, 424:808]
  np.testing.assert_array_equal(left, middle)
  assert os.listdir(tmp_path) == ['duel.gif']


def test_scores_are_those_of_evaluate(tmp_path, evaluate_call):  # noqa: F811
  words = (BREAKOUT, *GAME, '--episodes', '4', '--seed', '2')
  expected = evaluate_call(*words)
  args = video.create_parser().parse_args([*map(str, words)])
  film = casting.film(args, [str(BREAKOUT)])
  (take,) = film.takes
  assert [e.return_ for e in take.episodes] == expected['returns']
  assert film.frames_per_second == 10  # Of the family.
  assert take.actions == ('NOOP', 'LEFT', 'RIGHT')
  # The bars are Q-values, by which the actions were chosen.
  best = take.values.argmax(axis=1)
  assert (best == take.shown.actions).mean() > 0.9
  assert take.shows is Shows.Q_VALUES
  assert np.ptp(take.values) < 50, 'They are not divided by a temperature.'
  assert take.details.endswith('Network, .../1, checkpoint 1')


def test_a_policy_over_vectors_shows_its_mean(capsys):
  words = ['random', '--game', 'Pendulum-v1', '--episodes', '1']
  args = video.create_parser().parse_args(words)
  (take,) = casting.film(args, ['random']).takes
  assert take.shows is Shows.MEANS and take.actions == ('action 1',)
  assert take.shown.actions.shape == take.values.shape == (200, 1)
  assert not take.values.any() and np.ptp(take.shown.actions) > 1


def film_of(lengths, **settings):
  class Shown:
    def __init__(self, length):
      self.length = length

  class Fake(Take):
    shown = property(lambda self: Shown(self.details))

  takes = [Fake('', length, (), None, None, ()) for length in lengths]
  return Film(None, takes, 0, 1, **settings)


def test_a_film_ends_after_its_longest_episode_or_is_cut():
  short = film_of([5, 30], frames_per_second=10, seconds=60.0)
  assert len(short) == 31 + 10  # A second more to read.
  assert short._cuts() == ['', '']
  long = film_of([5, 700], frames_per_second=10, seconds=60.0)
  assert len(long) == 600
  assert long._cuts() == ['', 'Cut after 60 s, at step 599 of 700.']
  exact = film_of([599], frames_per_second=10, seconds=60.0)
  assert (len(exact), exact._cuts()) == (600, [''])


@pytest.mark.parametrize(
  ('names', 'titles'),
  [
    (['a'], ['Teacher']),
    (['a', 'b'], ['Teacher', 'Student']),
    (
      ['a', 'b', 'random', 'c'],
      ['Teacher', 'Student 1', 'random', 'Student 2'],
    ),
    (['x=a', 'y=random', 'b'], ['x', 'y', 'Student']),
    (['random', 'b'], ['random', 'Student']),
  ],
)
def test_titles(names, titles):
  assert [title for title, _ in casting._titled(names)] == titles


def test_mistakes_are_one_line(tmp_path, fail):
  out = ('--out', tmp_path / 'a.gif')
  assert 'let it end in .mp4 or .gif' in fail(BREAKOUT, '--out', 'a.avi')
  assert "no policy 'nowhere': give a run" in fail(BREAKOUT, 'nowhere', *out)
  assert 'name at most 6' in fail(*[BREAKOUT] * 7, *out)
  assert '--game is missing' in fail('random', *out)
  assert 'cannot be written' in fail(
    BREAKOUT, '--out', tmp_path / 'no' / 'a.gif'
  )
  assert 'TEACHER' in fail(*GAME)
  assert 'converted for states' in fail(BREAKOUT, '--game', 'Pong', *out)
  assert "'0' is not a number" in fail(BREAKOUT, '--seconds', '0', *out)
  empty = tmp_path / 'empty'
  empty.mkdir()
  assert str(empty) in fail(empty, *GAME, *out)
  assert os.listdir(tmp_path) == ['empty']


def test_a_game_that_cannot_draw_itself(tmp_path, fail, monkeypatch):
  monkeypatch.syspath_prepend(tmp_path)
  (tmp_path / 'blind_game.py').write_text(
    'import gymnasium\n'
    'from gymnasium.envs.classic_control import CartPoleEnv\n'
    'class Blind(CartPoleEnv):\n'
    '  def render(self):\n'
    '    return None\n'
    "gymnasium.register('Blind-v0', Blind, max_episode_steps=9)\n"
  )
  words = ('random', '--game', 'blind_game:Blind-v0', '--episodes', '1')
  line = fail(*words, '--out', tmp_path / 'a.gif')
  assert 'Blind-v0 cannot draw itself: let its render() return' in line
  assert not list(tmp_path.glob('a.gif*'))


def test_a_game_without_render_modes_may_draw_itself(
  tmp_path, capsys, monkeypatch
):
  monkeypatch.syspath_prepend(tmp_path)
  (tmp_path / 'plain_game.py').write_text(
    'import gymnasium\n'
    'import numpy as np\n'
    'class Plain(gymnasium.Env):\n'
    '  observation_space = gymnasium.spaces.Box(0, 1, (1,))\n'
    '  action_space = gymnasium.spaces.Discrete(2)\n'
    '  def reset(self, *, seed=None, options=None):\n'
    '    return np.zeros(1, np.float32), {}\n'
    '  def step(self, action):\n'
    '    return np.ones(1, np.float32), 1.0, True, False, {}\n'
    '  def render(self):\n'
    '    return np.zeros((5, 5, 3), np.uint8)\n'
    "gymnasium.register('Plain-v0', Plain)\n"
  )
  words = ('random', '--game', 'plain_game:Plain-v0', '--episodes', '3')
  make(capsys, *words, '--out', tmp_path / 'a.gif', '--seconds', '0.1')


def test_a_stop_leaves_the_old_file(tmp_path, capsys, monkeypatch):
  out = tmp_path / 'a.gif'
  out.write_bytes(b'old')

  def stopped(self):
    raise KeyboardInterrupt
    yield

  monkeypatch.setattr(Film, 'frames', stopped)
  words = (BREAKOUT, *GAME, '--episodes', '1', '--out', out)
  assert video.main([str(word) for word in words]) == 130
  assert out.read_bytes() == b'old'
  assert os.listdir(tmp_path) == ['a.gif']


def test_a_copy_of_a_checkpoint_without_its_run(tmp_path, capsys):
  shutil.copytree(BREAKOUT / 'checkpoints', tmp_path / 'ckpts')
  printed = make(
    *(capsys, tmp_path / 'ckpts', *GAME, '--episodes', '1'),
    *('--seconds', '0.2', '--out', tmp_path / 'a.gif'),
  )
  assert 'Teacher' in printed
