"""Runs whose teacher is data, of which nobody can be asked."""

import functools
import json
import os
import shutil
import warnings

import minari
import numpy as np
import pytest

from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.fleet import building
from reincarnating_rl.importers import external_replay
from reincarnating_rl.importers.data import npz
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.kinds import DISCRETE
from reincarnating_rl.methods.table import METHODS
from reincarnating_rl.runner import (
  data_phases,
  identity,
  pairing,
  teacher_choice,
)
from reincarnating_rl.runner.plan import Phase
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.data_teacher import DataTeacher
from reincarnating_rl.teachers.sources import TeacherSettings
from tests import toys
from tests.importers import dopamine41_played, legacy_dumps
from tests.runner import control_test, experiments


def play(environment, act, episodes=20):
  """Plays episodes; returns the rows of all their steps."""
  rng = np.random.default_rng(0)
  rows = []
  for seed in range(episodes):
    observation, _ = environment.reset(seed=seed)
    is_over = False
    while not is_over:
      action = act(rng)
      following, *told, _ = environment.step(action)
      rows.append((observation, action, *told))
      observation, is_over = following, told[1] or told[2]
  return rows


def record(path, environment, act, episodes=20):
  """Plays episodes, and writes them as plain arrays."""
  rows = play(environment, act, episodes)
  columns = map(np.array, zip(*rows, strict=True))
  np.savez(path, **dict(zip(npz.COLUMNS, columns, strict=True)))
  return path


def right_most_of_the_time(rng):
  return int(rng.random() < 0.9)


@pytest.fixture(scope='module')
def path(tmp_path_factory):
  """Steps of who mostly goes right; the random policy gets 0.325."""
  place = tmp_path_factory.mktemp('data') / 'right.npz'
  return record(place, toys.Corridor(), right_most_of_the_time)


@pytest.fixture(scope='module')
def dataset(tmp_path_factory):
  """The same steps, which Minari itself has recorded."""
  folder = tmp_path_factory.mktemp('minari')
  with pytest.MonkeyPatch.context() as patch:
    patch.setenv('MINARI_DATASETS_PATH', str(folder))
    # It warns that a Corridor is not in Gymnasium's registry.
    with warnings.catch_warnings():
      warnings.simplefilter('ignore')
      environment = minari.DataCollector(toys.Corridor())
      play(environment, right_most_of_the_time)
      environment.create_dataset('corridor/right-v0')
  return folder / 'corridor' / 'right-v0'


def make_runner(base_dir, path, name, **settings):
  return experiments.make_runner(
    base_dir,
    teacher=DataTeacher(
      external_replay.choose(path), Discrete(2), (toys.LENGTH,), 1
    ),
    find_teacher_replay=functools.partial(external_replay.choose, path),
    agent={'kind': AGENTS[name], **settings.pop('agent', {})},
    **{'teacher_steps': 1000, 'num_pretraining_iterations': None} | settings,
  )


@pytest.mark.parametrize(
  ('name', 'kind'), [('pretrained_dqn', 'path'), ('dqfd_dqn', 'dataset')]
)
def test_data_alone_teach_offline(name, kind, path, tmp_path, capsys, request):
  data = request.getfixturevalue(kind)
  runner = make_runner(tmp_path, data, name, num_pretraining_iterations=2)
  assert [row.phase for row in runner.plan] == [
    *(Phase.TEACHER_EVALUATION, Phase.LOAD),
    *(Phase.PRETRAIN, Phase.PRETRAIN),
    *(Phase.ONLINE, Phase.ONLINE),
  ]
  runner.run_experiment()
  with np.load(path) as file:
    ends = np.flatnonzero(file['terminations'] | file['truncations'])
    returns = np.add.reduceat(file['rewards'], [0, *(ends[:-1] + 1)])
  record = runner.record
  assert record.teacher.mean == pytest.approx(returns.mean())
  assert record.teacher.num_episodes == len(returns) == 20
  assert 'The 20 whole episodes of the data score' in capsys.readouterr().out
  assert record.rows[-1]['normalized'] == record.normalized(
    record.rows[-1]['score']['mean']
  )
  teacher = json.loads((tmp_path / 'lineage.json').read_text())['teacher']
  assert teacher['agent'] == 'data' and str(data) in teacher['data']
  assert teacher['score'] == 'the mean return of 20 whole episodes of the data'
  assert runner._agent.weaner.fraction == 0.0


def test_the_margin_is_of_the_action_that_was_taken(path, tmp_path):
  runner = make_runner(tmp_path, path, 'dqfd_dqn', num_pretraining_iterations=1)
  for number in range(2):
    runner._run_one_iteration(number)
  store = experiments.teacher_data(runner).store
  used = slice(store.next_step)
  np.testing.assert_array_equal(
    store.columns['teacher_policy'][used].argmax(axis=1),
    store.columns['action'][used],
  )
  assert runner._agent.trainer.needs_teacher_policy
  runner._run_one_iteration(2)
  assert not runner._agent.trainer.needs_teacher_policy  # No more online.


