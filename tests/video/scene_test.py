"""What is drawn: nothing overlaps, and it shows what it should."""

import numpy as np
import pytest

from reincarnating_rl.envs.lanes import Episode
from reincarnating_rl.evaluation.plot_style import DARK
from reincarnating_rl.video import scene, typesetting
from reincarnating_rl.video.take import Moment, Shows, Take

BLACK, WHITE = 0, 255
ORANGE = (0xFF, 0x87, 0x48)
BLUE = (0x4A, 0xA8, 0xE8)


def make_take(num_actions=3, *, title='Teacher', details='', value=1.0):
  rng = np.random.default_rng(num_actions)
  episode = Episode(
    *(0, True, np.array([1, 0], np.int32), np.ones(2, np.float32), None, None)
  )
  values = value * rng.normal(size=(2, num_actions))
  values[[0, 1], [1, 0]] = values.max(axis=1)  # The best is chosen.
  names = [f'action {i}' for i in range(num_actions)]
  return Take(title, details, [episode, episode], values, Shows.Q_VALUES, names)


def draw(takes, shape=(10, 10, 3), *, steps=0, cuts=None):
  made = scene.Scene(takes, shape, cuts or [''] * len(takes))
  picture = np.full(shape, WHITE, np.uint8)
  return made.draw([Moment(picture, steps, 1.0)] * len(takes))


def boxes(frame, color):
  """Returns top, bottom, left and right of all pixels of a colour."""
  rows, columns = np.nonzero((frame == color).all(axis=2))
  return rows.min(), rows.max(), columns.min(), columns.max()


@pytest.mark.parametrize(
  'shape', [(10, 10, 3), (210, 160, 3), (400, 600, 3), (444, 400, 3), (9, 3, 3)]
)
@pytest.mark.parametrize('count', [1, 2, 3])
def test_sizes_are_even_and_the_game_is_undistorted(shape, count):
  frame = draw([make_take()] * count, shape)
  assert frame.dtype == np.uint8 and not frame.shape[0] % 2
  assert frame.shape[1] >= count * scene.WIDTH and not frame.shape[1] % 2
  top, bottom, left, right = boxes(frame[:, : scene.WIDTH + 16], WHITE)
  height, width = bottom - top + 1, right - left + 1
  assert height / width == pytest.approx(shape[0] / shape[1], rel=0.02)
  assert width <= scene.WIDTH and max(height, width) > 250


@pytest.mark.parametrize('num_actions', [2, 6, 18])
def test_one_action_is_marked_and_all_have_a_bar(num_actions):
  frame = draw([make_take(num_actions)])
  other = draw([make_take(num_actions)], steps=1)
  top, bottom, left, right = boxes(frame, ORANGE)
  # Its mark, its name, its bar, its value: one row.
  assert bottom - top <= 20 and left == 16 and right > 300
  moved = boxes(other, ORANGE)
  assert moved[1] < top + 9, 'The first action is above the second.'
  # After the last step, that step's values stay.
  assert boxes(draw([make_take(num_actions)], steps=2), ORANGE) == moved


def make_means(means, action):
  actions = np.full((1, len(means)), action, np.float32)
  episode = Episode(0, True, actions, np.ones(1, np.float32), None, None)
  names = [f'action {i}' for i in range(1, len(means) + 1)]
  return Take('', '', [episode], np.float32([means]), Shows.MEANS, names)


def test_components_go_to_the_left_or_right_of_a_line():
  bars = {
    mean: boxes(draw([make_means([mean], -1.0)]), BLUE)
    for mean in (-1.0, -0.5, 0.5, 1.0)
  }
  # The marks of what was played are at the left end.
  *_, left, end = boxes(draw([make_means([1.0], -1.0)]), ORANGE)
  *_, right = boxes(draw([make_means([1.0], 1.0)]), ORANGE)
  width, center = (right - 1) - (left + 1), (left + right) / 2
  assert end - left == 2 and width > 200
  for mean, (*_, begin, end) in bars.items():
    outer, inner = (end, begin) if mean > 0 else (begin, end)
    assert inner == pytest.approx(center, abs=3)
    assert outer == pytest.approx(center + mean * width / 2, abs=4)
  assert not (draw([make_means([0.0], 0.5)])[..., :] == BLUE).all(2).sum() > 20


@pytest.mark.parametrize(('size', 'rows'), [(1, 1), (8, 8), (9, 9), (21, 9)])
def test_many_components_are_told_and_not_drawn(size, rows):
  frame = draw([make_means([0.5] * size, 0.5)])
  single = draw([make_means([0.5], 0.5)])
  assert len(frame) - len(single) == 20 * (rows - 1)
  is_bar = (frame == BLUE).all(axis=2).any(axis=1)
  assert np.sum(np.diff(is_bar.astype(int)) == 1) == min(size, 8)


def test_parts_stand_side_by_side():
  short, long = make_take(), make_take(6, details='a long path ' * 12)
  frame = draw([short, long], cuts=['', 'Cut after 60 s. ' * 5])
  half = frame.shape[1] // 2
  ours, theirs = (
    boxes(part, WHITE) for part in (frame[:, :half], frame[:, half:])
  )
  assert ours[:2] == theirs[:2]
  # All text is on the picture: its margin is empty.
  edge = np.concatenate(
    [frame[:10].reshape(-1, 3), frame[-10:].reshape(-1, 3), frame[:, -10, :]]
  )
  background = [int(DARK.background[i : i + 2], 16) for i in (1, 3, 5)]
  assert (edge == background).all()


@pytest.mark.parametrize('value', [1e-5, 1.0, 300.0, 1e6])
def test_values_do_not_reach_into_bars(value):
  frame = draw([make_take(value=value)])
  top, bottom, *_ = boxes(frame, ORANGE)
  # Through the middle of the row, the bar is the longest run of its colour.
  row = (frame[(top + bottom) // 2] == ORANGE).all(axis=1)
  edges = np.flatnonzero(np.diff(np.concatenate([[0], row, [0]])))
  begins, ends = edges[::2], edges[1::2]
  bar = np.argmax(ends - begins)
  number = np.nonzero((frame[top : bottom + 1] == ORANGE).all(axis=2))[1]
  assert number[number > ends[bar]].min() >= ends[bar] + 5


def test_lines_fit():
  text = 'Episode 4 of 10: its return 5 is the median. ' * 3 + 'x' * 200
  lines = typesetting.wrap(text, 300)
  assert len(lines) > 3
  assert all(typesetting.SMALL.getlength(line) <= 300 for line in lines)
  assert lines[-1].endswith('…')
  assert ' '.join(lines[:-1]) == text.rpartition(' ')[0]
  assert typesetting.wrap('', 300) == []
  assert typesetting.shorten('short', 300) == 'short'


@pytest.mark.parametrize(
  ('value', 'text'), [(12.0, '12'), (-3.44, '-3.4'), (1234.0, '1,234')]
)
def test_numbers(value, text):
  assert scene.number(value) == text
