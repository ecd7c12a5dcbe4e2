"""Teachers of every source that a program has."""

import contextlib
import dataclasses
import functools
import pathlib
import shutil
import types

import jax.numpy as jnp
import numpy as np
import pytest
from safetensors import numpy as safetensors

import reincarnating_rl as rrl
from reincarnating_rl.api import foreign_objects, players
from reincarnating_rl.envs import facts, games, single
from reincarnating_rl.fetching import hub
from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.teachers import factory
from tests import toys
from tests.api import runs

MOUNTAIN_CAR = 'MountainCar-v0'
STATES = np.linspace(-0.5, 0.5, 6, dtype=np.float32).reshape(3, 2)


@pytest.fixture
def model(fixtures):
  """The path of a PPO of Stable-Baselines3; its statistics are beside it."""
  return pathlib.Path(
    fixtures, 'foreign', 'mountain_car', 'ppo-MountainCar-v0.zip'
  )


@pytest.fixture
def by_path(model):
  return rrl.load_teacher(model, game=MOUNTAIN_CAR)


def test_a_path(by_path):
  logits = by_path.policy_logits(STATES)
  assert logits.shape == (3, 3)
  assert logits.dtype == np.float32
  # A state of one observation may be given as that.
  assert (by_path.policy_logits(STATES[..., None]) == logits).all()
  assert by_path.acts == 'sample'
  assert by_path.lineage['checkpoint'].endswith('ppo-MountainCar-v0.zip')


def test_a_model_is_what_its_file_is(by_path, model):
  class Statistics:
    def save(self, path):
      shutil.copy(model.parent / 'vec_normalize.pkl', path)

  class Model:
    policy = None

    def save(self, path):
      shutil.copy(model, path)

    def get_vec_normalize_env(self):
      return Statistics()

  teacher = rrl.load_teacher(Model(), game=MOUNTAIN_CAR)
  assert teacher.fingerprint == by_path.fingerprint
  found = teacher.policy_logits(STATES)
  assert (found == by_path.policy_logits(STATES)).all()


class Tensor:
  """What this package asks of a tensor of PyTorch."""

  def __init__(self, array):
    self.array = array

  def detach(self):
    return self

  def cpu(self):
    return self

  def numpy(self):
    return self.array


class Module:
  """What it asks of a module: `nn.Sequential(Linear, Tanh, Linear)`."""

  def __init__(self):
    rng = np.random.default_rng(0)
    self.arrays = {
      '0.weight': rng.normal(size=(8, 4)).astype(np.float32),
      '0.bias': rng.normal(size=8).astype(np.float32),
      '2.weight': rng.normal(size=(2, 8)).astype(np.float32),
      '2.bias': rng.normal(size=2).astype(np.float32),
    }

  def __call__(self, states):
    hidden = np.tanh(states @ self.arrays['0.weight'].T + self.arrays['0.bias'])
    return hidden @ self.arrays['2.weight'].T + self.arrays['2.bias']

  def state_dict(self):
    return {name: Tensor(array) for name, array in self.arrays.items()}


class Activation:
  """What it asks of an activation of PyTorch."""

  def __repr__(self):
    return type(self).__name__


class Named(Module):
  """The same as `Module`, and says which activations it has."""

  def __init__(self, activations):
    super().__init__()
    self.activations = activations

  def named_modules(self):
    yield '', self
    for at, name in self.activations.items():
      about = {'__module__': 'torch.nn.modules.activation'}
      if name == 'LeakyReLU':
        about['negative_slope'] = 0.2
      yield at, type(name, (Activation,), about)()


