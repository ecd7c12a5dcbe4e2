"""Teachers that are cloned from data, in the command that trains."""

import functools
import json

import gin
import numpy as np
import pytest

from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.envs import games, vector
from reincarnating_rl.importers import external_replay
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.kinds import DETERMINISTIC, TANH_GAUSSIAN
from reincarnating_rl.runner import cloning, replay_store, teacher_choice
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.clone import CloneSettings
from reincarnating_rl.teachers.sources import TeacherSettings
from tests import toys
from tests.importers.data import written
from tests.runner import data_teacher_test, experiments

SETTINGS = {
  'hidden': (16,),
  'learning_rate': 1e-2,
  'batch_size': 32,
  'num_updates': 60,
  'check_period': 20,
}


@pytest.fixture(autouse=True)
def few_updates():
  gin.clear_config()
  for name, value in SETTINGS.items():
    gin.bind_parameter(f'Clone.{name}', value)


@pytest.fixture(scope='module')
def path(tmp_path_factory):
  """Steps of who mostly goes right."""
  place = tmp_path_factory.mktemp('data') / 'right.npz'
  return data_teacher_test.record(
    place, toys.Corridor(), lambda rng: int(rng.random() < 0.9)
  )


def make(path, folder, name='qdagger_dqn', game=None, **settings):
  return teacher_choice.create_teacher(
    TeacherSettings(agent='clone', replay_dir=str(path), **settings),
    game or toys.corridor(),
    needed=True,
    student=AGENTS[name],
    folder=str(folder),
  )


def target_game():
  return games.Game(
    'Target',
    toys.target,
    lambda: vector.LoopVectorEnvironment([toys.target() for _ in range(2)]),
  )


def test_a_clone_acts_as_the_data_do(path, tmp_path, monkeypatch, capsys):
  teacher = make(path, tmp_path)
  states = np.eye(toys.LENGTH, dtype=np.float32)[1:4, :, None]
  policy = np.exp(teacher.policy_logits(states))
  policy /= policy.sum(axis=1, keepdims=True)
  np.testing.assert_allclose(policy[:, toys.RIGHT], 0.9, atol=0.09)
  assert teacher.acts == 'sample'
  told = teacher.lineage['described_as']
  assert str(path) in told['cloned_from'] and told['held_out_loss'] < 0.5
  assert f'{tmp_path} has a clone of the replay' in capsys.readouterr().out
  # It is there: nothing is trained any more.
  monkeypatch.setattr(cloning, 'train', None)
  assert make(path, tmp_path).fingerprint == teacher.fingerprint
  later = teacher_choice.create_teacher(
    TeacherSettings(checkpoint_dir=str(tmp_path)), toys.corridor(), needed=True
  )
  assert later.fingerprint == teacher.fingerprint


def test_a_clone_made_again_is_the_same(path, tmp_path):
  one, other = (make(path, tmp_path / name) for name in 'ab')
  assert one.fingerprint == other.fingerprint


def test_other_data_or_settings_are_refused(path, tmp_path):
  make(path, tmp_path / 'clone')
  for name in ('rewards', 'observations'):
    with np.load(path) as file:
      np.savez(tmp_path / 'x.npz', **{**file} | {name: -file[name]})
    with pytest.raises(UserError, match='has a clone of other data: restore'):
      make(tmp_path / 'x.npz', tmp_path / 'clone')
  gin.bind_parameter('Clone.num_updates', 5)
  with pytest.raises(UserError, match='clone of num_updates = 60, not 5:'):
    make(path, tmp_path / 'clone')


def test_data_of_another_type_are_refused(path, tmp_path):
  with np.load(path) as file:
    pixels = np.uint8(255 * file['observations'])
    np.savez(tmp_path / 'x.npz', **{**file} | {'observations': pixels})
  with pytest.raises(UserError, match='of uint8, and the game .* of float32'):
    make(tmp_path / 'x.npz', tmp_path / 'clone', 'kickstarting_dqn')


