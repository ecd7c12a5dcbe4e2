"""Networks that checkpoints describe."""

import functools
import json

import jax
import numpy as np
import pytest
from flax import linen as nn

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.networks.mlp_networks import (
  MLPDQNNetwork,
  MLPRainbowNetwork,
)
from reincarnating_rl.networks.policy_networks import NaturePolicyNetwork
from reincarnating_rl.support.errors import DamagedFileError
from reincarnating_rl.teachers import description, factory, native_checkpoint
from reincarnating_rl.teachers.description import NETWORKS, Description
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from tests.teachers.networks import random_params

_VECTORS = {'actions': Discrete(2), 'observation_shape': (4,), 'stack_size': 1}
_NETWORK = MLPDQNNetwork(
  2, num_layers=1, hidden_units=3, min_vals=(-1.0,) * 4, max_vals=(1.0,) * 4
)


def _params(network, **inputs):
  return network.init(jax.random.key(0), np.zeros((4, 1), np.float32), **inputs)


_FIELDS = {
  name: {'num_atoms': 7}
  for name in NETWORKS
  if name.endswith(('RainbowNetwork', 'QuantileNetwork'))
  and 'Implicit' not in name
}


@pytest.mark.parametrize('name', sorted(NETWORKS))
def test_a_network_is_what_its_description_says(name):
  network = NETWORKS[name](num_actions=3, **_FIELDS.get(name, {}))
  told = description.describe('dqn', network, 5.0)
  manifest = json.loads(json.dumps({'network': told._asdict()}))
  read = description.from_manifest(manifest, 'here')
  assert (read.kind, read.vmax) == ('dqn', 5.0)
  assert NETWORKS[read.network](num_actions=3, **read.fields) == network


def test_lists_become_tuples_again():
  told = description.describe('dqn', _NETWORK)
  manifest = json.loads(json.dumps({'network': told._asdict()}))
  read = description.from_manifest(manifest, 'here')
  assert MLPDQNNetwork(2, **read.fields) == _NETWORK


def test_of_other_networks_nothing_is_said():
  class MLPDQNNetwork(nn.Module):
    pass

  assert description.describe('dqn', MLPDQNNetwork()) is None
  assert description.describe('dqn', nn.Dense(3)) is None


def _mlp(**changes):
  return {'kind': 'dqn', 'network': 'MLPDQNNetwork', 'fields': {}} | changes


def _rainbow(**changes):
  return _mlp(**{'kind': 'rainbow', 'network': 'MLPRainbowNetwork'} | changes)


@pytest.mark.parametrize(
  ('entry', 'message'),
  [
    ([], 'describes no network'),
    ({'kind': 'dqn'}, 'describes no network'),
    ({'kind': 1, 'network': 'MLPDQNNetwork', 'fields': {}}, 'describes no'),
    ({'kind': 'dqn', 'network': 'os.system', 'fields': {}}, "'os.system'"),
    ({'kind': 'dqn', 'network': [], 'fields': {}}, 'does not have'),
    ({'kind': 'dqn', 'network': 'MLPDQNNetwork', 'fields': 3}, 'describes no'),
    ({'kind': 'a', 'network': 'b', 'fields': {}, 'vmax': 'c'}, 'describes no'),
    (_mlp(fields={'colour': 'red'}), 'with fields that'),
    (_mlp(fields={'num_actions': 9}), 'with fields that'),
    (_mlp(fields={'parent': 3}), 'with fields that'),
    (_mlp(fields={'num_layers': 10**9}), 'with num_layers that'),
    (_rainbow(fields={'num_atoms': 0}), 'with num_atoms that'),
    (_rainbow(vmax=-5.0), 'with vmax that'),
    (_rainbow(vmax=0), 'with vmax that'),
    (_rainbow(vmax=float('nan')), 'with vmax that'),
    (_rainbow(vmax=float('inf')), 'with vmax that'),
  ],
)
def test_what_is_no_description(entry, message):
  with pytest.raises(DamagedFileError, match=message) as caught:
    description.from_manifest({'network': entry}, 'ckpt.3.json')
  assert 'ckpt.3.json' in str(caught.value)


