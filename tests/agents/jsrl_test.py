"""JSRL's roll-ins: how long, and whose steps they are."""

import numpy as np
import pytest

from reincarnating_rl.agents import snapshot
from tests import toys

OBSERVATION = np.eye(toys.LENGTH, dtype=np.float32)[1]


# Who acts is of the method; a Rainbow compiles for seconds.
@pytest.fixture(
  params=[
    pytest.param(kind, marks=[pytest.mark.soak] if kind == 'rainbow' else [])
    for kind in toys.KINDS
  ]
)
def make_agent(request):
  def make(seed=0, **settings):
    return toys.make_agent(
      seed=seed,
      kind=toys.JSRL[request.param],
      dqn={'min_replay_history': 10**6},
      teacher=toys.ScriptedTeacher(toys.RIGHT),
      **settings,
    )

  return make


def roll_in(agent, steps=12):
  """Plays an episode; returns how many of its steps the teacher took."""
  before = agent.actor.steps
  agent.begin_episode(OBSERVATION)
  for _ in range(steps - 1):
    agent.step(0.0, OBSERVATION)
  agent.end_episode(0.0, terminal=True)
  return agent.actor.steps - before


def test_lengths_are_uniform_from_1_to_the_horizon(make_agent):
  agent = make_agent(max_roll_in_steps=4)
  lengths = [roll_in(agent, steps=5) for _ in range(400)]
  counts = np.bincount(lengths, minlength=6)
  assert counts[0] == counts[5] == 0
  assert np.all(np.abs(counts[1:5] - 100) < 45)


def test_the_teacher_acts_first_and_then_the_student(make_agent):
  agent = make_agent(max_roll_in_steps=3)
  agent.actor._student = lambda params, state, key, epsilon, eval_mode: (
    key,
    np.int32(toys.LEFT),
  )
  for _ in range(20):
    start = agent.batches.replay.next_step
    length = roll_in(agent, steps=6)
    np.testing.assert_array_equal(
      agent.batches.replay.columns['action'][start : start + 6],
      [toys.RIGHT] * length + [toys.LEFT] * (6 - length),
    )


def test_an_episode_may_end_within_a_roll_in(make_agent):
  agent = make_agent(max_roll_in_steps=1000)
  assert roll_in(agent, steps=2) <= 2
  agent.actor.iterations = 10**6
  assert roll_in(agent) == 0


def test_a_horizon_below_1_is_the_student_alone(make_agent):
  # The official code failed here: 'high <= 0'.
  agent = make_agent(max_roll_in_steps=2, roll_in_decay=0.6)
  horizons = []
  for _ in range(4):
    horizons.append(agent.actor.horizon)
    roll_in(agent)
    agent.actor.finish_iteration()
  assert horizons == [2, 1, 0, 0]  # Of 2, 1.2, 0.72 and 0.432.
  assert agent.actor.steps <= 3


def test_evaluation_is_the_student_alone_and_draws_nothing(make_agent):
  agent = make_agent()
  state = agent.actor.state_dict()
  agent.eval_mode = True
  assert roll_in(agent) == 0
  assert agent.actor.state_dict() == state


def test_a_snapshot_goes_on_with_the_same_lengths(make_agent):
  agent = make_agent(max_roll_in_steps=10)
  roll_in(agent)
  agent.actor.finish_iteration()
  taken = snapshot.take(agent)
  other = make_agent(seed=9, max_roll_in_steps=10)
  snapshot.restore(other, *taken)
  assert other.actor.horizon == agent.actor.horizon == 8
  assert [roll_in(other) for _ in range(5)] == [
    roll_in(agent) for _ in range(5)
  ]
