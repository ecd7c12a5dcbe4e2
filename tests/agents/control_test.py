"""Students whose actions are vectors: from the first step to a checkpoint."""

import chex
import gin
import jax
import numpy as np
import pytest

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  isort: skip
from dopamine.jax import continuous_networks
from dopamine.jax.agents.sac import sac_agent

from reincarnating_rl.agents import snapshot
from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.networks.control_networks import SimbaActorCriticNetwork
from reincarnating_rl.replay import device_view
from reincarnating_rl.settings import gin_parsing
from reincarnating_rl.support.errors import DivergedError, UserError
from tests import toys
from tests.agents import control_toys
from tests.agents.control_toys import NAMES, make_agent, play, teacher_data
from tests.agents.student_test import play as play_corridor

EVERY = [name for name, agent in AGENTS.items() if agent.kind.is_continuous]


def pretrain(agent, updates=2):
  store = teacher_data(agent)
  view = device_view.device_view(store, monte_carlo=agent.trainer.needs_returns)
  for _ in range(updates):
    slots = store.slots(store.sample_keys((1, agent.batch_size)))
    agent.trainer.pretrain(view, slots)
  return store


# An actor of one kind with the methods, and the rest with one.
@pytest.mark.parametrize(
  'name',
  [
    pytest.param(
      name,
      marks=[]
      if name.endswith('_td3') or name in ('qdagger_sac', 'qdagger_d4pg')
      else [pytest.mark.soak],
    )
    for name in EVERY
  ],
)
def test_every_pair_learns(name):
  agent = make_agent(name)
  before = jax.tree.map(np.array, agent.online_params)
  agent.batches.set_teacher_data(pretrain(agent))
  play(agent, 14)
  assert agent.trainer.pretraining_updates == 2
  is_waiting = agent.method.name == 'warm_start'
  assert (agent.trainer.online_updates == 0) == is_waiting
  moved = jax.tree.map(
    lambda a, b: float(np.abs(a - b).max()), agent.online_params, before
  )
  critic = min(moved['params']['_critic1']['Dense_0'].values())
  assert (critic == 0.0) == (agent.method.name == 'dagger')
  assert min(moved['params']['_actor']['Dense_0'].values()) > 0.0
  chex.assert_tree_all_finite(agent.online_params)


def test_a_teachers_term_moves_the_actor_towards_it():
  agent = make_agent(
    'dagger_td3',
    QDagger={'distill_loss_coefficient': 1.0},
    teacher=control_toys.ScriptedTeacher('gaussian', (0.5, -2.0)),
  )
  pretrain(agent, updates=200)
  policy = agent.evaluation_policy()
  actions, _ = policy(np.zeros((2, control_toys.SIZE, 1), np.float32), None)
  np.testing.assert_allclose(actions, [[0.5, -1.0]] * 2, atol=0.2)


@pytest.mark.parametrize('name', ['sac', 'td3'])
def test_actions_are_random_until_there_is_enough_to_learn_from(name):
  agent = make_agent(name, teacher=None, SACAgent={'min_replay_history': 20})
  epsilons, act = [], agent.actor

  def note(params, state, key, epsilon, eval_mode):
    epsilons.append(epsilon)
    return act(params, state, key, epsilon, eval_mode)

  agent.actor = toys.ScriptedActor(note)
  actions = play(agent, 60, terminal_every=100)
  # An element of two steps is whole when a third is stored: after the first
  # action and 22 more there are 21 of them.
  assert epsilons == [1.0] * 23 + [0.0] * 37
  agent.actor = act
  assert actions.dtype == np.float32 and np.abs(actions).max() <= 1.0
  assert np.abs(actions[:20]).std() > 0.2
  assert agent.epsilon == 0.0
  agent.eval_mode = True
  agent.begin_episode(np.zeros(control_toys.SIZE, np.float32))
  same = [agent.step(0.0, np.zeros(3, np.float32)) for _ in range(2)]
  np.testing.assert_array_equal(*same)  # No noise where it is measured.


def test_a_student_that_has_learnt_offline_does_not_act_at_random():
  agent = make_agent('qdagger_td3')
  assert agent.epsilon == 1.0
  pretrain(agent)
  assert agent.epsilon == 0.0


