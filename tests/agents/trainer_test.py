"""The trainer and its batches, without an agent or an environment."""

import dataclasses

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from reincarnating_rl.agents.batches import OnlineBatches
from reincarnating_rl.agents.trainer import Trainer
from reincarnating_rl.learner import terms, value_function
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.learner import make_learner
from reincarnating_rl.learner.types import QOutput, Transition
from reincarnating_rl.learner.weaner import Weaner
from reincarnating_rl.learner.weaning import WeaningSettings
from reincarnating_rl.replay import device_view
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore
from tests import toys

SIZE = 3


class Linear:
  """A network as Flax has them: Q-values of two actions."""

  def init(self, key, state):
    return {'w': jax.random.normal(key, (*state.shape[:1], 2))}

  def apply(self, params, state):
    return QOutput(state[:, 0] @ params['w'])


def store(kind=FrameStore, **settings):
  return kind(
    capacity=100,
    observation_shape=(SIZE,),
    observation_dtype=np.float32,
    stack_size=1,
    actions=Discrete(2),
    policy_size=2,
    batch_size=4,
    seed=0,
    **settings,
  )


def filled(replay, steps=30, action=0):
  rng = np.random.default_rng(action)
  for i in range(steps):
    observation = rng.normal(size=SIZE).astype(np.float32)
    replay.add(Transition(observation, action, 1.0, i % 7 == 6, i % 7 == 6))
  return replay


class Parts:
  """A trainer and what it was made of."""

  def __init__(
    self,
    *more_terms,
    schedule='score',
    ratio=0.0,
    reads=False,
    on_device=False,
    kind=FrameStore,
  ):
    value = value_function.scalar(2)
    loss_terms = (terms.td(value.td_loss), *more_terms)
    self.teacher = toys.ScriptedTeacher()
    self.replay = filled(store(kind))
    self.learner = make_learner(
      value,
      Linear(),
      loss_terms,
      optax.adam(1.0),
      example=np.zeros((SIZE, 1), np.float32),
    )
    self.weaner = Weaner(
      loss_terms,
      schedule,
      WeaningSettings(),
      learning_rate=1e-2,
      final_learning_rate=1e-3,
    )
    self.batches = OnlineBatches(
      self.replay,
      self.teacher,
      label_chunk=4,
      teacher_data_ratio=ratio,
      batch_size=4,
      seed=0,
      reads_returns=reads,
      on_device=on_device,
    )
    self.trainer = Trainer(
      self.learner,
      loss_terms,
      self.weaner,
      self.batches,
      key=jax.random.PRNGKey(0),
      stack_size=1,
      offline_target_period=2,
    )


def view(trainer):
  data = filled(store())
  data.label(data.unlabelled(), np.zeros((30, 2), np.float32))
  arrays = device_view.device_view(data, monte_carlo=trainer.needs_returns)
  return arrays, data.slots(data.sample_keys((1, 4)))


def test_offline_updates_count_apart_and_sync_the_target_when_it_is_due():
  trainer = Parts(terms.distill()).trainer
  data, slots = view(trainer)
  first = jax.tree.map(np.array, trainer.state.target_params)
  trainer.pretrain(data, slots)
  np.testing.assert_array_equal(trainer.state.target_params['w'], first['w'])
  metrics = trainer.pretrain(data, slots)
  np.testing.assert_array_equal(
    trainer.state.target_params['w'], trainer.state.params['w']
  )
  assert (trainer.pretraining_updates, trainer.online_updates) == (2, 0)
  assert {'Loss/TD', 'Loss/Distill', 'Loss/Total'} <= metrics.keys()


def test_an_online_update_labels_new_states_once_and_moves_the_student():
  parts = Parts(terms.distill())
  before = np.array(parts.trainer.state.params['w'])
  for _ in range(3):
    metrics = parts.trainer.train(online_steps=10)
  assert 'Loss/Distill' in metrics
  assert not len(parts.replay.unlabelled())
  assert parts.teacher.num_states <= 32  # 30 states in calls of 4.
  assert parts.trainer.online_updates == 3
  assert np.abs(parts.trainer.state.params['w'] - before).max() > 0.0


@pytest.mark.parametrize('on_device', [False, True])
@pytest.mark.parametrize('updates', [1, 3])
def test_one_program_makes_the_updates_that_calls_make(updates, on_device):
  one, other = (Parts(terms.distill(), on_device=x) for x in (False, on_device))
  for _ in range(2):
    losses = []
    for _ in range(updates):
      losses.append(one.trainer.train(online_steps=10)['Loss/Total'])
    metrics = other.trainer.train(online_steps=10, updates=updates)
    assert metrics['Loss/Total'] == pytest.approx(np.mean(losses), rel=1e-5)
    for parts in (one, other):
      filled(parts.replay, steps=5)
  assert other.trainer.online_updates == 2 * updates
  chex.assert_trees_all_close(
    other.trainer.trees(), one.trainer.trees(), rtol=1e-5, atol=1e-6
  )


