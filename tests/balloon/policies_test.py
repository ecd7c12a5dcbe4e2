"""What a user may name, and what it does."""

import jax
import numpy as np
import pytest

from reincarnating_rl.balloon import policies
from reincarnating_rl.networks.layered import LayeredNetwork
from reincarnating_rl.networks.mlp_networks import MLPDQNNetwork
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import native_checkpoint, perciatelli
from reincarnating_rl.teachers.description import ENTRY, Description, describe

OBSERVATION = np.linspace(0.0, 0.9, 1099, dtype=np.float32)


@pytest.fixture
def run(tmp_path):
  """A run with a student that prefers UP, whatever it sees."""
  folder = tmp_path / 'run' / 'checkpoints'
  folder.mkdir(parents=True)
  for number, best in ((1, 0), (2, 2)):
    write(folder, number, best)
  return tmp_path / 'run'


def write(folder, number, best):
  """Writes a checkpoint of a student that prefers an action."""
  network = MLPDQNNetwork(num_actions=3, num_layers=1, hidden_units=2)
  shapes = jax.eval_shape(network.init, jax.random.key(0), OBSERVATION[:, None])
  params = jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), shapes)
  params['params']['final_layer']['bias'] = np.eye(3, dtype=np.float32)[best]
  native_checkpoint.write(folder, number, params, told_of(network))


def told_of(network):
  fields = {'num_layers': network.num_layers, 'hidden_units': 2}
  told = Description('dqn', type(network).__name__, fields)
  return {ENTRY: told._asdict(), 'game': {'name': 'Balloon'}}


def action(policy):
  return policies.create_pilots(policy)(0)(OBSERVATION)


def test_a_student_is_its_newest_checkpoint(run):
  (student,) = policies.find([str(run)])
  assert (student.name, student.number) == ('run', 2)
  assert action(student) == 2


def test_a_checkpoint_may_be_named_by_its_file(run):
  place = run / 'checkpoints' / 'ckpt.1.json'
  (older, newer) = policies.find([f'older={place}', str(run)])
  assert older.name == 'older' and older.number == 1
  assert older.identity != newer.identity
  assert action(older) == 0


def test_a_checkpoint_that_is_written_anew_does_not_fly(run):
  (student,) = policies.find([str(run)])
  for file in (run / 'checkpoints').glob('ckpt.2.*'):
    file.unlink()
  write(run / 'checkpoints', 2, best=1)
  with pytest.raises(UserError, match='Checkpoint 2 of .* has changed'):
    policies.create_pilots(student)


def test_perciatelli_is_greedy():
  (policy,) = policies.find(['perciatelli44'])
  assert policy.path is None
  teacher = policies._read('perciatelli44')
  logits = np.asarray(teacher.policy_logits(OBSERVATION[None, :, None]))[0]
  assert action(policy) == logits.argmax()
  assert perciatelli.NAME in policies.NAMES


class Undecided:
  """A teacher that likes two actions equally."""

  def __init__(self, acts):
    self.acts = acts

  def policy_logits(self, states):
    assert states.shape == (1, 1099, 1)
    return np.array([[-40.0, 2.0, 2.0]])


def test_of_equal_actions_it_is_the_first():
  assert policies.TeacherPilot(Undecided('greedy'), 0)(OBSERVATION) == 1


def test_a_pilot_that_draws_flies_by_the_seed():
  def flight(seed):
    pilot = policies.TeacherPilot(Undecided('sample'), seed)
    return [pilot(OBSERVATION) for _ in range(40)]

  assert set(flight(3)) == {1, 2}
  assert flight(3) == flight(3) != flight(4)


def test_a_policy_draws_and_its_flights_are_told_apart(tmp_path):
  network = LayeredNetwork(3, hidden=(2,), output='policy')
  params = network.init(jax.random.key(0), OBSERVATION[:, None])
  about = {'game': {'name': 'Balloon'}}
  about[ENTRY] = describe('ppo', network)._asdict()
  native_checkpoint.write(tmp_path, 1, params, about)
  (pilot,) = policies.find([f'ppo={tmp_path}'])
  assert pilot.identity.endswith(' sample')
  assert policies.create_pilots(pilot)(5)(OBSERVATION) in range(3)


def test_all_of_the_environments_own(run):
  names = list(policies.NAMES)
  assert names == ['perciatelli44', 'station_seeker', 'random_walk']
  found = policies.find([*names, f'a={run}'])
  assert [policy.name for policy in found] == [*names, 'a']
  assert len({policy.identity for policy in found}) == 4
  assert all(action(policy) in range(3) for policy in found)


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    (['perciatelli'], "no policy or directory 'perciatelli': give one of"),
    (['random_walk', 'random_walk'], 'Two policies are called random_walk'),
    (['a b=random_walk'], 'give NAME=DIR'),
    (['../a='], 'give NAME=DIR'),
    (['x=.'], r'no complete checkpoint|no checkpoint|holds no'),
  ],
)
def test_mistakes(arguments, message, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  with pytest.raises(UserError, match=message):
    policies.find(arguments)
