"""The teacher is measured and plays: how it acts, and what is stored."""

import functools

import numpy as np
import pytest

from reincarnating_rl.envs import games, lanes, policies, single, vector
from reincarnating_rl.evaluation import atari_scores
from reincarnating_rl.evaluation.normalization import TeacherTooWeakError
from reincarnating_rl.runner import assembly, plan
from reincarnating_rl.support.errors import DivergedError, UserError, first_line
from tests import toys
from tests.runner import experiments


def test_collected_actions_are_the_teachers(tmp_path):
  # The official code stored the student's random actions as teacher data, and
  # let frame stacks and labels leak across episodes.
  runner = experiments.make_runner(tmp_path, teacher_epsilon=0.0)
  runner._run_one_iteration(0)
  runner._run_one_iteration(1)
  store = experiments.teacher_data(runner).store
  used = slice(0, store.next_step)
  np.testing.assert_array_equal(store.columns['action'][used], toys.LEFT)
  # One step left of the start is the end: every step begins an episode.
  np.testing.assert_array_equal(store.columns['terminal'][used], True)
  np.testing.assert_array_equal(
    store.columns['observation'][used], np.eye(toys.LENGTH)[[1] * used.stop]
  )
  assert runner._agent.batches.replay.next_step == 0
  assert store.next_step >= 60


def test_the_teachers_logits_are_computed_once_a_stored_state(tmp_path):
  runner = experiments.make_runner(tmp_path)
  runner._run_one_iteration(0)
  runner._run_one_iteration(1)
  asked = runner._teacher.num_states
  runner._run_one_iteration(2)
  assert runner._teacher.num_states == asked


def test_lives_are_stored_as_episodes(tmp_path):
  data = experiments.teacher_data(experiments.make_runner(tmp_path))
  episode = lanes.Episode(
    index=0,
    terminal=False,
    actions=np.arange(5, dtype=np.int32) % 2,
    rewards=np.arange(5, dtype=np.float32),
    observations=np.eye(toys.LENGTH, dtype=np.float32)[[0, 1, 2, 3, 4]],
    extras=np.zeros((5, 2), np.float32),
    life_ends=np.array([False, True, False, False, False]),
  )
  data.add(episode)
  columns = {name: x[:5] for name, x in data.store.columns.items()}
  assert columns['terminal'].tolist() == [False, True, False, False, False]
  assert columns['episode_step'].tolist() == [0, 1, 0, 1, 2]
  np.testing.assert_array_equal(columns['reward'], episode.rewards)


def test_a_life_that_ends_where_the_player_cuts_is_whole():
  episode = lanes.Episode(
    index=0,
    terminal=False,
    actions=np.zeros(4, np.int32),
    rewards=np.zeros(4, np.float32),
    observations=None,
    extras=None,
    cut=True,
    life_ends=np.array([False, True, False, True]),
  )
  lives = [(life.length, life.terminal) for life in episode.lives()]
  assert lives == [(2, True), (2, True)]


def test_masks_that_are_not_used_are_told_of(tmp_path, caplog):
  runner = experiments.make_runner(tmp_path)
  runner._teacher.lineage = {'described_as': {'masks': 'not used'}}
  runner._run_one_iteration(0)
  assert 'masks of the actions of the teacher are not used' in caplog.text


def test_a_teacher_that_is_no_better_than_random_is_an_error(tmp_path):
  runner = experiments.make_runner(tmp_path, random_score=0.45)
  with pytest.raises(TeacherTooWeakError, match='0.45'):
    runner.run_experiment()


def test_the_random_policy_is_measured_where_no_table_has_it(tmp_path):
  runner = experiments.make_runner(
    tmp_path, random_score=None, evaluation_episodes=200
  )
  runner._run_one_iteration(0)
  assert runner.record.random == pytest.approx(0.325, abs=0.07)


def test_collection_iterations_share_one_budget(tmp_path, monkeypatch):
  monkeypatch.setattr(
    plan,
    'make_plan',
    functools.partial(plan.make_plan, max_collect_steps=30),
  )
  runner = experiments.make_runner(tmp_path, teacher_steps=90)
  for number in range(4):
    runner._run_one_iteration(number)
  # At most what four lanes have too much at the end, not in each iteration.
  assert 90 <= runner.record.teacher_steps <= 90 + 4 * 40
  assert (
    experiments.teacher_data(runner).store.next_step
    == runner.record.teacher_steps
  )


class ThreeWays(toys.Corridor):
  """A corridor with two ways to the right."""

  action_space = toys.gym.spaces.Discrete(3)

  def step(self, action):
    return super().step(min(action, toys.RIGHT))


