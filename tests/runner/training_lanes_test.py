"""A student who trains in several environments at a time."""

import functools

import numpy as np
import pytest

from reincarnating_rl.agents import side_by_side
from reincarnating_rl.envs import seeding, single
from reincarnating_rl.envs.seeding import training_stream
from reincarnating_rl.importers import run_files
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.runner import factories
from reincarnating_rl.settings import gin_parsing
from reincarnating_rl.support.errors import GameError, UserError
from tests import toys
from tests.runner import experiments, kills

LANES = 3


@pytest.fixture(
  params=[
    pytest.param(kind, marks=[pytest.mark.soak] if kind == 'rainbow' else [])
    for kind in (*toys.KINDS, 'jsrl')
  ]
)
def make_runner(request):
  kind = (toys.KINDS | {'jsrl': toys.JSRL['dqn']})[request.param]
  given = (
    {'num_pretraining_iterations': None} if request.param == 'jsrl' else {}
  )
  return functools.partial(
    experiments.make_runner,
    agent={'kind': kind},
    num_environments=LANES,
    **given,
  )


def test_a_kill_changes_nothing(make_runner, tmp_path):
  expected = kills.whole(make_runner, tmp_path / 'whole')
  numbers = [row.number for row in make_runner(tmp_path / 'plan').plan]
  deaths = [
    functools.partial(kills.die_in, number=number, at=at)
    for number in numbers[-2:]
    for at in (15, 70)
  ]
  runner = kills.lives(make_runner, tmp_path / 'killed', deaths)
  assert experiments.outcome(runner) == expected


def played_again(actions, seed):
  """Yields what one sees, gets and is told of ends, in an episode."""
  environment = toys.corridor().create_environment()
  seen = environment.reset(seed)
  for action in actions:
    following, reward, terminal, _ = environment.step(int(action))
    yield seen, reward, terminal, environment.game_over
    seen = following


def test_the_replay_holds_the_episodes_of_each_lane(tmp_path):
  runner = experiments.make_runner(
    tmp_path, online=(2, 200), num_environments=LANES
  )
  runner.run_experiment()
  store = runner._agent.batches.replay
  assert store.settings.num_lanes == LANES
  steps = store.next_step
  assert steps == runner._agent.training_steps
  assert 400 <= steps < 400 + 2 * LANES
  columns = store.read(0, steps)
  starts = np.flatnonzero(columns['episode_step'] == 0)
  # The corridor is the same whatever the seed.
  for start in starts:
    lane = slice(start, None, LANES)
    ages = columns['episode_step'][lane]
    length = int(np.append(np.flatnonzero(ages[1:] == 0) + 1, len(ages))[0])
    actions = columns['action'][lane][:length]
    told = zip(*played_again(actions, seed=0), strict=True)
    observations, rewards, terminals, _ = map(np.array, told)
    for name, expected in (
      ('observation', observations),
      ('reward', rewards.astype(np.float32)),
      ('terminal', terminals),
    ):
      np.testing.assert_array_equal(columns[name][lane][:length], expected)
  assert {int(start) % LANES for start in starts} == set(range(LANES))


def test_seeds_and_updates_are_counted_over_all_lanes(tmp_path):
  runner = experiments.make_runner(
    tmp_path, online=(1, 90), num_environments=LANES, teacher=None
  )
  lanes, seeds = runner._parts.lanes, []
  reset = lanes._environment.reset
  lanes._environment.reset = lambda which, told: (
    seeds.extend(told),
    reset(which, told),
  )[1]
  runner.run_experiment()
  (number,) = [row.number for row in runner.plan]
  assert seeds == [
    seeding.episode_seed(0, training_stream(number), i)
    for i in range(len(seeds))
  ]
  agent = runner._agent
  assert agent.training_steps == 90
  # One at each second step once more than 50 elements are there.
  filled = 51 + LANES * agent._replay.settings.n_step
  least, most = (90 - filled - LANES) // 2, (90 - 50) // 2
  assert least - LANES <= agent.trainer.online_updates <= most
  assert agent.trainer.online_updates > 10


def test_it_learns(tmp_path):
  runner = experiments.make_runner(
    tmp_path, online=(3, 600), num_environments=4, teacher=None
  )
  runner.run_experiment()
  assert runner.record.rows[-1]['score']['mean'] == pytest.approx(0.7)


