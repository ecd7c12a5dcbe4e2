"""Tests of what an action is."""

import json

import jax
import numpy as np
import pytest

from reincarnating_rl.learner.actions import (
  Continuous,
  Discrete,
  as_json,
  from_json,
)


def test_a_vector_is_rescaled_to_the_games_bounds_and_back():
  actions = Continuous((-2.0, 0.0), (2.0, 1.0))
  within = np.float32([[-1, -1], [1, 1], [0, 0], [0.5, -0.5]])
  expected = np.float32([[-2, 0], [2, 1], [0, 0.5], [1, 0.25]])
  np.testing.assert_array_equal(actions.to_game(within), expected)
  np.testing.assert_array_equal(actions.from_game(expected), within)
  assert actions.to_game(within).dtype == actions.dtype


def test_the_bounds_themselves_are_not_left_by_rounding():
  low, high = np.sort(np.random.default_rng(0).uniform(-3, 3, (2, 999)), axis=0)
  actions = Continuous(tuple(low), tuple(high))
  for act in (actions.to_game, jax.jit(actions.to_game)):
    greatest = np.asarray(act(np.ones(999, np.float32)))
    assert (greatest <= np.float32(high)).all()
    assert (greatest > np.float32(high) - 1e-6).all()


def test_actions_know_their_shape_and_their_name():
  assert Discrete(4).shape == ()
  assert Continuous((-1.0,) * 3, (1.0,) * 3).shape == (3,)
  assert str(Discrete(4)) == '4 discrete actions'
  one = Continuous((-1.0, -1.0), (1.0, 1.0))
  assert str(one) == '2 continuous actions in [-1, 1]'
  two = Continuous((-1.0, -2.0), (1.0, 2.0))
  assert str(two) == '2 continuous actions in [-2, 2], [-1, 1]'


@pytest.mark.parametrize(
  'actions', [Discrete(4), Continuous((-1.0, 0.1), (1.0, 0.7))], ids=str
)
def test_actions_as_json(actions):
  assert from_json(json.loads(json.dumps(as_json(actions)))) == actions


@pytest.mark.parametrize(
  ('low', 'high'),
  [
    ((), ()),
    ((0.0,), (0.0,)),
    ((1.0,), (-1.0,)),
    ((-np.inf,), (1.0,)),
    ((0.0,), (np.nan,)),
    ((0.0, 0.0), (1.0,)),
    ((-3e38,), (3e38,)),
  ],
)
def test_bounds_that_nothing_lies_within(low, high):
  with pytest.raises(ValueError, match='bounds'):
    Continuous(low, high)
  with pytest.raises(ValueError, match='bounds'):
    from_json({'low': list(low), 'high': list(high)})
