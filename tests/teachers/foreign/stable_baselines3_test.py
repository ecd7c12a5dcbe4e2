"""Teachers of Stable-Baselines3, against its own policies."""

import json

import hypothesis
import jax
import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.support.errors import DamagedFileError, UserError
from reincarnating_rl.teachers.actions import action_map
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign import stable_baselines3, torch_policies
from reincarnating_rl.teachers.foreign.base import Target
from reincarnating_rl.teachers.foreign.layers import Layers
from tests.importers.formats import mutations, torch_files
from tests.teachers.foreign import real_files

_FILES = {
  'sb3_dqn_cnn': ('atari', 'dqn'),
  'sb3_qrdqn_cnn': ('small', 'qr-dqn'),
  'sb3_ppo_cnn': ('atari', 'ppo'),
  'sb3_a2c_cnn': ('small', 'a2c'),
  'sb3_dqn_mlp': ('stacked', 'dqn'),
  'sb3_qrdqn_mlp': ('vector', 'qr-dqn'),
  'sb3_ppo_mlp': ('vector', 'ppo'),
  'sb3_a2c_mlp': ('vector', 'a2c'),
  'sb3_trpo': ('vector', 'trpo'),
  'sb3_maskable': ('vector', 'maskable-ppo'),
  # Of bytes: images of three colours, which the library scales and turns, and
  # what is none: of other bounds, or of one axis. One of each stacks two.
  **{
    f'sb3_{name}{stack}': (f'{name}{stack}', 'ppo')
    for name in ('rgb', 'bits', 'half', 'bytes')
    for stack in (1, 2)
  },
}
_VECTOR = Target(Discrete(4), (3, 1))


def _path(name):
  return real_files.FOLDER / f'{name}.zip'


def _read(name, **others):
  states = real_files.expected(f'{_FILES[name][0]}_states')
  game = real_files.game(states)._replace(**others)
  return stable_baselines3.read(_path(name), game)


@pytest.mark.parametrize('name', _FILES)
def test_outputs_are_those_of_the_library(name):
  kind, algorithm = _FILES[name]
  states = real_files.expected(f'{kind}_states')
  found = _read(name)
  output, wanted = (
    real_files.run(found, states),
    real_files.expected(name),
  )
  if found.kind == 'ppo':
    real_files.assert_close(jax.nn.log_softmax(output.logits), wanted)
  elif found.kind == 'quantile':
    # The library has the quantiles before the actions.
    real_files.assert_close(output.quantiles.swapaxes(1, 2), wanted)
    real_files.assert_close(output.q_values, wanted.mean(axis=1))
  else:
    real_files.assert_close(output.q_values, wanted)
  assert found.metadata['algorithm'] == algorithm
  assert found.metadata['version'] == '2.9.2'
  json.dumps(found.metadata)


def test_what_masks_were_is_told():
  assert 'not used' in _read('sb3_maskable').metadata['masks']
  assert 'masks' not in _read('sb3_trpo').metadata


@pytest.mark.parametrize('shape', [(4, 1), (2, 2), (1, 4)])
def test_a_stack_of_images_with_colours(shape):
  """The library has the images of a stack before the colours of each."""
  states = real_files.expected('small_states')
  colours, stack = shape
  split = states.reshape(*states.shape[:-1], stack, colours).swapaxes(-1, -2)
  found = stable_baselines3.read(_path('sb3_a2c_cnn'), real_files.game(split))
  wanted = real_files.expected('sb3_a2c_cnn')
  output = real_files.run(found, split)
  real_files.assert_close(jax.nn.log_softmax(output.logits), wanted)


def test_images_that_a_game_gives_channels_first_are_refused():
  target = Target(Discrete(4), (4, 44, 52, 1))
  with pytest.raises(MismatchedTeacherError, match='channels first, which the'):
    stable_baselines3.read(_path('sb3_a2c_cnn'), target)


def test_policy_classes_of_ones_own_are_refused(tmp_path):
  """Nothing but the class says that it has ReLUs where others have tanh."""
  with pytest.raises(MismatchedTeacherError) as error:
    stable_baselines3.read(_path('sb3_ppo_own'), _VECTOR)
  text = str(error.value)
  assert 'sb3_ppo_own.zip has a policy class of its own' in text
  assert 'make_fixtures' in text and 'policy.pth' in text and '\n' not in text
  # Which can be read as it says.
  members = torch_files.unzipped(_path('sb3_ppo_own').read_bytes())
  path = tmp_path / 'policy.pth'
  path.write_bytes(members['policy.pth'])
  layers = Layers(
    kind='ppo',
    dense=('mlp_extractor.policy_net.0', 'action_net'),
    activation='relu',
  )
  found = torch_policies.read(path, layers, _VECTOR)
  output = real_files.run(found, real_files.expected('vector_states'))
  wanted = real_files.expected('sb3_ppo_own')
  real_files.assert_close(jax.nn.log_softmax(output.logits), wanted)


