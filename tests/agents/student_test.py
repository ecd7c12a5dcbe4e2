"""What students share: counters, syncs, weaning, snapshots; of every kind."""

import functools
import pathlib
import resource

import chex
import gin
import jax
import numpy as np
import pytest

from reincarnating_rl.agents import labelling, snapshot
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay import device_view
from reincarnating_rl.support.errors import UserError
from tests import toys

BUNDLED = pathlib.Path(__file__).parents[2] / 'teacher_ckpts' / 'Pong' / '1'


# What a student does is the same for each kind, and a Rainbow compiles for
# seconds.
@pytest.fixture(
  params=[
    pytest.param(kind, marks=[pytest.mark.soak] if kind == 'rainbow' else [])
    for kind in toys.KINDS
  ]
)
def make_agent(request):
  """Makes a student of each kind in turn."""
  return functools.partial(toys.make_agent, kind=toys.KINDS[request.param])


def play(agent, steps, *, terminal_every=7):
  """Feeds an agent with random observations."""
  rng = np.random.default_rng(0)
  observe = lambda: rng.normal(size=toys.LENGTH).astype(np.float32)  # noqa: E731
  agent.begin_episode(observe())
  for t in range(1, steps):
    if t % terminal_every == 0:
      agent.end_episode(1.0, terminal=True)
      agent.begin_episode(observe())
    else:
      agent.step(0.5, observe())


def teacher_data(agent, steps=60):
  store = agent.make_replay(200)
  rng = np.random.default_rng(3)
  store.add_episode(
    rng.normal(size=(steps, toys.LENGTH)).astype(np.float32),
    rng.integers(0, 2, steps).astype(np.int32),
    rng.normal(size=steps).astype(np.float32),
    terminal=True,
  )
  return store


def pretrain(agent, *, calls, updates=4):
  store = teacher_data(agent)
  labelling.label(store, agent.teacher, chunk=16)
  view = device_view.device_view(store)
  for _ in range(calls):
    agent.trainer.pretrain(view, store.slots(store.sample_keys((updates, 8))))
  return store


def test_pretraining_really_trains_and_counts_apart(make_agent):
  # The official code's offline phase made no update at all, and its counters
  # said that it had.
  agent = make_agent()
  before = jax.tree.map(np.array, agent.trainer.state.params)
  pretrain(agent, calls=3, updates=4)
  assert agent.trainer.pretraining_updates == 12
  assert agent.training_steps == 0
  assert agent.trainer.online_updates == 0
  assert int(agent.trainer.state.optimizer_state[0].count) == 12
  moved = jax.tree.map(
    lambda a, b: float(abs(a - b).max()), agent.trainer.state.params, before
  )
  assert min(jax.tree.leaves(moved)) > 0


def test_offline_updates_count_for_epsilon_only(make_agent):
  agent = make_agent()
  agent.epsilon_fn = lambda period, step, warmup, final: step / 100
  pretrain(agent, calls=2, updates=5)
  assert agent.epsilon == pytest.approx(0.1)
  agent.eval_mode = True
  assert agent.epsilon == 0.0


def test_targets_sync_at_their_own_period_whatever_the_update_period(
  make_agent,
):
  # The official code synced only on multiples of both periods.
  agent = make_agent(
    dqn={
      'update_period': 4,
      'target_update_period': 10,
      'min_replay_history': 0,
    }
  )
  synced = []
  agent.trainer.sync_target = lambda: synced.append(agent.training_steps)
  play(agent, 60)
  assert synced == [t for t in range(10, 60, 10)]


def test_a_target_period_below_the_update_period_syncs_every_offline_update(
  make_agent,
):
  # The official code divided by zero here.
  agent = make_agent(dqn={'update_period': 4, 'target_update_period': 2})
  pretrain(agent, calls=1, updates=3)
  chex.assert_trees_all_equal(
    agent.trainer.state.params, agent.trainer.state.target_params
  )


def test_offline_targets_sync_by_updates_done_not_by_calls(make_agent):
  agent = make_agent(dqn={'update_period': 4, 'target_update_period': 16})
  synced = []
  agent.trainer.sync_target = lambda: synced.append(
    agent.trainer.pretraining_updates
  )
  pretrain(agent, calls=7, updates=2)
  assert synced == [4, 8, 12]


def test_the_switch_to_online_syncs_and_keeps_the_moments(make_agent):
  agent = make_agent()
  pretrain(agent, calls=1)
  moments = agent.trainer.state.optimizer_state
  agent.trainer.finish_pretraining(
    resets_optimizer=agent.method.resets_optimizer
  )
  chex.assert_trees_all_equal(
    agent.trainer.state.params, agent.trainer.state.target_params
  )
  chex.assert_trees_all_equal(agent.trainer.state.optimizer_state, moments)


@pytest.mark.parametrize(
  'kind',
  [
    *toys.KINDS,
    pytest.param('implicit_quantile', marks=pytest.mark.soak),
  ],
)
def test_one_program_for_a_whole_run(kind):
  # Setting the learning rate in the optimiser's state compiled anew each time.
  agent = toys.make_agent(
    kind=toys.ALL_KINDS[kind], dqn={'min_replay_history': 10}
  )
  for score in (0.0, 0.3, 0.9, 1.2):
    play(agent, 40)
    agent.weaner.after_evaluation(score, agent.training_steps)
  pretrain(agent, calls=2)
  assert agent.trainer.update._cache_size() == 1
  assert agent.trainer.scanned_update._cache_size() == 1
  toys.wean_to(agent, 0.7)
  agent.epsilon_fn = lambda *_: 0.2
  with jax.no_tracing():
    play(agent, 40)


