"""Every kind of teacher against the agent of Dopamine that wrote it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import reincarnating_rl.compat.dopamine_compat  # noqa: F401  (before Dopamine)

# isort: split
from dopamine.jax import networks

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.networks.mlp_networks import MLPRainbowNetwork
from reincarnating_rl.support.errors import DamagedFileError
from reincarnating_rl.teachers import factory, kinds
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from tests.teachers import dopamine_agents


def test_no_kind_is_in_the_table_twice():
  names = [kind.name for kind in kinds._ALL]
  assert len(set(names)) == len(names)


def _load(kind, agent, folder, **settings):
  dopamine_agents.write_checkpoint(agent, folder)
  return factory.create_teacher(
    kind, folder, **(dopamine_agents.GAME | settings)
  )


def _assert_logits(teacher, expected):
  """Compares with what `expected` makes of each state, which must differ."""
  states = dopamine_agents.STATES
  expected = np.stack([expected(state) for state in states])
  assert expected.shape == (len(states), dopamine_agents.NUM_ACTIONS)
  assert np.min(np.ptp(expected, axis=1)) > 0.01
  np.testing.assert_allclose(
    teacher.policy_logits(states), expected, rtol=1e-4, atol=1e-4
  )


def test_dqn(tmp_path):
  agent = dopamine_agents.make('dqn')
  teacher = _load('dqn', agent, tmp_path)
  _assert_logits(
    teacher, lambda s: dopamine_agents.apply(agent, s).q_values / 0.1
  )


@pytest.mark.parametrize(
  'settings',
  [
    {},
    pytest.param({'noisy': False, 'vmax': 5.0}, marks=pytest.mark.soak),
    pytest.param({'dueling': False, 'num_atoms': 21}, marks=pytest.mark.soak),
    pytest.param({'noisy': False, 'dueling': False}, marks=pytest.mark.soak),
    {'noisy': False, 'distributional': False, 'num_atoms': 1},
    {'noisy': False, 'dueling': False}
    | {'distributional': False, 'num_atoms': 1},
  ],
)
def test_full_rainbow(settings, tmp_path):
  agent = dopamine_agents.make('full_rainbow', **settings)
  vmax = {'vmax': settings['vmax']} if 'vmax' in settings else {}
  teacher = _load('rainbow', agent, tmp_path, **vmax)
  defaults = {'num_atoms': 51, 'noisy': True, 'dueling': True}
  fields = defaults | {'distributional': True} | settings
  fields.pop('vmax', None)
  assert teacher.lineage['agent'] == 'rainbow'
  assert teacher.lineage['network'] == 'NatureRainbowNetwork'
  assert teacher.lineage['network_fields'] == fields
  key = jax.random.PRNGKey(0)  # Eval mode has no use for it.
  _assert_logits(
    teacher,
    lambda state: (
      dopamine_agents.apply(
        agent, state, support=agent._support, eval_mode=True, key=key
      ).q_values
      / 0.1
    ),
  )


def test_rainbow(tmp_path):
  agent = dopamine_agents.make('rainbow')
  teacher = _load('rainbow', agent, tmp_path, temperature=0.5)
  assert teacher.lineage['network_fields']['num_atoms'] == 51
  assert teacher.lineage['vmax'] == 10.0
  _assert_logits(
    teacher,
    lambda state: (
      dopamine_agents.apply(agent, state, support=agent._support).q_values / 0.5
    ),
  )


@pytest.mark.parametrize('num_atoms', [200, 32])
def test_quantile(num_atoms, tmp_path):
  agent = dopamine_agents.make('quantile', num_atoms=num_atoms)
  teacher = _load('quantile', agent, tmp_path)
  assert teacher.lineage['network_fields'] == {'num_atoms': num_atoms}
  _assert_logits(
    teacher, lambda s: dopamine_agents.apply(agent, s).q_values / 0.1
  )


def _implicit_values(agent, state, num_quantiles):
  return dopamine_agents.apply(
    agent, state, num_quantiles=num_quantiles, rng=jax.random.PRNGKey(3)
  ).quantile_values


def test_implicit_quantile_takes_midpoints_for_samples(tmp_path, monkeypatch):
  agent = dopamine_agents.make('implicit_quantile', quantile_embedding_dim=16)
  teacher = _load('implicit_quantile', agent, tmp_path, temperature=1.0)
  assert teacher.lineage['network_fields'] == {'quantile_embedding_dim': 16}
  states = dopamine_agents.STATES
  samples = np.asarray(_implicit_values(agent, states[0], 20_000))
  error = np.abs(teacher.policy_logits(states[:1])[0] - samples.mean(axis=0))
  assert np.all(error < 4.0 * samples.std(axis=0) / len(samples) ** 0.5)

  def midpoints(key, shape):
    assert shape == [64, 1]
    return jnp.arange(1.0, 129.0, 2.0).reshape(64, 1) / 128.0

  monkeypatch.setattr(jax.random, 'uniform', midpoints)
  _assert_logits(teacher, lambda s: _implicit_values(agent, s, 64).mean(axis=0))


def test_ppo_has_its_own_policy_and_no_temperature(tmp_path):
  agent = dopamine_agents.make('ppo')
  teacher = _load('ppo', agent, tmp_path, temperature=7.0)
  assert 'temperature' not in teacher.lineage

  def log_policy(state, action):
    network = agent.network_def
    return network.apply(
      agent.network_params, state, action=action, method=network.actor
    ).log_probability

  states = dopamine_agents.STATES
  with jax.numpy_rank_promotion('allow'):
    expected = [[log_policy(s, a) for a in range(3)] for s in states]
  assert np.min(np.ptp(expected, axis=1)) > 0.1
  found = jax.nn.log_softmax(teacher.policy_logits(states), axis=1)
  np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_rainbow_on_vectors(tmp_path):
  """Dopamine's plain Rainbow of classic control, whose output has a name."""
  agent = dopamine_agents.make(
    'rainbow',
    observation_shape=(4,),
    observation_dtype=np.float32,
    stack_size=1,
    network=networks.ClassicControlRainbowNetwork,
  )
  game = {'observation_shape': (4,), 'stack_size': 1}
  teacher = _load('rainbow', agent, tmp_path, network=MLPRainbowNetwork, **game)
  states = np.random.default_rng(0).random((3, 4, 1), np.float32)
  expected = [
    dopamine_agents.apply(agent, state, support=agent._support).q_values / 0.1
    for state in states
  ]
  np.testing.assert_allclose(
    teacher.policy_logits(states), np.stack(expected), rtol=1e-4, atol=1e-4
  )


