"""Episodes in tables of elements written by hand."""

import numpy as np
import pytest

from reincarnating_rl.importers.dopamine41_elements import Table
from reincarnating_rl.importers.dopamine41_episodes import (
  Episode,
  horizon,
  split,
)


def table(text, n=1, rewards=None):
  """Returns a table, a letter an element and a word an episode.

  A dot is terminal. Elements shift the state of the one before, and the next
  state of one is the state of the n-th after it, up to a word's first dot; what
  follows in the word repeats it, or is of its last steps.
  """
  episodes = text.split()
  state, after, terminal, shifted = [], [], [], []
  for number, episode in enumerate(episodes):
    dots = 0
    for k, letter in enumerate(episode):
      is_terminal = letter == '.'
      dots += is_terminal
      step = k if dots < 2 else -dots
      state.append(100 * number + step)
      after.append(100 * number + (k + n if dots < 2 else -50 - dots))
      terminal.append(is_terminal)
      shifted.append(k > 0 and dots < 2)
  count = len(state)
  reward = np.zeros(count) if rewards is None else np.array(rewards)
  return Table(
    action=np.zeros(count, np.int64),
    reward=reward,
    is_terminal=np.array(terminal),
    is_shifted=np.array(shifted),
    state=np.array(state),
    next_state=np.array(after),
    is_single=False,
  )


def found(text, *, n=1, stack=4, is_cut=False):
  episodes = split(table(text, n), n=n, stack_size=stack, is_cut=is_cut)
  return [tuple(episode) for episode in episodes]


def test_the_ten_elements_of_eight_steps():
  """Dopamine makes ten elements of eight steps; seven are distinct."""
  assert found('xxxxxx.... xxx') == [
    (0, 7, range(10, 10), True, False),
    (10, 3, range(0), False, False),
  ]
  assert Episode(0, 7, range(10, 10), True, False).acts == 7


def test_short_episodes_repeat_as_often_as_they_have_frames():
  assert [e[:2] for e in found('x.. . xx... . xx')] == [
    (0, 2),
    (3, 1),
    (4, 3),
    (9, 1),
    (10, 2),
  ]


def test_ends_of_longer_returns():
  """Three repeat the last n-step element; then come 2 and 1 steps."""
  assert found('xxxxx...... xx', n=3) == [
    (0, 6, range(9, 11), True, False),
    (11, 2, range(0), False, False),
  ]
  assert found('xxxxx...... ... xx .', n=3) == [
    (0, 6, range(9, 11), True, False),
    (14, 2, range(0), False, False),
  ]


def test_the_oldest_episode_if_it_is_cut():
  assert found('xxx.... xx', is_cut=True) == [
    (0, 4, range(7, 7), True, True),
    (7, 2, range(0), False, False),
  ]
  # The cut may lie within its first frames, or in its repetitions.
  for text in ('xx.... xx', '. xx', '.. . xx'):
    cut = found(text, is_cut=True)
    assert [e[2:] for e in cut] == [(range(0), False, False)]
    assert cut[0][1] == 2


def test_missing_elements_and_malformed_ends():
  with pytest.raises(ValueError, match='last elements'):
    found('xxxxxx... xx')
  wrong = table('xxxxxx....', rewards=[0.0] * 8 + [1.0, 0.0])
  with pytest.raises(ValueError, match='does not end as Dopamine'):
    list(split(wrong, n=1, stack_size=4, is_cut=False))


@pytest.mark.parametrize('n', [1, 3, 9])
def test_the_horizon(n):
  text = 10 * 'x' + (n + 3) * '.'
  assert horizon(table(f'{text} {text} xx', n)) == n


def test_an_ambiguous_horizon():
  for text in ('x', 'x . .', '. .'):
    with pytest.raises(ValueError, match='too few different frames'):
      horizon(table(text))
  alike = table('xxxxxx')
  alike.state[:] = alike.next_state[:] = 3
  with pytest.raises(ValueError, match='too few different frames'):
    horizon(alike)