def three_ways():
  def create():
    return single.Environment(ThreeWays())

  return games.Game(
    'ThreeWays',
    create,
    lambda: vector.LoopVectorEnvironment([create() for _ in range(4)]),
  )


class Undecided:
  """Its policy is (.34, .33, .33): by far not what its best action is."""

  num_actions = 3
  fingerprint = 'undecided'
  lineage: dict = {'agent': 'ppo'}

  def __init__(self, acts):
    self.acts = acts

  def policy_logits(self, states):
    logits = np.log(np.float32([0.34, 0.33, 0.33]))
    return np.tile(logits, (len(states), 1))


def undecided(base_dir, acts):
  return experiments.make_runner(
    base_dir,
    teacher=Undecided(acts),
    game=three_ways(),
    teacher_epsilon=0.0,
    teacher_steps=600,
    random_score=-4.0,
    evaluation_episodes=100,
  )


def note_actions(environment):
  """Notes the actions of all lanes."""
  actions = []
  step = environment.step

  def noted(lanes, given):
    actions.extend(given)
    return step(lanes, given)

  environment.step = noted
  return actions


@pytest.mark.parametrize('acts', ['sample', 'greedy'])
def test_a_teacher_is_measured_and_collected_as_it_acts(tmp_path, acts):
  runner = undecided(tmp_path, acts)
  measured = note_actions(runner._parts.evaluator.environment)
  runner._run_one_iteration(0)
  collected = note_actions(runner._parts.evaluator.environment)
  before = len(measured)
  runner._run_one_iteration(1)
  store = experiments.teacher_data(runner).store
  stored = store.columns['action'][: store.next_step]
  assert len(collected) == len(stored) >= 600
  np.testing.assert_array_equal(np.sort(stored), np.sort(collected))
  for actions in (measured[:before], collected):
    shares = np.bincount(np.int32(actions), minlength=3) / len(actions)
    if acts == 'greedy':
      np.testing.assert_array_equal(shares, [1.0, 0.0, 0.0])
    else:
      # At least 100 draws: four standard errors are 0.19.
      np.testing.assert_allclose(shares, [0.34, 0.33, 0.33], atol=0.19)


def test_a_teacher_that_acts_otherwise_does_not_resume_a_run(tmp_path):
  undecided(tmp_path, 'sample')._checkpoint_experiment(0)
  undecided(tmp_path, 'sample')
  with pytest.raises(
    UserError, match='how the teacher acts = sample, and now it is greedy'
  ):
    undecided(tmp_path, 'greedy')


@pytest.mark.parametrize(('number', 'start'), [(0, 0), (1, 1)])
def test_a_teacher_whose_logits_are_no_numbers_ends_the_run(
  tmp_path, number, start
):
  runner = experiments.make_runner(tmp_path)
  logits = runner._teacher.policy_logits

  def no_numbers(states):
    if runner._progress.position.number < number:
      return logits(states)
    return np.full((len(states), 2), np.nan, np.float32)

  runner._teacher.policy_logits = no_numbers
  with pytest.raises(
    DivergedError, match="The teacher's policy is not"
  ) as caught:
    runner.run_experiment()
  assert first_line(caught.value) == str(caught.value)
  resumed = experiments.make_runner(tmp_path)
  assert resumed._start_iteration == start
  resumed.run_experiment()
  assert len(resumed.record.rows) == 4


@pytest.mark.parametrize('kinds', [toys.KINDS, toys.REHEARSAL])
def test_frames_in_a_file_change_nothing(tmp_path, kinds):
  outcomes = []
  for in_file in (False, True):
    runner = experiments.make_runner(
      tmp_path / str(in_file),
      agent={'kind': kinds['dqn']},
      teacher_data_in_file=in_file,
    )
    runner.run_experiment()
    outcomes.append(experiments.outcome(runner))
  assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize('given', [None, -1.0])
def test_a_published_score_is_of_episodes_that_nobody_cuts(
  tmp_path, monkeypatch, caplog, given
):
  monkeypatch.setitem(atari_scores._SCORES, 'Corridor', 0.0)
  runner = experiments.make_runner(tmp_path, random_score=given)
  runner._max_steps_per_episode = 2
  evaluator = assembly.make_evaluator(runner, runner._game)
  goes_right = policies.teacher_policy(toys.ScriptedTeacher(toys.RIGHT), 0.0)
  evaluator.evaluate(goes_right, runner._parts.plan[0], who='teacher')
  said = 'published random score is of episodes without that limit'
  assert (said in caplog.text) == (given is None)