def test_activations_that_a_module_shows():
  def check(shown, **given):
    layers = rrl.Layers(dense=('0', '2'), **given)
    foreign_objects.check_activations(Named(shown), layers)

  check({'1': 'ReLU'})
  check({'1': 'Tanh', '3': 'Softmax'}, activation='tanh')
  check({'1': 'ReLU', 'critic.1': 'Tanh'})
  check({'1': 'ReLU', '3': 'Tanh'}, kind='td3')
  check({'1': 'ReLU', '3': 'Tanh'}, unused='3')
  for shown, given in (
    ({'1': 'Tanh'}, {}),
    ({'1': 'Mish'}, {}),
    ({'1': 'LeakyReLU'}, {'activation': 'leaky_relu'}),
    ({'1': 'Tanh', '3': 'Tanh'}, {'kind': 'td3', 'unused': '3'}),
    ({'3': 'Tanh'}, {'kind': 'td3', 'squash': 'clip'}),
  ):
    at, name = next(iter(shown.items()))
    with pytest.raises(rrl.UserError, match=f'has {name} at {at}, .* is .*elu'):
      check(shown, **given)
  layers, module = rrl.Layers(dense=('0', '2')), Named({'1': 'Tanh'})
  with pytest.raises(rrl.UserError, match='has Tanh at 1'):
    rrl.load_teacher(module, game=runs.GAME, layers=layers)


def test_a_module_with_its_layers(recwarn):
  module, states = Module(), np.float32([[1, 2, 3, 4], [0, -1, 0, 1]])
  layers = rrl.Layers(kind='ppo', dense=('0', '2'), activation='tanh')
  teacher = rrl.load_teacher(module, game=runs.GAME, layers=layers)
  found = teacher.policy_logits(states)
  np.testing.assert_allclose(found, module(states), rtol=1e-5, atol=1e-5)
  assert not recwarn.list
  with pytest.warns(
    match="^Layers.kind = 'dqn' and Layers.activation = 'relu'"
  ):
    rrl.load_teacher(
      module, game=runs.GAME, layers=rrl.Layers(dense=('0', '2'))
    )
  # And is one of a run, to which it has to be given again.
  assert teacher.given() == ['teacher']
  with pytest.raises(rrl.UserError, match='layers'):
    rrl.load_teacher(module, game=runs.GAME)


def test_a_function_is_told_by_its_source(teacher):
  assert teacher.lineage['function'] == 'go_right'
  leans = np.float32([[0, 0, 1, 0], [0, 0, -1, 0]])
  assert teacher.policy_logits(leans).argmax(axis=1).tolist() == [1, 0]
  again = rrl.load_teacher(runs.go_right, game=runs.GAME)
  assert again.fingerprint == teacher.fingerprint
  other = rrl.load_teacher(lambda states: -states[:, :2, 0], game=runs.GAME)
  assert other.fingerprint != teacher.fingerprint


def test_a_function_without_source_has_a_fingerprint_of_its_callers():
  space = {}
  exec('def act(states): return [0] * len(states)', space)
  with pytest.raises(rrl.UserError, match='policy_fingerprint'):
    rrl.load_teacher(space['act'], game=runs.GAME)
  told = rrl.load_teacher(
    space['act'], game=runs.GAME, policy_fingerprint='always left'
  )
  assert told.fingerprint == 'always left'


def test_a_function_of_vectors():
  teacher = rrl.load_teacher(
    lambda states: 2.0 * np.ones((len(states), 1)), game='Pendulum-v1'
  )
  states = np.zeros((2, 3), np.float32)
  assert teacher.policy_parameters(states).tolist() == [[1.0], [1.0]]
  with pytest.raises(rrl.UserError, match='ask for policy_parameters'):
    teacher.policy_logits(states)


def test_a_name_of_the_hub_is_fetched(model, monkeypatch):
  asked = []

  def fetch(name):
    asked.append(name)
    return types.SimpleNamespace(directory=str(model))

  monkeypatch.setattr(hub, 'fetch_hub', fetch)
  teacher = rrl.load_teacher('sb3/ppo-MountainCar-v0', game=MOUNTAIN_CAR)
  assert asked == ['sb3/ppo-MountainCar-v0']
  assert teacher.lineage['agent'] == 'ppo'