@pytest.mark.parametrize(
  'policy',
  [
    {'__module__': '__main__'},
    {'__module__': 'stable_baselines3_of_mine.policies'},
    {'__module__': 'mine.stable_baselines3.common.policies'},
    {},
    None,
    'MlpPolicy',
  ],
)
def test_modules_that_are_none_of_the_library(policy, tmp_path):
  change = _described(policy_class=policy)
  path = real_files.altered_zip(_path('sb3_a2c_mlp'), tmp_path, change)
  with pytest.raises(MismatchedTeacherError, match='a policy class of its own'):
    stable_baselines3.read(path, _VECTOR)


@pytest.mark.parametrize(
  'module', ['sb3_contrib.ars.policies', 'sb3_contrib.crossq.policies']
)
def test_policies_of_the_library_that_act_in_another_way(module, tmp_path):
  # A linear policy of ARS has the parameters of an A2C without hidden layers.
  change = _described(policy_class={'__module__': module})
  path = real_files.altered_zip(_path('sb3_a2c_mlp'), tmp_path, change)
  with pytest.raises(
    MismatchedTeacherError, match=f'a policy of {module}, and'
  ):
    stable_baselines3.read(path, _VECTOR)


@pytest.mark.parametrize('serialized', [None, '', '!', 'gASVAA=='])
def test_bounds_that_cannot_be_read(serialized, tmp_path):
  def change(members):
    described = json.loads(members['data'])
    described['observation_space'][':serialized:'] = serialized
    members['data'] = json.dumps(described).encode()

  path = real_files.altered_zip(_path('sb3_rgb1'), tmp_path, change)
  with pytest.raises(MismatchedTeacherError, match='bounds of its space') as e:
    stable_baselines3.read(path, Target(Discrete(4), (5, 4, 3, 1)))
  assert '\n' not in str(e.value)
  # Nobody asks where it is of no consequence.
  path = real_files.altered_zip(_path('sb3_a2c_mlp'), tmp_path, change)
  stable_baselines3.read(path, _VECTOR)


def test_some_actions_of_a_teacher():
  states = real_files.expected('small_states')
  found = action_map(('UP', 'NOOP', 'DOWN', 'FIRE'), ('NOOP', 'UP'))
  teacher = _read('sb3_qrdqn_cnn', actions=Discrete(2), action_map=found)
  output = real_files.run(teacher, states, 2)
  wanted = real_files.expected('sb3_qrdqn_cnn')[:, :, [1, 0]]
  real_files.assert_close(output.quantiles.swapaxes(1, 2), wanted)


@pytest.mark.parametrize(
  ('name', 'others', 'message'),
  [
    (
      'sb3_dqn_cnn',
      {'actions': Discrete(18)},
      'has 4 actions, but the game has 18',
    ),
    (
      'sb3_dqn_cnn',
      {'state_shape': (84, 84, 1)},
      r'observes \(4, 84, 84\), but the game gives states of shape \(84, 84, 1',
    ),
    # As many features would be left of these images.
    ('sb3_dqn_cnn', {'state_shape': (88, 88, 4)}, r'observes \(4, 84, 84\)'),
    ('sb3_ppo_mlp', {'state_shape': (3, 2)}, r'observes \(3,\)'),
  ],
)
def test_other_games_are_told(name, others, message):
  with pytest.raises(MismatchedTeacherError, match=message) as error:
    _read(name, **others)
  assert '\n' not in str(error.value)


def _described(**changes):
  """Changes the JSON that describes an agent."""

  def change(members):
    described = json.loads(members['data'])
    for key, value in changes.items():
      described[key] = value
    members['data'] = json.dumps(described).encode()

  return change


_CLASS = "<class 'torch.nn.modules.activation.{}'>"


def test_activations_that_were_chosen(tmp_path):
  states = real_files.expected('vector_states')
  outputs = []
  for chosen in ('Tanh', 'LeakyReLU'):
    kwargs = {':type:': 'dict', 'activation_fn': _CLASS.format(chosen)}
    change = _described(policy_kwargs=kwargs)
    path = real_files.altered_zip(_path('sb3_a2c_mlp'), tmp_path, change)
    found = stable_baselines3.read(path, _VECTOR)
    outputs.append(real_files.run(found, states).logits)
  wanted = real_files.expected('sb3_a2c_mlp')
  real_files.assert_close(jax.nn.log_softmax(outputs[0]), wanted)
  assert found.network['activation'] == ('leaky_relu',) * 2
  assert np.abs(outputs[1] - outputs[0]).max() > 0.1


