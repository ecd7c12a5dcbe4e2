import numpy as np

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.monte_carlo import monte_carlo_returns
from tests.fuzzing import fuzz
from tests.replay.replay_oracle import (
  CUT,
  TERMINAL,
  TIME_OUT,
  Oracle,
  histories,
  stores,
)


def make(capacity=50, gamma=0.5):
  return FrameStore(
    capacity=capacity,
    observation_shape=(),
    stack_size=1,
    gamma=gamma,
    seed=0,
    actions=Discrete(3),
  )


@fuzz(stores(), histories)
def test_equals_sums_over_a_plain_list(make_store, history):
  store = make_store()
  oracle = Oracle(store)
  for step in history:
    oracle.run(*step)
  returns = monte_carlo_returns(store)
  keys = np.arange(store.oldest_step, store.next_step)
  assert (returns.shape, returns.dtype) == (keys.shape, np.float32)
  expected = oracle.monte_carlo_returns()
  np.testing.assert_allclose(
    returns[store.slots(keys)],
    [expected[key] for key in keys],
    rtol=1e-5,
    atol=1e-5,
  )


def test_a_cut_hides_the_returns_of_the_steps_before_it():
  # 0.5^6 is above 0.01, 0.5^7 below: six steps are too near to the cut.
  store = make()
  oracle = Oracle(store)
  oracle.run(10, TIME_OUT, True)
  oracle.run(7, CUT, False)
  oracle.run(3, TERMINAL, False)
  is_known = np.isfinite(monte_carlo_returns(store))
  assert is_known.tolist() == (
    [True] * 4 + [False] * 6 + [True] + [False] * 6 + [True] * 3
  )


def test_an_overwritten_beginning_hides_nothing():
  store = make(capacity=6)
  store.add_episode(
    np.zeros(10, np.uint8), np.zeros(10, int), np.ones(10), terminal=True
  )
  # Steps 6 to 9 lie in slots 0 to 3, steps 4 and 5 behind them.
  expected = [2 - 0.5 ** (left - 1) for left in (4, 3, 2, 1, 6, 5)]
  np.testing.assert_allclose(monte_carlo_returns(store), expected)


def test_an_undiscounted_cut_hides_every_return():
  store = make(gamma=1.0)
  oracle = Oracle(store)
  oracle.run(30, TIME_OUT, True)
  assert np.all(monte_carlo_returns(store) == -np.inf)
