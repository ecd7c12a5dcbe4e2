import numpy as np
import pytest

from reincarnating_rl.envs import policies, seeding
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.runner import evaluator
from reincarnating_rl.runner.plan import Iteration, Phase
from reincarnating_rl.support.interrupts import Interrupted, InterruptFlag
from tests import toys

ITERATION = Iteration(3, Phase.ONLINE, 0, 60)


def make(
  *,
  max_steps=40,
  stack_size=1,
  interrupt=None,
  seed=0,
  steps=1,
  episodes=None,
  if_all_time_out=None,
):
  return evaluator.Evaluator(
    toys.corridor().create_vector_environment(),
    seed=seed,
    stack_size=stack_size,
    max_steps_per_episode=max_steps,
    interrupt=interrupt or InterruptFlag(),
    steps=steps,
    episodes=episodes,
    if_all_time_out=if_all_time_out,
  )


def test_what_is_said_where_no_episode_ends(caplog, monkeypatch):
  cut = make(max_steps=2, episodes=2, if_all_time_out='press FIRE')
  cut.evaluate(always(toys.RIGHT), ITERATION, who='teacher')
  assert 'press FIRE' not in caplog.text  # For it was not the game.
  monkeypatch.setattr(toys.Corridor, 'limit', 2)
  playing = make(episodes=2, if_all_time_out='press FIRE')
  for action in (toys.LEFT, toys.RIGHT, toys.RIGHT):
    playing.evaluate(always(action), ITERATION, who='teacher')
  assert caplog.messages.count('press FIRE') == 1


def test_a_limit_that_cuts_episodes_is_told_of_once(caplog):
  playing = make(max_steps=2, episodes=2)
  for _ in range(2):
    playing.evaluate(always(toys.RIGHT), ITERATION, who='teacher')
  (line,) = caplog.messages
  assert '2 of 2 episodes were cut at 2 steps' in line
  assert 'Runner.max_steps_per_episode' in line


def always(action):
  logits = toys.ScriptedTeacher(action).policy_logits
  return policies.epsilon_greedy_policy(logits, 0.0)


def noted_seeds(playing):
  """Notes the seeds of all episodes that begin."""
  seeds = []
  reset = playing.environment.reset

  def noted(lanes, given):
    seeds.extend(given)
    return reset(lanes, given)

  playing.environment.reset = noted
  return seeds


@pytest.mark.parametrize(
  ('action', 'mean'), [(toys.LEFT, 0.4), (toys.RIGHT, 0.7)]
)
def test_scores_of_scripted_policies(action, mean):
  # Left: 0.5 - 0.1. Right: 1 - 3 * 0.1.
  score = make(episodes=5).evaluate(always(action), ITERATION, who='teacher')
  assert score.num_episodes == 5
  np.testing.assert_allclose([score.mean, score.min, score.max], mean)
  assert score.stderr == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(('steps', 'episodes'), [(1, 4), (12, 4), (13, 8)])
def test_no_episode_begins_after_so_many_steps(steps, episodes):
  # Four lanes, episodes of three steps: they end after 12 steps, and 24.
  score = make(steps=steps).evaluate(
    always(toys.RIGHT), ITERATION, who='student'
  )
  assert score.num_episodes == episodes


def test_a_long_episode_is_cut_and_no_terminal():
  def to_and_fro(states, keys):
    return states[:, 1, -1].astype(np.int32), None  # Right where it began.

  (*_, last) = make(max_steps=6).collect(to_and_fro, ITERATION, steps=1)
  assert not last.terminal
  np.testing.assert_allclose(last.rewards, np.full(6, -0.1), rtol=1e-6)


def test_collected_episodes_carry_what_was_seen():
  played = list(
    make(stack_size=2).collect(always(toys.RIGHT), ITERATION, steps=13)
  )
  assert [episode.index for episode in played] == list(range(8))
  for episode in played:
    assert episode.terminal
    np.testing.assert_array_equal(episode.observations, np.eye(5)[[1, 2, 3]])
    np.testing.assert_array_equal(episode.extras, [[0.0, 10.0]] * 3)
    np.testing.assert_allclose(episode.rewards, [-0.1, -0.1, 0.9], rtol=1e-6)


def test_training_and_evaluation_never_share_a_stream():
  numbers = range(100)
  training = {seeding.training_stream(n) for n in numbers}
  evaluation = {seeding.evaluation_stream(n) for n in numbers}
  assert len(training) == len(evaluation) == 100
  assert not training & evaluation


def test_episodes_are_seeded_by_run_iteration_and_number():
  playing = make(seed=5, episodes=6)
  seeds = noted_seeds(playing)
  playing.evaluate(always(toys.LEFT), ITERATION, who='student')
  stream = seeding.evaluation_stream(ITERATION.number)
  assert seeds == [seeding.episode_seed(5, stream, i) for i in range(6)]


def test_an_evaluation_can_be_repeated():
  def play(seed=0, number=3):
    iteration = ITERATION._replace(number=number)
    return make(seed=seed, episodes=20).evaluate(
      policies.uniform_policy(Discrete(2)), iteration, who=''
    )

  assert play() == play()
  assert play() != play(seed=1)
  assert play() != play(number=4)


@pytest.mark.parametrize('method', ['evaluate', 'collect'])
def test_ctrl_c_stops_play_at_the_next_step(method):
  interrupt = InterruptFlag()
  playing = make(interrupt=interrupt, steps=10**6)
  calls = []
  right = always(toys.RIGHT)

  def policy(states, keys):
    calls.append(len(states))
    interrupt.requested = len(calls) == 2
    return right(states, keys)

  with pytest.raises(Interrupted):
    if method == 'evaluate':
      playing.evaluate(policy, ITERATION, who='student')
    else:
      list(playing.collect(policy, ITERATION, steps=10**6))
  assert calls == [4, 4]
