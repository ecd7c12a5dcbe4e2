"""Episodes of programs, beside those of `envs.rollouts`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reincarnating_rl.envs import discrete_actions, policies, rollouts
from reincarnating_rl.envs.lanes import Keep
from reincarnating_rl.fleet import measuring, rollout
from reincarnating_rl.fleet.measuring import Measuring
from reincarnating_rl.fleet.play import Player
from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.support.errors import DivergedError
from tests import toys
from tests.fleet import corridors

PLAYER = Player(corridors.program(), 2, 9)


def played(choose, lanes=4, **limits):
  number = limits.pop('number', 1)
  made = Measuring(
    Spread(number, jax.devices()[:1]), PLAYER, lanes, lambda: None
  )
  keys = [np.asarray(jax.random.PRNGKey(i)) for i in range(number)]
  return made.play('who', choose, None, keys, **limits)


def test_the_protocol_is_that_of_the_host():
  teacher = toys.ScriptedTeacher(toys.RIGHT)
  host = rollouts.rollouts(
    toys.corridor(4).create_vector_environment(),
    policies.teacher_policy(teacher, 0.0),
    **{'seed': 0, 'iteration': 0, 'stack_size': 2, 'min_steps': 22},
    keep=Keep.ALL,
  )
  (ours,) = played(
    rollout.teacher(teacher, 0.0), steps=[22], encode=lambda x: x
  )
  for theirs, mine in zip(host, ours, strict=True):
    assert mine.index == theirs.index and mine.terminal == theirs.terminal
    for name in ('actions', 'rewards', 'observations', 'extras'):
      np.testing.assert_allclose(getattr(mine, name), getattr(theirs, name))


def test_an_episode_does_not_depend_on_lanes_and_other_seeds():
  teacher = toys.ScriptedTeacher()
  choose = rollout.teacher(teacher, 1.0)
  found = [
    sorted((e.index, e.length, e.return_, e.terminal, e.cut) for e in mine)
    for mine in (
      played(choose, lanes=4, episodes=7)[0],
      played(choose, lanes=3, episodes=7, number=2)[0],
    )
  ]
  assert found[0] == found[1]
  assert [row[0] for row in found[0]] == list(range(7))
  assert len({row[1] for row in found[0]}) > 1


def test_a_limit_that_cuts_episodes_is_told_of_once(caplog):
  spread = Spread(2, jax.devices()[:1])
  player = Player(corridors.program(), 2, 2)
  made = Measuring(spread, player, 4, lambda: None)
  choose = rollout.teacher(toys.ScriptedTeacher(toys.RIGHT), 0.0)
  keys = [np.asarray(jax.random.PRNGKey(i)) for i in range(2)]
  for _ in range(2):
    made.play('who', choose, None, keys, episodes=3)
  (line,) = caplog.messages
  assert '6 of 6 episodes were cut at 2 steps' in line
  assert 'Runner.max_steps_per_episode' in line


def test_values_that_are_no_numbers_are_an_error():
  def choose(params, states, keys):
    logits = jnp.full((len(states), 2), jnp.nan)
    return discrete_actions.epsilon_greedy(keys, logits, 0.0), logits

  with pytest.raises(DivergedError, match='Student.learning_rate'):
    played(choose, episodes=1)
  with pytest.raises(DivergedError, match='teacher'):
    played(choose, episodes=1, is_teacher=True)


def test_records_put_episodes_together_across_programs(monkeypatch):
  monkeypatch.setattr(measuring, '_STEPS', 3)
  (ours,) = played(
    rollout.teacher(toys.ScriptedTeacher(), 0.6),
    episodes=6,
    encode=lambda x: x,
  )
  for episode in ours:
    places = episode.observations.argmax(axis=1)
    moves = np.where(episode.actions == toys.RIGHT, 1, -1)
    assert places[0] == 1 and (np.diff(places) == moves[:-1]).all()