@pytest.mark.parametrize('with_lists', [False, True])
def test_episodes_come_back_from_arrays_and_from_lists(
  tmp_path, with_lists, monkeypatch
):
  """Earlier versions had the actions in the manifest, as lists."""

  def there_and_back(agent, states):
    return np.where(states[..., -1].argmax(1) == 1, toys.RIGHT, 0)

  monkeypatch.setattr(side_by_side, 'act', there_and_back)
  make = functools.partial(experiments.make_runner, num_environments=LANES)
  lanes = make(tmp_path / 'a', teacher=None)._parts.lanes
  for _ in range(5):
    lanes(lambda steps: None)
  state, arrays = lanes.state_dict(), lanes.arrays()
  assert arrays.keys() == {'lanes/0', 'lanes/1', 'lanes/2'}
  assert all(x.shape == (5,) and x.dtype == np.int32 for x in arrays.values())
  told = state
  if with_lists:
    episodes = {
      lane: row | {'actions': arrays[f'lanes/{lane}'].tolist()}
      for lane, row in state['episodes'].items()
    }
    told = state | {'episodes': episodes}
  other = make(tmp_path / 'b', teacher=None)._parts.lanes
  other.load_state_dict(told, {} if with_lists else arrays)
  assert other.state_dict() == state
  for length in (5, 6):  # Before they are played again, and after.
    for actions in other.arrays().values():
      np.testing.assert_array_equal(actions, [1, 0, 1, 0, 1, 0][:length])
    other(lambda steps: None)


def test_actions_are_as_random_as_epsilon_says():
  agent = toys.make_agent(num_environments=LANES)
  states = np.stack([np.eye(toys.LENGTH, dtype=np.float32)[1]] * 64)[..., None]
  params, key = agent.trainer.state.params, agent.trainer.state.key
  greedy = int(np.argmax(agent.q_values(states)[0]))
  act = agent.actor.act_in_lanes
  key, actions = act(params, states, key, np.zeros(64, np.float32))
  assert np.all(actions == greedy)
  epsilons = np.repeat(np.float32([0.0, 1.0]), 32)
  taken = []
  for _ in range(20):
    key, actions = act(params, states, key, epsilons)
    taken.append(actions)
  taken = np.array(taken)
  assert np.all(taken[:, :32] == greedy)
  assert abs(taken[:, 32:].mean() - 0.5) < 0.1
  assert len({row.tobytes() for row in taken[:, 32:]}) == 20


class Unsteady(toys.Corridor):
  """Plays no episode twice alike."""

  ends = False

  def step(self, action):
    observation, reward, terminal, truncated, info = super().step(action)
    return observation, reward, terminal or self.ends, truncated, info


def test_a_game_that_plays_otherwise_is_an_error(tmp_path):
  game = toys.corridor()._replace(
    create_environment=lambda: single.Environment(Unsteady())
  )
  make = functools.partial(
    experiments.make_runner, tmp_path, game=game, num_environments=40
  )
  runner = make(online=(1, 200), checkpoint_minutes=0.0)
  kills.die_in(runner, number=4, at=25)
  with pytest.raises(kills.Killed):
    runner.run_experiment()
  Unsteady.ends = True
  try:
    with pytest.raises(GameError, match='does not play an episode again'):
      make(online=(1, 200)).run_experiment()
  finally:
    Unsteady.ends = False


def test_gin_names_the_setting_after_dopamines_runner():
  for binding, told in (
    ('Runner.num_environments = 4', None),
    ('Runner.num_environments = 0', 'at least 1'),
    ('Runner.num_environment = 4', 'num_environments'),
  ):
    load = functools.partial(factories.load_settings, 'dqn', [], [binding])
    if told is None:
      load()
      continue
    with pytest.raises(UserError, match=told):
      load()
  gin_parsing.load([], [], network_parameter='')


def test_a_run_of_other_lanes_does_not_go_on(tmp_path):
  make = functools.partial(experiments.make_runner, tmp_path, online=(1, 60))
  make(num_environments=2).run_experiment()
  with pytest.raises(UserError, match=r'Runner\.num_environments = 2'):
    make(num_environments=3)
  (replay,) = run_files.find(tmp_path)
  with pytest.raises(UserError, match='of 2 environments in turn'):
    run_files.inspect(replay)


def test_a_replay_needs_room_for_all_lanes():
  with pytest.raises(UserError, match='num_lanes'):
    toys.make_agent(num_environments=4000)
  assert toys.make_agent().actions == Discrete(2)