def test_data_are_rehearsed(path, tmp_path):
  agent = {
    'method_settings': METHODS['rehearsal'].settings(teacher_data_ratio=0.5)
  }
  runner = make_runner(
    *(tmp_path, path, 'rehearsal_dqn'), agent=agent, clip_rewards=True
  )
  assert [row.phase for row in runner.plan[:3]] == [
    *(Phase.TEACHER_EVALUATION, Phase.LOAD, Phase.ONLINE)
  ]
  runner.run_experiment()
  assert runner._agent.trainer.online_updates > 0
  assert experiments.teacher_data(runner).store is not None
  assert runner.record.teacher is None  # Its rewards may be clipped.


def test_a_resumed_run_is_the_uninterrupted_one(path, tmp_path):
  def make(name):
    return make_runner(
      *(tmp_path / name, path, 'dqfd_dqn'), num_pretraining_iterations=1
    )

  whole = make('whole')
  whole.run_experiment()
  begun = make('begun')
  for number in range(3):
    begun._run_one_iteration(number)
    begun._checkpoint_experiment(number)
  resumed = make('begun')
  assert resumed._start_iteration == 3
  resumed.run_experiment()
  assert experiments.outcome(resumed) == experiments.outcome(whole)


def test_vectors_are_rehearsed(tmp_path):
  space = toys.Target.action_space
  scale = space.low, space.high
  path = record(
    tmp_path / 'x.npz',
    toys.Target(),
    lambda rng: np.float32(rng.uniform(*scale)),
  )
  replay = external_replay.choose(path)
  runner = control_test.make_runner(
    tmp_path / 'run',
    'rehearsal_sac',
    teacher=DataTeacher(replay, toys.target().actions, (2,), 1),
    find_teacher_replay=lambda: replay,
    num_pretraining_iterations=None,
  )
  runner.run_experiment()
  store = experiments.teacher_data(runner).store
  assert store.settings.policy_size == 0
  with np.load(path) as file:
    np.testing.assert_allclose(
      store.settings.actions.to_game(store.columns['action'][: len(store)]),
      file['actions'][-store.next_step :][: len(store)],
      atol=1e-5,
    )


@pytest.mark.parametrize('choice', ['collected', 'topped_up'])
def test_nobody_can_play(choice, path, tmp_path):
  with pytest.raises(UserError, match='data alone, of nobody who could play'):
    make_runner(tmp_path, path, 'rehearsal_dqn', teacher_data=choice)


@pytest.mark.parametrize(
  ('act', 'change', 'message'),
  [
    (lambda rng: 0, {'terminations': np.zeros(20)}, 'tell of no whole episode'),
    (lambda rng: int(rng.random() < 0.5), {}, 'no more than the random policy'),
  ],
)
def test_scores_that_cannot_be_normalised(
  act, change, message, tmp_path, capsys
):
  """The run goes on, and says so."""
  path = record(tmp_path / 'x.npz', toys.Corridor(), act)
  with np.load(path) as file:
    np.savez(path, **{**file} | change)
  runner = make_runner(
    tmp_path / 'run', path, 'rehearsal_dqn', random_score=0.5, online=(1, 60)
  )
  runner.run_experiment()
  assert message in capsys.readouterr().out
  assert runner.record.teacher is None
  assert runner.record.rows[-1]['normalized'] is None


@pytest.mark.parametrize(
  ('scale', 'clip_rewards', 'is_scored'),
  [(1.0, True, False), (1.0, False, True), (1.5, True, True)],
)
def test_rewards_that_may_be_clipped(
  scale, clip_rewards, is_scored, path, tmp_path, capsys
):
  with np.load(path) as file:
    rewards = scale * file['rewards']
    np.savez(tmp_path / 'x.npz', **{**file} | {'rewards': rewards})
  found = external_replay.choose(tmp_path)
  teacher = DataTeacher(found, Discrete(2), (toys.LENGTH,), 1)
  score = data_phases._score(teacher, 0.0, clip_rewards=clip_rewards)
  assert (score is not None) == is_scored
  assert ('may be clipped' in capsys.readouterr().out) != is_scored


@pytest.mark.parametrize('is_listed', [True, False])
def test_episodes_that_are_joined_are_no_score(is_listed, tmp_path, capsys):
  attributes = legacy_dumps.arrays('00xxE00xxE00xxT00xxE00xxT00x')
  if not is_listed:
    del attributes['episode_end_indices']
  legacy_dumps.write(tmp_path, attributes)
  found = external_replay.choose(tmp_path)
  teacher = DataTeacher(found, Discrete(4), (2,), 3)
  score = data_phases._score(teacher, 0.0, clip_rewards=False)
  assert (score is not None) == is_listed
  assert ('are joined' in capsys.readouterr().out) != is_listed


