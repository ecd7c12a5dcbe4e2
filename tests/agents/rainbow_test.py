"""The Rainbow student: its update against Dopamine's, noise, prioritisation."""

import functools

import gin
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  isort: skip
from dopamine.jax import networks as dopamine_networks
from dopamine.jax.agents.dqn import dqn_agent
from dopamine.jax.agents.full_rainbow import full_rainbow_agent

from reincarnating_rl.agents.classes import AGENTS, QDaggerRainbowAgent
from reincarnating_rl.learner.types import Batch
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore
from reincarnating_rl.support.errors import UserError
from tests import toys
from tests.agents.student_test import play, pretrain

make_agent = functools.partial(toys.make_agent, kind=QDaggerRainbowAgent)


def random_batch(shape, dtype, num_actions, size=8):
  rng = np.random.default_rng(0)

  def states():
    return rng.integers(0, 256, (size, *shape)).astype(dtype)

  terminal = np.arange(size) % 3 == 0
  return Batch(
    state=states(),
    action=rng.integers(0, num_actions, size).astype(np.int32),
    reward=rng.normal(size=size).astype(np.float32),
    discount=np.where(terminal, 0.0, 0.99**3).astype(np.float32),
    next_state=states(),
    is_terminal=terminal,
    teacher_policy=rng.normal(size=(size, num_actions)).astype(np.float32),
    importance_weight=rng.uniform(0.1, 1.0, size).astype(np.float32),
  )


def dopamine_update(agent, batch, learning_rate):
  """Dopamine's own update from the same state, on the same batch."""
  optimizer = dqn_agent.create_optimizer('adam', learning_rate=learning_rate)
  with jax.numpy_rank_promotion('allow'):
    return full_rainbow_agent.train(
      agent.network_def,
      agent.trainer.state.params,
      agent.trainer.state.target_params,
      optimizer,
      optimizer.init(agent.trainer.state.params),
      batch.state,
      batch.action,
      batch.next_state,
      batch.reward,
      batch.is_terminal,
      batch.importance_weight,
      agent._support,
      0.99**3,
      agent._double_dqn,
      agent._distributional,
      agent._mse_loss,
      agent.trainer.state.key,
    )


def assert_same_update(agent, batch, learning_rate=1e-3):
  """Compares one update at lambda = 0 with Dopamine's."""
  # The target is another network than the online one.
  toys.set_another_target(agent)
  expected = dopamine_update(agent, batch, learning_rate)
  optimizer_state, params, losses, mean_loss, key = expected
  with jax.numpy_rank_promotion('allow'):
    state, report = agent.trainer.update(
      agent.trainer.state,
      batch,
      toys.weights_of(agent, 0.0, learning_rate),
    )
  np.testing.assert_allclose(report.td_losses, losses, rtol=1e-5, atol=1e-6)
  np.testing.assert_allclose(report.metrics['Loss/Total'], mean_loss, rtol=1e-5)
  np.testing.assert_array_equal(state.key, key)
  # Adam's first step is lr * g / (|g| + eps): the noise of two programs in g
  # moves a parameter by less than 1e-3 of a step.
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(
      a, b, rtol=1e-5, atol=1e-3 * learning_rate
    ),
    state.params,
    params,
  )
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-3, atol=1e-6),
    state.optimizer_state[0].mu,
    optimizer_state[0].mu,
  )


PIXELS = {
  'observation_shape': (12, 12),
  'observation_dtype': np.uint8,
  'stack_size': 2,
}


