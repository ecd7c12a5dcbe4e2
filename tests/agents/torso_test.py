"""Students whose torso begins as that of another network."""

import functools
import json

import jax
import numpy as np
import pytest
from flax import traverse_util

from reincarnating_rl.agents import torso, torso_source
from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.agents.torso_source import Inputs
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.networks.layered import LayeredNetwork
from reincarnating_rl.networks.registry import NETWORKS
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import description, native_checkpoint
from reincarnating_rl.teachers.kinds import KINDS
from tests import toys
from tests.agents import control_toys
from tests.runner import experiments, teachers
from tests.teachers import tf_checkpoints_test
from tests.teachers.foreign import real_files

VECTOR, SMALL = np.zeros((5, 1), np.float32), np.zeros((10, 10, 4, 1), np.uint8)
_STACK = [f'encoder/_stacks_0/Conv_{i}' for i in range(5)]
_STACKS = [*_STACK, *(layer.replace('_0', '_1', 1) for layer in _STACK)]


@pytest.mark.parametrize(
  ('name', 'state', 'fields', 'expected'),
  [
    ('MLPDQNNetwork', VECTOR, {}, ['layers_0', 'layers_1']),
    (
      *('MLPRainbowNetwork', VECTOR),
      *({'num_atoms': 3, 'dueling': True}, ['layers_0', 'layers_1']),
    ),
    ('MLPQuantileNetwork', VECTOR, {}, ['layers_0', 'layers_1']),
    # What is multiplied by a fraction is of the head.
    ('MLPImplicitQuantileNetwork', VECTOR, {}, ['layers_0']),
    ('MinAtarImplicitQuantileNetwork', SMALL, {}, ['Conv_0']),
    ('MinAtarDQNNetwork', SMALL, {}, ['Conv_0', 'Dense_0']),
    ('MinAtarImpalaDQNNetwork', SMALL, {}, [*_STACKS, 'Dense_0']),
    ('MLPActorCriticNetwork', VECTOR, {}, ['_actor/Dense_0', '_actor/Dense_1']),
    (
      *('LayerNormActorCriticNetwork', VECTOR, {'num_layers': 1}),
      ['_actor/Dense_0', '_actor/LayerNorm_0'],
    ),
  ],
)
def test_a_torso_ends_where_the_head_begins(name, state, fields, expected):
  network = NETWORKS[name].module(num_actions=3, **fields)
  given = KINDS[NETWORKS[name].kind].inputs({'num_atoms': 3}, 1.0)
  inputs = Inputs(state, given).with_something_to_see()
  params = network.init(jax.random.PRNGKey(0), inputs.seen, **given)
  found = torso._layers(network, params, inputs)
  assert ['/'.join(layer) for layer in found] == expected


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
  """Directory and agent of a DQN of the corridor."""
  directory = tmp_path_factory.mktemp('trained')
  return str(directory), teachers.train(directory, 'dqn')


def flat(params):
  return traverse_util.flatten_dict(jax.device_get(params)['params'], sep='/')


def test_a_student_of_another_head_begins_so(trained):
  path, teacher = trained
  student = toys.make_agent(
    kind=AGENTS['rainbow'], teacher=None, student={'torso_from': path}
  )
  theirs = flat(teacher.online_params)
  for params in (student.online_params, student.target_network_params):
    for name in ('layers_0/kernel', 'layers_0/bias'):
      np.testing.assert_array_equal(flat(params)[name], theirs[name])
  fresh = toys.make_agent(
    kind=AGENTS['rainbow'], teacher=None, student={'torso_from': None}
  )
  ours = flat(student.online_params)
  for name, array in flat(fresh.online_params).items():
    if name.startswith('layers_0'):
      np.testing.assert_array_equal(ours[name], theirs[name])
    else:
      np.testing.assert_array_equal(ours[name], array)
  assert student.torso.told['layers'] == {'layers_0': 'layers_0'}
  assert path in student.torso.told['from'] and not student.torso.is_frozen
  assert fresh.torso is None


def make_runner(base_dir, **student):
  return experiments.make_runner(
    base_dir,
    teacher=None,
    online=(2, 100),
    agent={'kind': AGENTS['dqn'], 'student': student},
  )


@pytest.mark.parametrize('is_frozen', [True, False])
def test_a_run_and_its_resume(is_frozen, trained, tmp_path):
  path, teacher = trained
  given = {'torso_from': path, 'freeze_torso': is_frozen}
  whole = make_runner(tmp_path / 'whole', **given)
  before = flat(whole._agent.online_params)
  whole.run_experiment()
  after = flat(whole._agent.online_params)
  theirs = flat(teacher.online_params)
  for name, array in after.items():
    is_torso = name.startswith('layers_0')
    assert (array.tobytes() == before[name].tobytes()) == (
      is_frozen and is_torso
    )
    if is_torso:
      np.testing.assert_array_equal(before[name], theirs[name])
  lineage = json.loads((tmp_path / 'whole' / 'lineage.json').read_text())
  assert lineage['torso'] == whole._agent.torso.told
  assert lineage['torso']['is_frozen'] == is_frozen
  begun = make_runner(tmp_path / 'begun', **given)
  begun._run_one_iteration(0)
  begun._checkpoint_experiment(0)
  resumed = make_runner(tmp_path / 'begun', **given)
  assert resumed._start_iteration == 1
  resumed.run_experiment()
  assert experiments.outcome(resumed) == experiments.outcome(whole)
  with pytest.raises(UserError, match='with Student.freeze_torso ='):
    make_runner(tmp_path / 'begun', **given | {'freeze_torso': not is_frozen})