def test_who_needs_a_policy_is_told_what_to_do():
  for name, student in AGENTS.items():
    method = student.method.name
    if method in ('', 'pretrained', 'rehearsal', 'dqfd'):
      pairing.check_policy(student, 'replay of X')
      continue
    kind = student.kind
    fit = f'pretrained_{kind.name} or rehearsal_{kind.name}'
    if kind.actions == DISCRETE:
      fit = f'dqfd_{kind.name} or {fit}'
    can_clone = not method.startswith(('reloaded', 'warm_start'))
    clone = 'clone the data with --teacher_agent clone, ' * can_clone
    with pytest.raises(UserError) as error:
      pairing.check_policy(student, 'replay of X')
    assert str(error.value) == (
      f"--agent {name} needs its teacher's policy, and the replay of X, has "
      f'none: name one with --teacher_checkpoint_dir, {clone}or choose --agent '
      f'{fit}.'
    )


def test_a_replay_alone_is_a_teacher(path):
  settings = TeacherSettings(replay_dir=str(path))

  def make(name, settings=settings):
    student = AGENTS[name]
    return teacher_choice.create_teacher(
      settings, toys.corridor(), needed=True, student=student
    )

  teacher = make('rehearsal_dqn')
  assert isinstance(teacher, DataTeacher) and teacher.actions == Discrete(2)
  with pytest.raises(UserError, match='--agent jsrl_dqn needs its teacher'):
    make('jsrl_dqn')
  random = make('jsrl_dqn', settings._replace(agent='random'))
  assert not isinstance(random, DataTeacher)


def test_the_margin_of_data_is_not_weaned(path, tmp_path):
  settings = METHODS['dqfd'].settings(weaner='linear')
  with pytest.raises(
    UserError, match="DQfD.weaner is 'linear', and data alone"
  ):
    make_runner(
      *(tmp_path, path, 'dqfd_dqn'), agent={'method_settings': settings}
    )


@pytest.mark.parametrize('name', ['rewards', 'observations', 'partial'])
def test_other_data_are_another_teacher(name, path, tmp_path):
  def told(path):
    found = external_replay.choose(path)
    teacher = DataTeacher(found, Discrete(2), (toys.LENGTH,), 1)
    found = identity._teacher_identity(teacher)
    assert json.loads(json.dumps(teacher.lineage))['details']
    return found

  one = told(path)
  identity.check(one, told(path), '')
  with np.load(path) as file:
    arrays = {**file}
  arrays[name] = (
    7.0 - 100.0 * arrays[name]
    if name in arrays
    else (np.arange(len(arrays['rewards'])) == 0)
  )
  np.savez(tmp_path / 'x.npz', **arrays)
  with pytest.raises(UserError, match='holds a run with .* choose another'):
    identity.check(one, told(tmp_path), '')
  # A run of an earlier version did not tell more than the columns.
  earlier = {k: x for k, x in one.items() if k != 'details of the data'}
  assert len(earlier) == len(one) - 1
  identity.check(earlier, told(path), '')


def test_data_of_another_game_are_no_teacher(path, fixtures):
  found = external_replay.choose(path)
  vectors = toys.target().actions
  for game in ((Discrete(2), (9,), 1), (vectors, (toys.LENGTH,), 1)):
    with pytest.raises(UserError, match='give data of this game'):
      DataTeacher(found, *game)
  found = external_replay.choose(f'{fixtures}/dopamine_4_1_replay')
  with pytest.raises(UserError, match='choose a replay of the same game'):
    DataTeacher(found, Discrete(3), (4, 1), 1)


def test_a_replay_of_dopamine_41_is_itself_wherever_it_is(fixtures, tmp_path):
  def teacher(folder):
    return DataTeacher(external_replay.choose(folder), Discrete(3), (3, 1), 1)

  source = os.path.join(fixtures, 'dopamine_4_1_replay')
  copy = shutil.copytree(source, tmp_path / 'copy')
  assert teacher(source).fingerprint == teacher(copy).fingerprint
  played = dopamine41_played.Played([(7, True)])
  played.save(tmp_path)
  assert teacher(source).fingerprint != teacher(tmp_path).fingerprint


def test_a_fleet_needs_who_plays(path):
  teacher = DataTeacher(
    external_replay.choose(path), Discrete(2), (toys.LENGTH,), 1
  )
  with pytest.raises(UserError, match='there are data alone: start a process'):
    building.check_teacher(teacher, np.zeros((5, 1)))