def test_agents_of_another_game_or_kind(tmp_path):
  agent = dopamine_agents.make('full_rainbow')
  with pytest.raises(MismatchedTeacherError, match='has 3 actions, but the ga'):
    _load('rainbow', agent, tmp_path, actions=Discrete(4))
  with pytest.raises(MismatchedTeacherError, match='--teacher_agent rainbow'):
    _load('dqn', agent, tmp_path)


def test_a_cut_checkpoint(tmp_path):
  dopamine_agents.write_checkpoint(dopamine_agents.make('quantile'), tmp_path)
  path = tmp_path / 'ckpt.7'
  path.write_bytes(path.read_bytes()[:-100])
  with pytest.raises(DamagedFileError, match=r'ckpt\.7 is cut short'):
    factory.create_teacher('quantile', tmp_path, **dopamine_agents.GAME)


@pytest.mark.parametrize(
  ('name', 'kind'),
  [
    ('dqn', 'dqn'),
    ('rainbow', 'rainbow'),
    ('full_rainbow', 'rainbow'),
    ('quantile', 'quantile'),
    ('implicit_quantile', 'implicit_quantile'),
    ('ppo', 'ppo'),
  ],
)
def test_kinds_are_recognised(name, kind, tmp_path):
  agent = dopamine_agents.make(name)
  assert _load('auto', agent, tmp_path).lineage['agent'] == kind


def test_agents_of_another_game_are_recognised(tmp_path):
  """Of 3 x 200 outputs, which might be 120 atoms of each of 5 actions."""
  dopamine_agents.write_checkpoint(dopamine_agents.make('quantile'), tmp_path)
  game = dopamine_agents.GAME | {'actions': Discrete(5)}
  with pytest.raises(MismatchedTeacherError, match='has 3 actions, but the ga'):
    factory.create_teacher('auto', tmp_path, **game)