def test_an_actor_begins_so(tmp_path):
  sac = control_toys.make_agent('sac', seed=1)
  native_checkpoint.write(tmp_path, 0, jax.device_get(sac.online_params), {})
  td3 = control_toys.make_agent('td3', Student={'torso_from': str(tmp_path)})
  ours, theirs = flat(td3.online_params), flat(sac.online_params)
  for name in ('_actor/Dense_0/kernel', '_actor/Dense_0/bias'):
    np.testing.assert_array_equal(ours[name], theirs[name])
  assert td3.torso.told['layers'] == {'_actor/Dense_0': '_actor/Dense_0'}


def read(path, network, state, actions=3):
  return torso.read(
    str(path),
    network,
    Inputs(state, {}),
    is_frozen=False,
    actions=Discrete(actions),
  )


def mlp(**fields):
  return NETWORKS['MLPDQNNetwork'].module(num_actions=3, **fields)


def test_layers_of_another_library_in_their_order():
  path = real_files.FOLDER / 'sb3_dqn_mlp.zip'
  state = np.zeros((6, 1), np.float32)
  found = read(path, mlp(num_layers=2, hidden_units=64), state)
  assert found.told['layers'] == {'layers_0': 'Dense_0', 'layers_1': 'Dense_1'}
  # The game of the file may have other actions.
  other = read(path, mlp(num_layers=2, hidden_units=64), state, actions=9)
  assert other.told == found.told


def write_layers(folder, **fields):
  """Writes a network of plain layers, as a converted teacher is one."""
  network = LayeredNetwork(
    num_actions=4, hidden=(8, 6), output='policy', **fields
  )
  params = network.init(jax.random.PRNGKey(3), VECTOR)
  told = description.describe('ppo', network)
  native_checkpoint.write(
    folder, 0, jax.device_get(params), {description.ENTRY: told._asdict()}
  )
  return folder


@pytest.mark.parametrize(
  'fields', [{'activation': 'tanh'}, {'scale': 255.0}, {'normalized': True}]
)
def test_what_parameters_do_not_tell_is_asked(fields, tmp_path):
  """Equal layers may compute something else."""

  class Tapered(LayeredNetwork):
    """Its hidden layers are those that are written."""

  network = Tapered(num_actions=3, hidden=(8, 6))
  read(write_layers(tmp_path / 'a'), network, VECTOR)
  path = write_layers(tmp_path / 'b', **fields)
  if 'normalized' in fields:  # By statistics that change nothing.
    assert read(path, network, VECTOR).layers
    return
  with pytest.raises(UserError, match='fit the student, and compute something'):
    read(path, network, VECTOR)


@pytest.mark.parametrize(
  ('network', 'message'),
  [
    (
      mlp(num_layers=2, hidden_units=8),
      r"not the student's: it has layers_1 \(bias \(8,\), kernel \(8, 8\)\), "
      r'and Dense_1 \(bias \(6,\), kernel \(8, 6\)\) there in its place',
    ),
    (
      mlp(num_layers=4, hidden_units=8),
      r'it has layers_1 .* and Dense_1',
    ),
    (mlp(num_layers=0), 'has no layer before its head'),
  ],
)
def test_layers_that_differ_are_told(network, message, tmp_path):
  with pytest.raises(UserError, match=message):
    read(write_layers(tmp_path), network, VECTOR)


def test_a_checkpoint_of_tensorflow(tmp_path):
  tf_checkpoints_test._save(tmp_path, tf_checkpoints_test._SLIM)
  found = torso_source.read(str(tmp_path), (84, 84, 4), Discrete(4)).arrays
  layers = {path[0] for path in found}
  assert layers == {f'{kind}_{i}' for kind in ('Conv', 'Dense') for i in '012'}
  assert np.all(found['Conv_2', 'kernel'] == 2.0)


def test_a_file_of_fewer_layers(tmp_path):
  source = torso_source.TorsoSource(
    'FILE', '', {('Dense_0', 'bias'): np.zeros(2)}, lambda state, layer: None
  )
  layers = {('a',): {'bias': (2,)}, ('b',): {'bias': (2,)}}
  with pytest.raises(UserError, match=r'b \(bias \(2,\)\), and nothing there'):
    torso_source.paired(layers, source)


def test_settings_that_make_no_sense(trained, tmp_path):
  path, _ = trained
  make = functools.partial(toys.make_agent, kind=AGENTS['dqn'], teacher=None)
  with pytest.raises(UserError, match='freezes what Student.torso_from names'):
    make(student={'freeze_torso': True})
  with pytest.raises(UserError, match='There is no directory'):
    make(student={'torso_from': str(tmp_path / 'no')})
  with pytest.raises(UserError, match='begins with all that its teacher is'):
    toys.make_agent(
      kind=AGENTS['reloaded_dqn'],
      teacher=teachers.load(path, 'dqn'),
      student={'torso_from': path},
    )
