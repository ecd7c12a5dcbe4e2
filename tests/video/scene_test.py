"""What is drawn: nothing overlaps, and it shows what it should."""

import numpy as np
import pytest

from reincarnating_rl.envs.lanes import Episode
from reincarnating_rl.evaluation.plot_style import DARK
from reincarnating_rl.video import scene, typesetting
from reincarnating_rl.video.take import ACTIONS, Q_VALUES, Moment, Take

BLACK, WHITE = 0, 255
ORANGE = (0xFF, 0x87, 0x48)


def make_take(num_actions=3, *, title='Teacher', details='', value=1.0):
  rng = np.random.default_rng(num_actions)
  episode = Episode(
    *(0, True, np.array([1, 0], np.int32), np.ones(2, np.float32), None, None)
  )
  values = value * rng.normal(size=(2, num_actions))
  values[[0, 1], [1, 0]] = values.max(axis=1)  # The best is chosen.
  names = [f'action {i}' for i in range(num_actions)]
  return Take(title, details, [episode, episode], values, Q_VALUES, names)


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


BLUE = (0x4A, 0xA8, 0xE8)


def test_the_numbers_of_a_vector_go_both_ways():
  vectors = np.float32([[-1.0, 1.0, 0.5], [0.0, 0.0, 0.0]])
  episode = Episode(0, True, vectors, np.ones(2, np.float32), None, None)
  names = [f'number {i}' for i in range(3)]
  take = Take('Teacher', '', [episode, episode], vectors, ACTIONS, names)
  frame, still = draw([take]), draw([take], steps=1)
  blue = (frame == BLUE).all(axis=2)
  rows = np.flatnonzero(blue.any(axis=1))
  rows = rows[0], rows[len(rows) // 2], rows[-1]
  first, second, third = (np.flatnonzero(blue[row]) for row in rows)
  # They meet at zero, and the third goes half as far as the second.
  assert first.max() == second.min() == third.min()
  assert len(first) == pytest.approx(len(second), abs=1)
  assert len(third) == pytest.approx(len(second) / 2, abs=1)
  assert not (frame == ORANGE).all(axis=2).any()  # None of them is chosen.
  assert boxes(still, BLUE)[3] - boxes(still, BLUE)[2] <= 1


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