def test_sac_acts_as_dopamines():
  agent = make_agent('sac', teacher=None, SACAgent={'min_replay_history': 0})
  state = np.float32([[0.3], [-1.0], [2.0]])
  network = continuous_networks.ActorCriticNetwork(
    (2,), 1, 8, ((-1.0, -1.0), (1.0, 1.0))
  )
  params = {'params': agent.online_params['params']}
  key = jax.random.PRNGKey(5)
  for eval_mode in (False, True):
    expected_key, expected = sac_agent.select_action(
      network, params, state, key, eval_mode
    )
    found_key, found = agent.actor(
      agent.online_params, state, key, 0.0, eval_mode
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_array_equal(found_key, expected_key)


def test_sac_begins_as_dopamines():
  ours = make_agent('sac', teacher=None, seed=3)
  gin.clear_config()
  gin.parse_config(
    'ReplayBuffer.batch_size = 8\nReplayBuffer.max_capacity = 50'
  )
  bound = np.ones(2, np.float32)
  theirs = sac_agent.SACAgent(
    (2,),
    (-bound, bound),
    (control_toys.SIZE,),
    num_layers=1,
    hidden_units=8,
    seed=3,
  )
  chex.assert_trees_all_equal(
    ours.online_params['params'], theirs.network_params['params']
  )
  rng = np.random.default_rng(0)
  for i in range(6):  # At random, until there is enough to learn from.
    seen = rng.normal(size=control_toys.SIZE).astype(np.float32)
    actions = [
      agent.step(0.0, seen) if i else agent.begin_episode(seen)
      for agent in (ours, theirs)
    ]
    np.testing.assert_array_equal(*actions)


@pytest.mark.parametrize('name', ['qdagger_sac', 'td3', 'd4pg'])
def test_a_restored_student_goes_on_as_if_nothing_had_happened(name):
  agents = [make_agent(name, seed=seed) for seed in (0, 7)]
  play(agents[0], 15)
  arrays, told = snapshot.take(agents[0])
  snapshot.restore(agents[1], arrays, told)
  store = teacher_data(agents[0])
  for batch in [store.sample(8) for _ in range(3)]:
    for agent in agents:
      agent.trainer.state, _ = agent.trainer.update(
        agent.trainer.state, batch, agent.weaner.weights
      )
  first, second = (agent.trainer.trees() for agent in agents)
  chex.assert_trees_all_equal(first, second)
  assert int(first['optimizer_state']['updates']) > 3
  assert ('temperature' in first['online_params']) == ('sac' in name)


def test_targets_follow_or_are_copied():
  soft = make_agent('td3', teacher=None)
  hard = make_agent(
    'd4pg',
    teacher=None,
    SACAgent={'target_update_type': 'hard', 'target_update_period': 20},
  )
  for agent, is_same in ((soft, False), (hard, True)):
    first = jax.tree.map(np.array, agent.target_network_params)
    play(agent, 16)
    assert agent.trainer.online_updates > 2
    same = jax.tree.map(np.array_equal, first, agent.target_network_params)
    assert jax.tree.all(same) == is_same
  play(hard, 5)
  chex.assert_trees_all_equal(
    hard.target_network_params, {'params': hard.online_params['params']}
  )


def test_one_program_serves_a_run():
  agent = make_agent('qdagger_td3')
  pretrain(agent)
  play(agent, 20)
  agent.weaner.after_evaluation(0.4, 10)
  play(agent, 10)
  assert agent.weaner.fraction == pytest.approx(0.6)
  assert agent.trainer.update._cache_size() == 1
  assert agent.trainer.scanned_update._cache_size() == 1


def test_the_learning_rate_is_weaned_as_for_others():
  agent = make_agent('qdagger_sac', Student={'final_learning_rate': 1e-3})
  agent.weaner.after_evaluation(0.5, 10)
  assert agent.weaner.learning_rate == pytest.approx(0.5 * 1e-2 + 0.5 * 1e-3)


def test_networks_are_swapped_by_gin():
  agent = make_agent(
    'd4pg', teacher=None, SACAgent={'network': SimbaActorCriticNetwork}
  )
  assert isinstance(agent.network_def, SimbaActorCriticNetwork)
  assert agent.network_def.num_atoms == 11
  assert agent.network_def.num_critics == 1
  with pytest.raises(UserError, match=r'^SACAgent.network = .* does not fit'):
    make_agent(
      'sac',
      teacher=None,
      SACAgent={'network': continuous_networks.ActorCriticNetwork},
    )


@pytest.mark.parametrize(
  ('name', 'bindings', 'line'),
  [
    ('d4pg', {'D4PG': {'vmin': 4.0}}, r'D4PG.vmin is 4.0, and must be below'),
    ('d4pg', {'D4PG': {'num_atoms': 1}}, r'D4PG.num_atoms is 1: at least 2'),
    ('td3', {'SACAgent': {'target_entropy': -1.0}}, 'SACAgent.target_entropy'),
    ('sac', {'SACAgent': {'target_update_period': 3}}, 'period is 3, which'),
    (
      'd4pg',
      {
        'SACAgent': {
          'target_update_type': 'hard',
          'target_smoothing_coefficient': 0.01,
        }
      },
      'coefficient is 0.01, which nothing reads',
    ),
    ('sac', {'Student': {'data_augmentation': True}}, 'data_augmentation'),
    ('qdagger_sac', {'QDagger': {'distill_type': 'value'}}, 'distill_type'),
    (
      'rehearsal_sac',
      {'Rehearsal': {'exact_share': True, 'teacher_data_ratio': 0.01}},
      'Rehearsal.teacher_data_ratio is 0.01, which is no element of a batch',
    ),
    (
      'rehearsal_sac',
      {'Student': {'replay_on_device': True}},
      'Student.replay_on_device is True, and Rehearsal mixes',
    ),
    (
      'qdagger_td3',
      {'QDagger': {'distill_temperature': 0.5}},
      'QDagger.distill_temperature is 0.5, and an actor has no',
    ),
  ],
)
def test_settings_that_make_no_sense_are_one_line(name, bindings, line):
  with pytest.raises(UserError, match=line):
    make_agent(name, **bindings)


@pytest.mark.parametrize(
  ('name', 'other'), [('sac', 'hard'), ('td3', 'hard'), ('d4pg', 'soft')]
)
def test_what_a_shipped_file_says_of_its_target_is_no_mistake(name, other):
  gin_parsing.load(
    [f'students/{name}.gin'],
    [f'SACAgent.target_update_type = {other!r}'],
    network_parameter='SACAgent.network',
  )
  bound = gin.get_bindings('SACAgent', resolve_references=False)
  AGENTS[name].kind.check(bound)


def test_a_teacher_of_the_other_kind_is_refused():
  with pytest.raises(
    UserError, match='The teacher has 2 discrete actions, and'
  ):
    make_agent('qdagger_sac', teacher=toys.ScriptedTeacher())
  with pytest.raises(UserError, match='The teacher has 2 continuous actions'):
    toys.make_agent(teacher=control_toys.ScriptedTeacher())


def test_what_sac_does_not_read_is_no_binding_of_it():
  make_agent(
    'sac',
    teacher=None,
    JaxDQNAgent={'update_horizon': 5},
    D4PG={'num_atoms': 3},
  )
  unread = gin_parsing.unread_bindings()
  assert {'JaxDQNAgent.update_horizon', 'D4PG.num_atoms'} <= unread
  assert not {n for n in unread if n.startswith('SACAgent')}


def test_actions_that_are_no_numbers_end_a_run():
  agent = make_agent('td3', teacher=None, SACAgent={'min_replay_history': 0})
  broken = jax.tree.map(lambda x: x * np.nan, agent.online_params)
  with pytest.raises(DivergedError, match=r'Student.learning_rate'):
    agent.actor(broken, agent.state, jax.random.PRNGKey(0), 0.0, False)


def test_several_updates_a_step():
  made = []
  for count in (1, 3):
    agent = make_agent('td3', teacher=None, Student={'updates_per_step': count})
    play(agent, 13, terminal_every=100)
    made.append(agent.trainer.online_updates)
  assert made[1] == 3 * made[0] > 0


def test_several_updates_a_step_of_a_dqn():
  made = []
  for count in (1, 3):
    agent = toys.make_agent(
      kind=AGENTS['dqn'],
      teacher=None,
      dqn={'min_replay_history': 4},
      student={'updates_per_step': count},
    )
    play_corridor(agent, 12)
    made.append(agent.trainer.online_updates)
    # Offline, as many updates lie between two targets as online.
    steps = agent.target_update_period // agent.update_period
    assert agent.trainer.offline_target_period == count * steps
  assert made[1] == 3 * made[0] > 0


def test_a_warm_start_plays_its_teachers_policy_before_it_learns():
  agent = make_agent('warm_start_td3', WarmStart={'warm_up_steps': 12})
  gin.bind_parameter('TD3.exploration_noise', 0.0)
  agent = make_agent('warm_start_td3', WarmStart={'warm_up_steps': 12})
  first = jax.tree.map(np.array, agent.online_params)
  assert agent.epsilon == 0.0
  play(agent, 12, terminal_every=100)
  assert agent.trainer.online_updates == 0
  chex.assert_trees_all_equal(agent.online_params, first)
  play(agent, 3, terminal_every=100)
  assert agent.trainer.online_updates > 0


def test_a_warm_start_is_for_discrete_students_too():
  agent = toys.make_agent(
    kind=AGENTS['warm_start_dqn'],
    dqn={'min_replay_history': 4, 'update_period': 1},
    warm_up_steps=10,
  )
  play_corridor(agent, 13)
  assert agent.trainer.online_updates == 3  # After the steps 10, 11 and 12.
  assert not agent.method_settings.load_replay


def test_the_halves_of_a_mixed_batch_are_drawn_apart():
  agent = make_agent('rehearsal_sac')
  own, data = agent.batches.replay, teacher_data(agent, 100)
  own.add_episode(
    *(data.columns[x][:100] for x in ('observation', 'action', 'reward')),
    terminal=True,
  )
  ages = [store.sample_keys(2000) for store in (own, data)]
  # Of equal draws, it would be 1.
  assert abs(np.corrcoef(*ages)[0, 1]) < 0.1


@pytest.mark.parametrize('name', NAMES)
def test_there_is_no_margin_between_vectors(name):
  assert f'dqfd_{name}' not in AGENTS