@pytest.mark.parametrize(
  ('name', 'distribution'),
  [('qdagger_sac', TANH_GAUSSIAN), ('kickstarting_td3', DETERMINISTIC)],
)
def test_vectors_are_cloned(name, distribution, tmp_path):
  """The data's action is what one sees."""
  gin.bind_parameter('Clone.num_updates', 300)
  environment = toys.Target()
  path = data_teacher_test.record(
    tmp_path / 'x.npz',
    environment,
    lambda rng: np.float32(environment._at),
    episodes=300,
  )
  teacher = make(path, tmp_path / 'clone', name, target_game())
  assert teacher.distribution == distribution
  assert teacher.acts == 'greedy'
  seen = np.float32([[-1.0, 0.2], [1.0, 0.8]])
  said = np.asarray(teacher.policy_parameters(seen[..., None]))[:, :2]
  mean = np.tanh(said) if distribution == TANH_GAUSSIAN else said
  np.testing.assert_allclose(teacher.actions.to_game(mean), seen, atol=0.2)


def test_a_run_is_teacher_choice_a_clone(path, tmp_path):
  teacher = make(path, tmp_path / 'clone')
  runner = experiments.make_runner(
    tmp_path,
    teacher=teacher,
    find_teacher_replay=functools.partial(external_replay.choose, path),
    agent={'kind': AGENTS['qdagger_dqn']},
    teacher_steps=1000,
    num_pretraining_iterations=1,
    online=(1, 60),
  )
  runner.run_experiment()
  assert runner.record.teacher.mean > 0.45  # Measured by play.
  lineage = json.loads((tmp_path / 'lineage.json').read_text())
  told = lineage['teacher']['described_as']['cloned_from']
  assert told == external_replay.choose(path).describe()


def test_who_needs_more_than_a_policy_is_told(path, tmp_path):
  for name in ('reloaded_dqn', 'warm_start_rainbow'):
    student = name.split('_')[-1]
    with pytest.raises(
      UserError, match=f'a clone has a policy alone.*pretrained_{student} on'
    ):
      make(path, tmp_path, name)
  assert not list(tmp_path.iterdir())


def test_a_clone_is_of_data(path, tmp_path):
  for settings in ({'replay_dir': None}, {'checkpoint_dir': str(tmp_path)}):
    asked = TeacherSettings(agent='clone', replay_dir=str(path))
    with pytest.raises(UserError, match='name them with --teacher_replay_dir'):
      teacher_choice.create_teacher(
        asked._replace(**settings),
        toys.corridor(),
        needed=True,
        student=AGENTS['qdagger_dqn'],
        folder=str(tmp_path),
      )


def split(tmp_path, share=0.2, newest=None, **arrays):
  np.savez(tmp_path / 'x.npz', **written.steps(**arrays))
  replay = external_replay.choose(tmp_path / 'x.npz')
  store = replay_store.read(
    replay,
    observation_shape=(3,),
    stack_size=2,
    actions=Discrete(3),
    policy_size=0,
    newest=newest,
  )
  return cloning._split(store, share, np.random.default_rng(0))


def test_whole_episodes_are_held_out(tmp_path):
  found = split(tmp_path)
  episodes = [range(5), range(5, 10), range(10, 12)]
  assert [*found.held_out] in [[*episode] for episode in episodes]
  everything = sorted([*found.trained, *found.held_out])
  assert everything == [*range(12)]


def test_of_one_episode_the_end_is_held_out(tmp_path):
  found = split(tmp_path, ends=(), cuts=())
  assert [*found.held_out] == [10, 11]
  assert [*found.trained] == [*range(10)]


def test_states_that_cannot_be_made_are_left_out(tmp_path):
  found = split(tmp_path, newest=6, share=0.5)
  # The first of six steps is the second of its episode: a stack lacks one.
  assert 0 not in {*found.trained, *found.held_out}


def test_a_step_is_too_few(tmp_path):
  with pytest.raises(UserError, match='1 steps, too few to clone'):
    split(tmp_path, count=1, ends=(), cuts=())


def test_the_best_is_kept_and_patience_ends():
  losses = iter([3.0, 1.0, 2.0, 2.0])
  best = cloning._Best(
    np.arange(3), lambda slots, params: np.full(3, next(losses)), patience=2
  )
  for at in range(4):
    assert not best.is_stale
    best.look(at, {'x': np.full(1, at)})
  assert best.is_stale and (best.at, best.loss) == (1, 1.0)
  assert best.params['x'] == 1


def test_defaults_are_settings():
  gin.clear_config()
  from reincarnating_rl.settings import gin_names

  assert gin_names.make_clone_settings() == CloneSettings()