def test_data_alone_have_no_policy(tmp_path):
  path = tmp_path / 'data.npz'
  np.savez(
    path,
    observations=np.zeros((6, 4), np.float32),
    actions=np.zeros(6, np.int64),
    rewards=np.ones(6, np.float32),
    terminations=np.arange(6) == 5,
    truncations=np.zeros(6, bool),
  )
  teacher = rrl.load_teacher(game=runs.GAME, replay_dir=path)
  for ask in (
    lambda: teacher.policy_logits(np.zeros((1, 4))),
    lambda: rrl.evaluate(teacher, episodes=1),
  ):
    with pytest.raises(rrl.UserError, match='data alone'):
      ask()
  with pytest.raises(rrl.UserError, match="load_teacher is 'temprature'"):
    rrl.load_teacher(game=runs.GAME, replay_dir=path, temprature=3)
  with pytest.raises(rrl.UserError, match='temperature, and data alone have'):
    rrl.load_teacher(game=runs.GAME, replay_dir=path, temperature=0.5)


def test_settings_of_a_teacher(model):
  greedy = rrl.load_teacher(model, game=MOUNTAIN_CAR, acts='greedy')
  assert greedy.acts == 'greedy'
  for name, value, told in (
    ('temprature', 0.1, "'temprature': choose one of temperature"),
    ('stack_size', 4, "load_teacher is 'stack_size': choose one of"),
    ('temperature', -1.0, 'temperature is -1.0: it must be a number above 0'),
    ('temperature', float('nan'), 'temperature is nan'),
    ('acts', 'gredy', "acts is 'gredy'"),
    ('vmax', 3.0, 'vmax is for a Rainbow with atoms, and the teacher of .*zip'),
    ('policy_epsilon', 0.1, 'policy_epsilon, which is for teachers that are f'),
  ):
    with pytest.raises(rrl.UserError, match=told):
      rrl.load_teacher(model, game=MOUNTAIN_CAR, **{name: value})
  for name in factory.PATHLESS[:1]:
    assert rrl.load_teacher(name, game=MOUNTAIN_CAR).lineage['agent'] == name


def test_a_teacher_of_another_game_by_functions(by_path, model):
  teacher = rrl.load_teacher(
    model,
    game=runs.GAME,
    observation_map=lambda state: state[2:],
    action_meanings=lambda logits: logits[jnp.array([0, 2])],
  )
  states = np.float32([[0, 0, -0.5, 0.01], [1, 2, 0.3, -0.02]])
  np.testing.assert_array_equal(
    teacher.policy_logits(states), by_path.policy_logits(states[:, 2:])[:, ::2]
  )
  # No file holds them: a run that is resumed has to be given them.
  assert teacher.given() == ['teacher']


@pytest.mark.parametrize(
  'states', [np.zeros(4), np.zeros((2, 5)), np.zeros((2, 4, 2)), 3.0]
)
def test_states_of_another_shape_are_refused(teacher, states):
  with pytest.raises(rrl.UserError, match=r'CartPole-v1 have \(B, 4, 1\)'):
    teacher.policy_logits(states)


def test_a_teacher_of_another_game_is_refused(by_path):
  with pytest.raises(rrl.UserError, match='the player knows'):
    rrl.evaluate(by_path, game=runs.GAME, episodes=1)


def test_a_game_whose_bounds_are_rounded_is_the_same():
  create = functools.partial(single.Environment, toys.Target())
  game = games.Game('Target', create, None)
  known = facts.of_game(game)
  for factor, is_same in ((1.0 + 1e-7, True), (2.0, False)):
    high = tuple(factor * x for x in known.actions.high)
    other = Continuous(known.actions.low, high)
    player = players.Player(
      None, game=None, known=dataclasses.replace(known, actions=other)
    )
    with contextlib.nullcontext() if is_same else pytest.raises(rrl.UserError):
      player.check_game(game)


def test_what_is_written_of_bfloat16():
  class BFloat16(Tensor):
    def numpy(self):
      raise TypeError

    def float(self):
      return Tensor(self.array.astype(np.float32))

  module = types.SimpleNamespace(
    state_dict=lambda: {'a': BFloat16(np.float16([1.5]))}
  )
  from reincarnating_rl.api import foreign_objects

  written = foreign_objects.write(module)
  data = pathlib.Path(written.path).read_bytes()
  assert safetensors.load(data)['a'].tolist() == [1.5]