@pytest.mark.parametrize(
  ('noisy', 'dueling', 'double', 'distributional'),
  [
    (False, False, False, False),
    # Each compiles for seconds, and all parts are on by default, below.
    pytest.param(True, True, True, True, marks=pytest.mark.soak),
    pytest.param(True, False, False, False, marks=pytest.mark.soak),
    pytest.param(False, True, True, False, marks=pytest.mark.soak),
    pytest.param(False, False, False, True, marks=pytest.mark.soak),
    pytest.param(False, False, True, True, marks=pytest.mark.soak),
  ],
)
def test_lambda_zero_is_dopamines_update(
  noisy, dueling, double, distributional
):
  with jax.numpy_rank_promotion('allow'):
    agent = make_agent(
      num_actions=3,
      dqn=PIXELS,
      rainbow={
        'network': dopamine_networks.FullRainbowNetwork,
        'noisy': noisy,
        'dueling': dueling,
        'double_dqn': double,
        'distributional': distributional,
        'mse_loss': noisy != dueling,
        'num_atoms': 21 if distributional else 1,
      },
    )
  assert_same_update(agent, random_batch((12, 12, 2), np.uint8, 3))


def test_lambda_zero_is_dopamines_update_as_both_are_by_default():
  with jax.numpy_rank_promotion('allow'):
    agent = AGENTS['rainbow'](4, seed=0)
  assert_same_update(agent, random_batch((84, 84, 4), np.uint8, 4))


def test_the_requested_replay_is_made():
  # JaxDQNAgent's constructor overwrites the scheme: the name stays to be asked.
  assert type(make_agent().batches.replay) is PrioritizedFrameStore
  uniform = make_agent(rainbow={'replay_scheme': 'uniform'})
  assert type(uniform.batches.replay) is FrameStore


@pytest.mark.soak
def test_dopamine_still_forgets_the_replay_scheme():
  # When this fails, the property of the student can go.
  class Agent(full_rainbow_agent.JaxFullRainbowAgent):
    def _build_replay_buffer(self):
      return None

  with jax.numpy_rank_promotion('allow'):
    agent = Agent(2, replay_scheme='prioritized', seed=0)
  assert agent._replay_scheme == 'uniform'


def test_priorities_come_from_the_td_loss_alone():
  weaned, listening = (make_agent(seed=3) for _ in range(2))
  batches = []
  for agent in (weaned, listening):
    play(agent, 40)
    batch, drawn = agent.batches.replay.sample(with_sample_metadata=True)
    batches.append(batch)
    weight = 0.0 if agent is weaned else 100.0
    _, report = agent.trainer.update(
      jax.tree.map(jnp.copy, agent.trainer.state),
      batch._replace(
        teacher_policy=np.full_like(batch.teacher_policy, [0.0, 5.0])
      ),
      toys.weights_of(agent, weight),
    )
    agent.batches.replay.update(drawn.keys, td_losses=report.td_losses)
    agent.losses = np.asarray(report.td_losses)
  np.testing.assert_array_equal(batches[0].state, batches[1].state)
  np.testing.assert_array_equal(weaned.losses, listening.losses)
  np.testing.assert_array_equal(
    weaned.batches.replay.arrays()['priorities'],
    listening.batches.replay.arrays()['priorities'],
  )


def test_an_online_update_gives_its_elements_their_own_priorities():
  agent = make_agent(dqn={'min_replay_history': 10})
  play(agent, 30)
  seen = {}
  sample, update = agent.batches.replay.sample, agent.trainer.update

  def spying_sample(**kwargs):
    batch, seen['drawn'] = sample(**kwargs)
    return batch, seen['drawn']

  def spying_update(*args):
    state, seen['report'] = update(*args)
    return state, seen['report']

  agent.batches.replay.sample, agent.trainer.update = (
    spying_sample,
    spying_update,
  )
  agent.trainer.train(online_steps=agent.training_steps)
  losses = np.asarray(seen['report'].td_losses, np.float64)
  expected = dict(zip(seen['drawn'].keys, np.sqrt(losses + 1e-10), strict=True))
  assert len(set(expected.values())) > 5
  keys = agent.batches.replay.element_keys()
  priorities = agent.batches.replay.arrays()['priorities']
  found = dict(zip(keys, priorities, strict=True))
  assert {key: found[key] for key in expected} == expected


