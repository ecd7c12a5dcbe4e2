"""Tests for reincarnating_rl.envs.seeding."""

import numpy as np
import pytest

from reincarnating_rl.envs import seeding


def test_seeds_are_reproducible_and_distinct():
  triples = [(s, i, e) for s in range(5) for i in range(5) for e in range(40)]
  first = [seeding.episode_seed(*triple) for triple in triples]
  assert first == [seeding.episode_seed(*triple) for triple in triples]
  assert len(set(first)) == len(triples)
  assert all(type(s) is int and 0 <= s < 2**31 for s in first)


def test_large_seeds_do_not_run_into_iterations():
  # As a plain list of words, 2^32 + 1 would read like (1, 1).
  assert seeding.episode_seed(2**32 + 1, 0, 0) != seeding.episode_seed(1, 1, 0)


def test_generators_differ_between_episodes_and_repeat():
  draws = [seeding.episode_generator(3, 1, e).random(4) for e in (0, 1, 0)]
  np.testing.assert_array_equal(draws[0], draws[2])
  assert not np.array_equal(draws[0], draws[1])


@pytest.mark.parametrize('triple', [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_negative_numbers_are_refused(triple):
  with pytest.raises(ValueError):
    seeding.episode_seed(*triple)