def test_images_that_are_not_scaled(tmp_path):
  change = _described(policy_kwargs={'normalize_images': False})
  path = real_files.altered_zip(_path('sb3_ppo_cnn'), tmp_path, change)
  states = real_files.expected('atari_states')
  found = stable_baselines3.read(path, real_files.game(states))
  scaled = (states / 255.0).astype(np.float32)
  output = real_files.run(found, scaled)
  wanted = real_files.expected('sb3_ppo_cnn')
  real_files.assert_close(jax.nn.log_softmax(output.logits), wanted)


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    (
      {'policy_kwargs': {'activation_fn': _CLASS.format('Softsign')}},
      'has the activation .*Softsign',
    ),
    (
      {'policy_kwargs': {'features_extractor_class': "<class 'my.CNN'>"}},
      'a features extractor of its own, .*policy.pth',
    ),
    (
      {
        'policy_kwargs': {
          'features_extractor_class': "<class 'my_torch_layers.NatureCNN'>"
        }
      },
      'a features extractor of its own, .*policy.pth',
    ),
    ({'observation_space': None}, 'observes a None'),
    (
      {'observation_space': {':type:': "<class 'gymnasium.spaces.dict.Dict'>"}},
      'observes a Dict, but games give arrays',
    ),
    (
      {'action_space': {':type:': "<class 'x.multi_discrete.MultiDiscrete'>"}},
      'acts in a MultiDiscrete',
    ),
    ({'action_space': 7}, 'acts in a None'),
  ],
)
def test_other_policies_are_told(changes, message, tmp_path):
  path = _path('sb3_a2c_mlp')
  path = real_files.altered_zip(path, tmp_path, _described(**changes))
  with pytest.raises(MismatchedTeacherError, match=message) as error:
    stable_baselines3.read(path, _VECTOR)
  assert '\n' not in str(error.value)


def _with_parameters(*names):
  """Adds a parameter to those of a policy, as PyTorch would."""

  def change(members):
    parts = [
      torch_files.push(name) + torch_files.tensor(size=(2, 2), stride=(2, 1))
      for name in names
    ]
    members['policy.pth'] = torch_files.archive(
      b'}(' + b''.join(parts) + b'u', {'0': bytes(16)}
    )

  return change


@pytest.mark.parametrize(
  ('names', 'message'),
  [
    (['action_net.weight', 'lstm_actor.weight_ih_l0'], "'lstm_actor.weight_ih"),
    (['action_net.weight', 'action_net.log_std'], 'log_std'),
    (['q_net.q_net.0.weight', 'q_net.q_net.1.running_mean'], 'running_mean'),
    (['actor.mu.weight'], 'no DQN, QR-DQN, PPO or A2C'),
    (['q_net.features_extractor.cnn.0.weight'], 'no DQN, QR-DQN'),
    (
      ['q_net.features_extractor.cnn.0.weight', 'q_net.q_net.0.weight'],
      '1 convolutions and 1 linear layers, unlike NatureCNN',
    ),
  ],
)
def test_other_layers_are_told(names, message, tmp_path):
  change = _with_parameters(*names)
  path = real_files.altered_zip(_path('sb3_a2c_mlp'), tmp_path, change)
  with pytest.raises(MismatchedTeacherError, match=message):
    stable_baselines3.read(path, _VECTOR)


@pytest.mark.parametrize(
  ('member', 'data'),
  [
    ('data', b'{'),
    ('data', b'[]'),
    ('data', b'[' * 10**5),
    ('policy.pth', b''),
  ],
)
def test_damaged_files_are_told(member, data, tmp_path):
  def change(members):
    members[member] = data

  path = real_files.altered_zip(_path('sb3_a2c_mlp'), tmp_path, change)
  with pytest.raises(DamagedFileError, match=r'sb3_a2c_mlp\.zip'):
    stable_baselines3.read(path, _VECTOR)


def test_zip_files_of_others_are_told(tmp_path):
  path = tmp_path / 'x.zip'
  path.write_bytes(torch_files.zipped({'data': b'{}'}))
  with pytest.raises(DamagedFileError, match='has no data and policy.pth'):
    stable_baselines3.read(path, _VECTOR)


@pytest.mark.parametrize('member', ['', 'data', 'policy.pth'])
@mutations.FUZZ
@hypothesis.given(edits=mutations.edits)
def test_mutated_files(member, edits, tmp_path):
  path = _path('sb3_ppo_mlp')
  if member:

    def change(members):
      members[member] = mutations.mutate(members[member], edits)

    path = real_files.altered_zip(path, tmp_path, change)
  else:
    data = mutations.mutate(path.read_bytes(), edits)
    path = tmp_path / path.name
    path.write_bytes(data)
  try:
    stable_baselines3.read(path, _VECTOR)
  except UserError as error:
    assert '\n' not in str(error)
