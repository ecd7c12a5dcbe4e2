"""Tests for reincarnating_rl.envs.rollouts and lanes."""

import functools

import jax
import numpy as np
import pytest

from reincarnating_rl.envs import policies, rollouts, seeding, vector
from reincarnating_rl.envs.atari_environments import AtariVectorEnvironment
from reincarnating_rl.envs.gymnasium_games import create_gymnasium_environment
from reincarnating_rl.envs.lanes import Keep
from reincarnating_rl.learner.actions import Discrete
from tests import toys

_SEED, _ITERATION = 3, 2


class Scripted:
  """Episode `i` has `lengths[i]` steps, observations (i + 1, t + 1), and pays
  its action plus 1; the episodes in `timed_out` end by the time limit."""

  observation_shape = (2,)
  observation_dtype = np.dtype(np.uint16)
  actions = Discrete(5)

  def __init__(self, num_envs, lengths, timed_out=()):
    self.num_envs = num_envs
    self.tape, self.hints = [], []
    self._lengths, self._timed_out = lengths, timed_out
    self._index = {
      seeding.episode_seed(_SEED, _ITERATION, i): i for i in range(len(lengths))
    }
    self._lanes = {}

  def _observation(self, lane):
    i, t = self._lanes[lane]
    return np.array([i + 1, t + 1], np.uint16)

  def reset(self, lanes, seeds):
    for lane, seed in zip(lanes, seeds, strict=True):
      self._lanes[lane] = [self._index[seed], 0]
      self.tape.append(('reset', lane, self._index[seed]))
    return np.stack([self._observation(lane) for lane in lanes])

  def step(self, lanes, actions):
    ended, timed_out = [], []
    for lane in lanes:
      self._lanes[lane][1] += 1
      i, t = self._lanes[lane]
      assert t <= self._lengths[i], 'stepped beyond the end'
      ended.append(t == self._lengths[i] and i not in self._timed_out)
      timed_out.append(t == self._lengths[i] and i in self._timed_out)
    self.tape.append(('step', *lanes))
    return vector.Steps(
      np.stack([self._observation(lane) for lane in lanes]),
      np.array(actions, np.float32) + 1,
      np.array(ended),
      np.array(timed_out),
    )

  def prepare(self, seeds):
    self.hints.append([self._index.get(seed) for seed in seeds])

  def close(self):
    pass


def _still(states, keys):
  return np.zeros(len(states), int), None


def _run(environment, policy=_still, stack_size=1, **settings):
  return list(
    rollouts.rollouts(
      environment,
      policy,
      seed=_SEED,
      iteration=_ITERATION,
      stack_size=stack_size,
      **settings,
    )
  )


def test_order_of_events():
  environment = Scripted(2, [3, 5, 1, 1])
  episodes = _run(environment, num_episodes=4)
  assert environment.tape == [
    ('reset', 0, 0),
    ('reset', 1, 1),
    ('step', 0, 1),
    ('step', 0, 1),
    ('step', 0, 1),
    ('reset', 0, 2),
    ('step', 0, 1),
    ('reset', 0, 3),
    ('step', 0, 1),  # Episodes 3 and 1 end together.
  ]
  assert environment.hints == [[2, 3], [3], []]
  assert [e.index for e in episodes] == [0, 2, 3, 1]
  assert [e.length for e in episodes] == [3, 1, 1, 5]
  assert [e.return_ for e in episodes] == [3.0, 1.0, 1.0, 5.0]
  assert all(e.terminal and e.observations is None for e in episodes)


def test_no_more_lanes_than_episodes():
  environment = Scripted(4, [2, 1])
  assert [e.index for e in _run(environment, num_episodes=2)] == [1, 0]
  assert environment.tape[2:] == [('step', 0, 1), ('step', 0)]
  assert _run(Scripted(2, []), num_episodes=0) == []


