import numpy as np

from reincarnating_rl.replay.n_step import has_element, n_step, n_step_until_cut


def test_returns_by_hand():
  reward = np.array([1, 2, 4, 8, 16], np.float32)
  terminal = np.array([False, False, False, True, False])
  part = n_step(reward, terminal, np.arange(4), horizon=3, gamma=0.5)
  # 1 + 2/2 + 4/4;  2 + 4/2 + 8/4;  4 + 8/2;  8.
  np.testing.assert_array_equal(part.reward, [3.0, 6.0, 8.0, 8.0])
  np.testing.assert_array_equal(part.discount, [0.125, 0.0, 0.0, 0.0])
  np.testing.assert_array_equal(part.is_terminal, [False, True, True, True])
  np.testing.assert_array_equal(part.next_offset, [3, 0, 0, 0])


def test_returns_wrap_around_the_ring():
  reward = np.array([10, 100, 1], np.float32)
  part = n_step(reward, np.zeros(3, bool), np.array([2]), horizon=3, gamma=1.0)
  assert part.reward == [111.0]


def test_zero_discount_keeps_the_first_reward():
  part = n_step(
    np.array([3, 5], np.float32),
    np.array([False, True]),
    np.arange(2),
    horizon=2,
    gamma=0.0,
  )
  np.testing.assert_array_equal(part.reward, [3.0, 5.0])


def test_a_cut_shortens_the_return():
  # A terminal after three steps; a time-out after three; two of an open one.
  columns = {
    'reward': np.array([1, 2, 4, 1, 2, 4, 1, 2], np.float32),
    'terminal': np.arange(8) == 2,
    'episode_step': np.array([0, 1, 2, 0, 1, 2, 0, 1]),
  }
  part = n_step_until_cut(
    columns, np.array([0, 1, 3, 4, 6]), newest=7, horizon=3, gamma=0.5
  )
  # 1 + 2/2 + 4/4;  2 + 4/2;  1 + 2/2, then 4 is not summed;  2;  1.
  np.testing.assert_array_equal(part.reward, [3.0, 4.0, 2.0, 2.0, 1.0])
  np.testing.assert_array_equal(part.discount, [0.0, 0.0, 0.25, 0.5, 0.5])
  np.testing.assert_array_equal(part.next_offset, [0, 0, 2, 1, 1])


def test_a_return_ends_at_the_newest_step():
  # One episode fills the ring; steps 4 and 5 overwrote steps 0 and 1.
  columns = {
    'reward': np.array([16, 32, 4, 8], np.float32),
    'terminal': np.zeros(4, bool),
    'episode_step': np.array([4, 5, 2, 3]),
  }
  part = n_step_until_cut(
    columns, np.array([2, 0]), newest=1, horizon=9, gamma=1.0
  )
  np.testing.assert_array_equal(part.reward, [4 + 8 + 16, 16])
  np.testing.assert_array_equal(part.next_offset, [3, 1])


def test_which_steps_begin_an_element():
  # Cut after two steps; a terminal after two; two of an open episode.
  episode_step = np.array([0, 1, 0, 1, 0, 1])
  terminal = np.array([False, False, False, True, False, False])
  found = has_element(episode_step, terminal, horizon=1, stack_size=2)
  np.testing.assert_array_equal(found, [True, False, True, True, True, False])
  found = has_element(episode_step, terminal, horizon=2, stack_size=2)
  np.testing.assert_array_equal(found, [False, False, True, True, False, False])


def test_no_element_has_overwritten_frames():
  # The ring begins with the episode's sixth step.
  found = has_element(
    np.arange(5, 10), np.zeros(5, bool), horizon=1, stack_size=3
  )
  np.testing.assert_array_equal(found, [False, False, True, True, False])


def test_nothing_stored():
  empty = np.zeros(0, np.int32)
  assert not len(has_element(empty, empty > 0, horizon=1, stack_size=2))