def test_pretraining_leaves_the_students_replay_untouched():
  agent = make_agent()
  play(agent, 30)
  before = agent.batches.replay.arrays()['priorities'].copy()
  store = pretrain(agent, calls=2)
  assert type(store) is FrameStore
  np.testing.assert_array_equal(
    agent.batches.replay.arrays()['priorities'], before
  )


def test_noise_is_on_in_training_and_off_in_evaluation():
  agent = make_agent(seed=1)
  state = np.ones((toys.LENGTH, 1), np.float32)
  keys = jax.random.split(jax.random.PRNGKey(5), 2)

  def q_values(key, eval_mode):
    return np.asarray(
      agent.learner.output(
        agent.trainer.state.params, state, key, eval_mode
      ).q_values
    )

  assert not np.allclose(q_values(keys[0], False), q_values(keys[1], False))
  np.testing.assert_array_equal(
    q_values(keys[0], True), q_values(keys[1], True)
  )
  np.testing.assert_allclose(
    agent.q_values(state[None])[0], q_values(keys[0], True), rtol=1e-5
  )
  assert agent.epsilon == 0.0


def test_a_noisy_student_acts_by_its_noise_except_in_evaluation():
  agent = make_agent(num_actions=6, seed=1)
  state = np.ones((toys.LENGTH, 1), np.float32)
  params = jax.tree_util.tree_map_with_path(
    # Without means, all that speaks is noise.
    lambda path, x: jnp.zeros_like(x) if '_mu' in str(path[-1]) else x,
    agent.trainer.state.params,
  )
  actions = {
    eval_mode: {
      int(agent.actor(params, state, key, 0.0, eval_mode)[1])
      for key in jax.random.split(jax.random.PRNGKey(0), 40)
    }
    for eval_mode in (False, True)
  }
  assert len(actions[True]) == 1
  assert len(actions[False]) > 2


def test_several_updates_for_one_step():
  agent = make_agent(
    dqn={'min_replay_history': 10}, rainbow={'num_updates_per_train_step': 3}
  )
  play(agent, 40)
  assert agent.trainer.online_updates % 3 == 0
  # Offline, as many updates lie between two targets as online.
  steps = agent.target_update_period // agent.update_period
  assert agent.trainer.offline_target_period == 3 * steps
  assert agent.trainer.online_updates > 30


def test_several_updates_are_asked_for_once():
  with pytest.raises(UserError, match='updates_per_step is 2 and .* 3: set'):
    make_agent(
      rainbow={'num_updates_per_train_step': 3}, student={'updates_per_step': 2}
    )


@pytest.mark.soak
def test_augmentation_is_part_of_the_update():
  states = {}
  for is_augmented in (False, True):
    gin.bind_parameter('Student.data_augmentation', is_augmented)
    agent = make_agent(dqn=PIXELS, rainbow={'noisy': False})
    batch = random_batch((12, 12, 2), np.uint8, 2)
    first, second = (
      agent.trainer.update(
        jax.tree.map(jnp.copy, agent.trainer.state._replace(key=k)),
        batch,
        agent.weaner.weights,
      )[1].td_losses
      for k in jax.random.split(jax.random.PRNGKey(1))
    )
    states[is_augmented] = np.array_equal(first, second)
  assert states == {False: True, True: False}


@pytest.mark.parametrize(
  ('settings', 'message'),
  [
    ({'num_atoms': 1}, 'num_atoms is 1'),
    ({'vmax': 0.0}, 'vmax is 0.0'),
    ({'vmin': 3.0}, 'must be above vmin'),
    ({'vmin': 0.0}, 'vmin is 0'),
  ],
)
def test_atoms_that_no_distribution_can_lie_on_are_refused(settings, message):
  with pytest.raises(UserError, match=message):
    make_agent(rainbow=settings)


def test_augmentation_of_vectors_is_refused():
  gin.bind_parameter('Student.data_augmentation', True)
  with pytest.raises(UserError, match='for images'):
    make_agent()