@pytest.mark.parametrize(
  ('min_steps', 'expected'),
  [
    (0, []),
    (1, [0, 1]),
    (6, [0, 1]),  # Six steps are taken when episode 0 ends.
    (7, [0, 2, 1]),  # 2 begins after six steps, and ends together with 1.
    (10, [0, 2, 1]),
    (11, [0, 2, 1, 3, 4]),
  ],
)
def test_episodes_begin_while_steps_are_wanting(min_steps, expected):
  # Dopamine's own continued episodes count fragments as episodes.
  environment = Scripted(2, [3, 5, 2, 4, 4, 1])
  taken = []
  episodes = _run(environment, min_steps=min_steps, on_steps=taken.append)
  assert [e.index for e in episodes] == expected
  assert sum(taken) == sum(e.length for e in episodes) >= min_steps


def test_exactly_one_stopping_rule():
  for rule in ({}, {'min_steps': 1, 'num_episodes': 1}):
    with pytest.raises(ValueError, match='either'):
      _run(Scripted(1, [1]), **rule)


def test_time_outs_are_not_terminal():
  environment = Scripted(2, [2, 6, 2, 4], timed_out=(0,))
  episodes = _run(environment, num_episodes=4, max_steps_per_episode=4)
  ends = {e.index: (e.length, e.terminal) for e in episodes}
  # 1 is cut; 3 ends by itself in the very step that would have cut it.
  assert ends == {0: (2, False), 1: (4, False), 2: (2, True), 3: (4, True)}


def _draw(states, keys):
  """Acts at random; every extra is the newest observation."""
  return (keys.sum(axis=1) % 5).astype(int), states[..., -1].astype(np.float32)


def test_an_episode_does_not_depend_on_the_lanes():
  lengths = [300, 20, 7, 64, 1, 280]  # Longer than a block of random bits.
  runs = []
  for num_envs in (1, 3, 8):
    episodes = _run(
      Scripted(num_envs, lengths), _draw, num_episodes=6, keep=Keep.ALL
    )
    runs.append(sorted(episodes, key=lambda e: e.index))
  for episode, second, third in zip(*runs, strict=True):
    for other in (second, third):
      np.testing.assert_array_equal(episode.actions, other.actions)
      np.testing.assert_array_equal(episode.rewards, other.rewards)
      np.testing.assert_array_equal(episode.observations, other.observations)
      np.testing.assert_array_equal(episode.extras, other.extras)
  actions = np.concatenate([e.actions for e in runs[0]])
  assert np.bincount(actions, minlength=5).min() > 100  # Of 672, 134 each.
  assert not np.array_equal(runs[0][0].actions[:20], runs[0][1].actions)


def test_kept_steps():
  environment = Scripted(2, [3, 2])
  second, first = _run(environment, _draw, num_episodes=2, keep=Keep.ALL)
  np.testing.assert_array_equal(first.observations, [[1, 1], [1, 2], [1, 3]])
  np.testing.assert_array_equal(second.observations, [[2, 1], [2, 2]])
  assert first.observations.dtype == np.uint16
  np.testing.assert_array_equal(first.extras, first.observations)
  np.testing.assert_array_equal(first.rewards, first.actions + 1)
  assert first.actions.dtype == np.int32
  assert first.rewards.dtype == np.float32


def test_a_policy_may_reuse_its_buffer():
  buffer = np.zeros((2, 1))

  def policy(states, keys):
    buffer[:, 0] = states[:, 1, -1]
    return np.zeros(2, int), buffer

  second, first = _run(
    Scripted(2, [3, 2]), policy, num_episodes=2, keep=Keep.ALL
  )
  np.testing.assert_array_equal(first.extras, [[1], [2], [3]])
  np.testing.assert_array_equal(second.extras, [[1], [2]])


def test_stacks_begin_with_zeros_in_every_episode():
  seen = []

  def policy(states, keys):
    assert states.shape == (2, 2, 3) and keys.shape == (2, 2)
    assert keys.dtype == np.uint32
    seen.append(states.copy())
    return np.zeros(2, int), None

  _run(Scripted(2, [2, 4, 2]), policy, stack_size=3, num_episodes=3)
  zero = [0, 0]
  lane_0 = [
    [zero, zero, [1, 1]],
    [zero, [1, 1], [1, 2]],
    [zero, zero, [3, 1]],  # The next episode, in the same lane.
    [zero, [3, 1], [3, 2]],
  ]
  lane_1 = [
    [zero, zero, [2, 1]],
    [zero, [2, 1], [2, 2]],
    [[2, 1], [2, 2], [2, 3]],
    [[2, 2], [2, 3], [2, 4]],
  ]
  for lane, expected in enumerate((lane_0, lane_1)):
    stacks = [np.moveaxis(states[lane], -1, 0) for states in seen]
    np.testing.assert_array_equal(stacks, expected)