def _write(folder, params, told):
  native_checkpoint.write(folder, 3, params, {'network': told._asdict()})
  return folder


def test_a_described_teacher_needs_nothing_else(tmp_path):
  params = _params(_NETWORK)
  folder = _write(tmp_path, params, description.describe('dqn', _NETWORK))
  teacher = factory.create_teacher('auto', folder, temperature=1.0, **_VECTORS)
  states = np.random.default_rng(0).random((3, 4, 1), np.float32)
  for state, logits in zip(states, teacher.policy_logits(states), strict=True):
    np.testing.assert_allclose(
      logits, _NETWORK.apply(params, state).q_values, rtol=1e-5
    )
  assert teacher.lineage['agent'] == 'dqn'


@pytest.mark.parametrize('num_atoms', [5, 51, 200])
def test_the_support_is_described_too(num_atoms, tmp_path):
  network = MLPRainbowNetwork(2, num_atoms=num_atoms, hidden_units=3)
  params = _params(network, support=np.linspace(-2, 2, num_atoms))
  told = description.describe('rainbow', network, 2.0)
  folder = _write(tmp_path, params, told)
  lineage = factory.create_teacher('auto', folder, **_VECTORS).lineage
  assert (lineage['vmax'], lineage['network_fields']['num_atoms']) == (
    2.0,
    num_atoms,
  )
  given = factory.create_teacher('rainbow', folder, vmax=3.0, **_VECTORS)
  assert given.lineage['vmax'] == 3.0


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'kind': 'rainbow'}, 'MLPDQNNetwork is no network for a teacher of kind'),
    ({'kind': 'nonsense'}, "the kind 'nonsense', which this program does not"),
    ({'kind': 'ppo'}, "no attribute 'logits'"),
    ({'fields': {'hidden_units': 4, 'num_layers': 1}}, 'final_layer'),
    ({'fields': {'hidden_units': 'many', 'num_layers': 1}}, 'no network for'),
  ],
)
def test_descriptions_that_are_not_of_the_parameters(
  changes, message, tmp_path
):
  told = description.describe('dqn', _NETWORK)._replace(**changes)
  folder = _write(tmp_path, _params(_NETWORK), told)
  with pytest.raises(MismatchedTeacherError, match=message):
    factory.create_teacher('auto', folder, **_VECTORS)


def test_another_kind_than_described(tmp_path):
  folder = _write(
    tmp_path, _params(_NETWORK), description.describe('dqn', _NETWORK)
  )
  with pytest.raises(MismatchedTeacherError, match="the kind 'dqn', not ppo"):
    factory.create_teacher('ppo', folder, **_VECTORS)
  # Whoever names the network is believed.
  network = functools.partial(MLPDQNNetwork, num_layers=1, hidden_units=3)
  factory.create_teacher('dqn', folder, network=network, **_VECTORS)


def test_a_policy_network_of_the_callers_is_no_dqn(tmp_path):
  """Its parameters could be of either kind."""
  network = functools.partial(NaturePolicyNetwork)
  states = np.zeros((2, 84, 84, 4), np.uint8)
  params = random_params(network(3))
  native_checkpoint.write(tmp_path, 1, params, {})
  teacher = factory.create_teacher(
    'auto',
    tmp_path,
    actions=Discrete(3),
    observation_shape=(84, 84),
    stack_size=4,
    network=network,
  )
  assert teacher.lineage['agent'] == 'ppo'
  assert teacher.policy_logits(states).shape == (2, 3)


def test_a_huge_network_costs_nothing(tmp_path):
  huge = Description('dqn', 'MLPDQNNetwork', {'hidden_units': 10**9})
  folder = _write(tmp_path, _params(_NETWORK), huge)
  with pytest.raises(MismatchedTeacherError):
    factory.create_teacher('auto', folder, **_VECTORS)
