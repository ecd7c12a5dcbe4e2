"""Updates that are due together, made by one call or several."""

import chex
import numpy as np

from reincarnating_rl.agents import side_by_side
from reincarnating_rl.learner.types import Transition
from tests import toys
from tests.agents.student_test import play


def spied(program, calls, name):
  """Returns a program that notes that it is called."""

  def spy(*given):
    calls.append(name)
    return program(*given)

  return spy


def spied_agent(calls, *, dqn, student, **settings):
  agent = toys.make_agent(
    dqn={'min_replay_history': 4, 'update_period': 1, **dqn},
    student=student,
    **settings,
  )
  trainer = agent.trainer
  trainer.update = spied(trainer.update, calls, 'one')
  trainer.online_program = spied(trainer.online_program, calls, 'program')
  return agent


def test_a_program_makes_as_many_as_it_may():
  trees, steps = [], 4
  for given, expected in (
    ({}, ['one'] * 5),
    ({'updates_per_program': 2}, ['program', 'program', 'one']),
    (
      {'updates_per_program': 2, 'replay_on_device': True},
      ['program'] * 3,
    ),
  ):
    calls = []
    agent = spied_agent(calls, dqn={}, student={'updates_per_step': 5, **given})
    play(agent, 11, terminal_every=100)
    assert agent.trainer.online_updates == 5 * steps
    assert calls == expected * steps
    trees.append(agent.trainer.trees())
  for others in trees[1:]:
    chex.assert_trees_all_close(others, trees[0], rtol=1e-3, atol=1e-5)


def test_a_target_is_synced_after_the_updates_that_were_due():
  calls = []
  agent = spied_agent(
    calls,
    dqn={'target_update_period': 6},
    student={'updates_per_program': 4},
    num_environments=4,
  )
  agent.trainer.sync_target = lambda: calls.append('sync')
  rng = np.random.default_rng(0)
  for _ in range(6):
    states = rng.normal(size=(4, toys.LENGTH, 1)).astype(np.float32)
    actions = side_by_side.act(agent, states)
    rows = zip(states[..., 0], actions, strict=True)
    side_by_side.store(
      agent, (Transition(*row, 0.5, False, False) for row in rows)
    )
  # Steps 16 to 23, for there are five elements at last; a sync is due at 18.
  assert calls == ['one', 'one', 'one', 'sync', 'one', 'program']