def test_keys_serve_as_jax_keys():
  draw = jax.jit(jax.vmap(lambda key: jax.random.randint(key, (), 0, 5)))
  episodes = _run(
    Scripted(3, [200]), lambda _, keys: (draw(keys), None), num_episodes=1
  )
  assert np.bincount(episodes[0].actions, minlength=5).min() > 20


def test_the_iteration_changes_the_episodes():
  environment = vector.LoopVectorEnvironment(
    [create_gymnasium_environment('CartPole-v1')]
  )

  def play(seed, iteration):
    return next(
      rollouts.rollouts(
        environment,
        _still,
        seed=seed,
        iteration=iteration,
        stack_size=1,
        num_episodes=1,
        keep=Keep.ALL,
      )
    ).observations[0]

  np.testing.assert_array_equal(play(0, 0), play(0, 0))
  assert not np.array_equal(play(0, 0), play(0, 1))
  assert not np.array_equal(play(0, 0), play(1, 0))


def test_atari_episodes_do_not_depend_on_the_lanes():
  runs = []
  for num_envs in (1, 3):
    environment = AtariVectorEnvironment('Breakout', num_envs)
    episodes = _run(
      environment,
      policies.uniform_policy(Discrete(4)),
      num_episodes=4,
      keep=Keep.ALL,
    )
    runs.append(sorted(episodes, key=lambda e: e.index))
  for alone, among in zip(*runs, strict=True):
    np.testing.assert_array_equal(alone.actions, among.actions)
    np.testing.assert_array_equal(alone.rewards, among.rewards)
    np.testing.assert_array_equal(alone.observations, among.observations)


def test_uniform_policy():
  keys = np.array([[0, 9], [2**31, 9], [2**32 - 1, 9]], np.uint32)
  actions, extras = policies.uniform_policy(Discrete(6))(np.zeros((3, 1)), keys)
  np.testing.assert_array_equal(actions, [0, 3, 5])
  assert extras is None


class Aiming:
  """A teacher that aims at what it sees, but not well."""

  acts = 'sample'
  distribution = 'gaussian'

  def policy_parameters(self, states):
    spread = np.full((len(states), 2), np.log(0.3), np.float32)
    return np.concatenate([states[..., 0] / 2.0, spread], axis=1)


@functools.cache
def network():
  """Acts by a network, whose layers XLA multiplies as it likes."""
  generator = np.random.default_rng(0)
  first, second = (
    generator.normal(size=shape).astype(np.float32)
    for shape in ((2, 256), (256, 2))
  )
  return jax.jit(
    lambda states, keys: jax.numpy.tanh(
      jax.nn.relu(states[..., 0] @ first) @ second / 16.0
    )
  )


@pytest.mark.parametrize(
  'policy',
  [
    policies.uniform_policy(toys.target().actions),
    policies.teacher_policy(Aiming(), 0.3),
    policies.deterministic_policy(lambda states, keys: states[..., 0]),
    policies.deterministic_policy(lambda *asked: network()(*asked)),
  ],
  ids=['uniform', 'teacher', 'student', 'network'],
)
def test_vectors_do_not_depend_on_the_lanes(policy):
  runs = []
  for num_envs in (1, 3, 4):
    lanes = vector.LoopVectorEnvironment(
      [toys.target() for _ in range(num_envs)]
    )
    episodes = _run(lanes, policy, num_episodes=6, keep=Keep.ALL)
    runs.append(sorted(episodes, key=lambda e: e.index))
  for alone, *among in zip(*runs, strict=True):
    assert alone.actions.shape == (alone.length, 2)
    assert alone.actions.dtype == np.float32
    assert np.abs(alone.actions).max() <= 1.0
    for other in among:
      for name in ('actions', 'rewards', 'observations', 'extras'):
        np.testing.assert_array_equal(
          getattr(alone, name), getattr(other, name), name
        )