def test_weaning_moves_lambda_and_the_learning_rate_together(make_agent):
  agent = make_agent(
    distill_loss_coefficient=2.0,
    student={'learning_rate': 1e-4, 'final_learning_rate': 1e-5},
  )
  agent.weaner.after_evaluation(0.5, agent.training_steps)
  assert agent.weaner.coefficient == pytest.approx(1.0)
  assert agent.weaner.learning_rate == pytest.approx(5.5e-5)
  agent.weaner.after_evaluation(1.5, agent.training_steps)
  agent.weaner.after_evaluation(0.0, agent.training_steps)
  assert agent.weaner.coefficient == 0.0
  assert agent.weaner.learning_rate == pytest.approx(1e-5)


def test_a_floor_keeps_some_of_lambda(make_agent):
  agent = make_agent(distill_loss_coefficient=2.0, distill_floor=0.1)
  agent.weaner.after_evaluation(1.5, agent.training_steps)
  assert agent.weaner.coefficient == pytest.approx(0.2)


def test_the_teacher_is_asked_once_for_each_state_and_never_when_weaned(
  make_agent,
):
  teacher = toys.ScriptedTeacher()
  agent = make_agent(dqn={'min_replay_history': 4}, teacher=teacher)
  play(agent, 61)
  assert 52 <= teacher.num_states <= 62
  agent.weaner.after_evaluation(1.0, agent.training_steps)
  asked = teacher.num_states
  play(agent, 40)
  assert teacher.num_states == asked


def test_a_student_of_one_action_trains(make_agent):
  # Squeezing Q-values dropped the action axis.
  agent = make_agent(
    num_actions=1, dqn={'min_replay_history': 10}, teacher=None
  )
  play(agent, 40)
  assert agent.trainer.online_updates > 0


def test_evaluation_stores_and_trains_nothing(make_agent):
  agent = make_agent(dqn={'min_replay_history': 0})
  agent.eval_mode = True
  play(agent, 30)
  assert (agent.batches.replay.add_count, agent.training_steps) == (0, 0)


def test_equal_seeds_make_equal_students_and_others_do_not(make_agent):
  first, second, other = (make_agent(seed=s) for s in (1, 1, 2))
  chex.assert_trees_all_equal(
    first.trainer.state.params, second.trainer.state.params
  )
  with pytest.raises(AssertionError):
    chex.assert_trees_all_equal(
      first.trainer.state.params, other.trainer.state.params
    )


def test_a_large_replay_takes_no_memory_until_it_is_filled(make_agent):
  before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
  agent = make_agent(
    dqn={'observation_shape': (84, 84), 'observation_dtype': np.uint8}
  )
  agent.make_replay(1_000_000)
  grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
  assert grown < 500_000  # kB, of 7 GB


def test_a_replay_that_memory_cannot_hold_is_one_line(make_agent):
  with pytest.raises(
    UserError, match=r'10,000,000,000,000,000,000 steps: lower '
  ):
    make_agent(replay_capacity=10**19)
  with pytest.raises(UserError, match='no room for .* steps: use less'):
    make_agent().make_replay(10**16)


def test_a_snapshot_restores_everything(make_agent):
  agent = make_agent(dqn={'min_replay_history': 10})
  pretrain(agent, calls=1)
  play(agent, 40)
  agent.weaner.after_evaluation(0.4, agent.training_steps)
  arrays, counters = snapshot.take(agent)
  other = make_agent(seed=9, dqn={'min_replay_history': 10})
  snapshot.restore(other, arrays, counters)
  chex.assert_trees_all_equal(other.trainer.trees(), agent.trainer.trees())
  assert snapshot.counters(other) == snapshot.counters(agent)
  assert other.weaner.learning_rate == agent.weaner.learning_rate


@pytest.mark.parametrize('damage', ['missing', 'shape'])
def test_a_foreign_snapshot_changes_nothing(make_agent, damage):
  # The official code restored half of an agent and went on.
  agent = make_agent()
  arrays, counters = snapshot.take(make_agent(seed=5))
  name = 'optimizer_state/0/count'
  if damage == 'missing':
    del arrays[name]
  else:
    arrays[name] = np.zeros(3, np.int32)
  before = agent.trainer.trees()
  with pytest.raises(snapshot.IncompatibleSnapshotError, match=name):
    snapshot.restore(agent, arrays, counters)
  chex.assert_trees_all_equal(agent.trainer.trees(), before)


def test_settings_of_the_student_never_reach_the_teacher():
  # The official teacher inherited from the student's class, and its bindings.
  from reincarnating_rl.teachers import factory

  settings = {
    'actions': Discrete(6),
    'observation_shape': (84, 84),
    'stack_size': 4,
  }
  plain = factory.create_teacher('dqn', BUNDLED, **settings)
  gin.bind_parameter('JaxDQNAgent.gamma', 0.5)
  gin.bind_parameter('JaxDQNAgent.network', toys.MLPDQNNetwork)
  teacher = factory.create_teacher('dqn', BUNDLED, **settings)
  assert teacher.lineage == plain.lineage