def test_priorities_change_after_a_program():
  one, other = (
    Parts(kind=PrioritizedFrameStore, on_device=x) for x in (False, True)
  )
  for _ in range(3):
    one.trainer.train(online_steps=1)
    other.trainer.train(online_steps=1)
  priorities = other.replay.arrays()['priorities']
  np.testing.assert_allclose(
    priorities, one.replay.arrays()['priorities'], rtol=1e-4
  )
  assert len(set(priorities)) > 3
  other.trainer.train(online_steps=1, updates=4)
  assert (other.replay.arrays()['priorities'] != priorities).any()


def test_metrics_are_written_once_a_period_however_many_are_made():
  trainer = Parts().trainer
  for newest, expected in (
    (1, [10, 20, 30]),
    (4, [12, 20, 32]),
    (16, [16, 32]),
  ):
    found = []
    for trainer.online_updates in range(newest, 33, newest):
      if trainer.is_writing(20, 2, 1, newest=newest):
        found.append(trainer.online_updates)
    assert found == expected


def test_a_term_that_is_not_weaned_has_its_logits_too():
  steady = dataclasses.replace(terms.distill(), is_weaned=False)
  parts = Parts(steady)
  assert parts.trainer.needs_teacher_policy
  parts.trainer.train(online_steps=1)
  assert parts.teacher.num_states > 0


def test_once_weaned_nobody_asks_the_teacher_or_reports_its_term():
  parts = Parts(terms.distill())
  parts.weaner.after_evaluation(1.0, 10)
  metrics = parts.trainer.train(online_steps=10)
  assert 'Loss/Distill' not in metrics
  assert parts.teacher.num_states == 0
  assert not parts.trainer.needs_teacher_policy


@pytest.mark.parametrize('resets', [True, False])
def test_the_switch_syncs_and_resets_only_if_it_is_told(resets):
  parts = Parts(terms.conservative(), schedule='offline_only')
  trainer = parts.trainer
  data, slots = view(trainer)
  trainer.pretrain(data, slots)
  assert parts.weaner.coefficient == 1.0
  trainer.finish_pretraining(resets_optimizer=resets)
  assert parts.weaner.coefficient == 0.0
  assert int(trainer.state.optimizer_state[0].count) == (0 if resets else 1)
  np.testing.assert_array_equal(
    trainer.state.target_params['w'], trainer.state.params['w']
  )


def test_returns_are_known_offline_and_not_online():
  parts = Parts(terms.calibrated(), schedule='offline_only', reads=True)
  assert parts.trainer.needs_returns
  data, slots = view(parts.trainer)
  offline = parts.trainer.pretrain(data, slots)
  batch, _ = parts.batches.sample(labelled=False)
  assert (batch.monte_carlo_return == -np.inf).all()
  online = parts.trainer.train(online_steps=1)
  copied = Parts(
    terms.calibrated(), schedule='offline_only', reads=True, on_device=True
  )
  on_device = copied.trainer.train(online_steps=1)
  for metrics in (offline, online, on_device):
    assert np.isfinite(metrics['Loss/CalQL'])


def test_the_teachers_data_are_mixed_in_by_their_share():
  parts = Parts(ratio=0.5)
  assert parts.batches.keeps_teacher_data
  parts.batches.set_teacher_data(filled(store(), action=1))
  actions = np.concatenate(
    [parts.batches.sample(labelled=False)[0].action for _ in range(100)]
  )
  assert 150 < actions.sum() < 250


def test_without_a_share_teacher_data_are_ignored():
  parts = Parts()
  parts.batches.set_teacher_data(filled(store(), action=1))
  assert not parts.batches.keeps_teacher_data
  assert not parts.batches.sample(labelled=False)[0].action.any()


def test_all_arrays_go_out_and_in():
  one, other = Parts().trainer, Parts().trainer
  one.train(online_steps=1)
  copied = jax.tree.map(jnp.copy, one.trees())
  other.load_trees(copied)
  jax.tree.map(np.testing.assert_array_equal, other.trees(), copied)
  other.load_trees({'target_params': {'w': np.zeros((SIZE, 2))}})
  assert not other.state.target_params['w'].any()
  np.testing.assert_array_equal(
    other.state.params['w'], copied['online_params']['w']
  )
