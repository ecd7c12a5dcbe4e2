"""Numbers that are infinite or none: a line, and the last good checkpoint."""

import json
import re

import jax
import numpy as np
import pytest

from reincarnating_rl.envs import games, single, vector
from reincarnating_rl.evaluation.finding import METRICS_FILE
from reincarnating_rl.runner import collectors, saving
from reincarnating_rl.support.errors import DivergedError, GameError, first_line
from tests import toys
from tests.runner import experiments, kills


class Moody(toys.Corridor):
  """A corridor that answers with no numbers while it is in a mood."""

  mood = None

  def step(self, action):
    observation, reward, *rest = super().step(action)
    if Moody.mood == 'reward':
      reward = np.nan
    elif Moody.mood == 'overflow':
      reward = 1e300
    elif Moody.mood == 'observation':
      observation = observation * np.nan
    return observation, reward, *rest


@pytest.fixture
def game(monkeypatch):
  monkeypatch.setattr(Moody, 'mood', None)

  def create():
    return single.Environment(Moody(), 'Corridor')

  def create_lanes():
    return vector.LoopVectorEnvironment([create() for _ in range(4)])

  return games.Game('Corridor', create, create_lanes)


@pytest.fixture(scope='module')
def expected(tmp_path_factory):
  return kills.whole(experiments.make_runner, tmp_path_factory.mktemp('whole'))


@pytest.mark.parametrize(
  ('number', 'when', 'phase', 'mood'),
  [
    (0, 'phase', 'teacher evaluation', 'reward'),
    (1, 'phase', 'collect', 'observation'),
    (2, 'evaluation', 'pretrain', 'overflow'),
    (4, 'phase', 'online', 'reward'),
    (5, 'evaluation', 'online', 'reward'),
  ],
)
def test_a_game_whose_answers_are_no_numbers_ends_the_run(
  tmp_path, game, expected, monkeypatch, number, when, phase, mood
):
  runner = experiments.make_runner(tmp_path, game=game)
  parts = runner._parts
  owner, name = {
    'phase': (runner, '_run_one_iteration'),
    'evaluation': (parts.evaluator, 'evaluate'),
  }[when]
  original = getattr(owner, name)

  def in_a_mood(*arguments, **settings):
    place = runner._progress.position
    if when == 'phase' and arguments[0] == number:
      monkeypatch.setattr(Moody, 'mood', mood)
    elif when == 'evaluation' and (place.number, place.steps > 0) == (
      number,
      True,
    ):
      monkeypatch.setattr(Moody, 'mood', mood)
    return original(*arguments, **settings)

  setattr(owner, name, in_a_mood)
  with pytest.raises(GameError) as caught:
    runner.run_experiment()
  told = str(caught.value)
  assert first_line(caught.value) == told
  assert re.match(
    r'Corridor answers with .* at step 1 of an episode with', told
  )
  assert f'This was in iteration {number} ({phase}), after ' in told
  kept = (
    'The last good checkpoint stays' if number else 'No checkpoint had been'
  )
  assert f'{kept}' in told and told.endswith(f' in {tmp_path}.')
  monkeypatch.setattr(Moody, 'mood', None)
  resumed = experiments.make_runner(tmp_path, game=game)
  assert resumed._start_iteration == number
  resumed.run_experiment()
  assert experiments.outcome(resumed) == expected


@pytest.mark.parametrize(
  ('method', 'when'),
  [('pretrain', 'offline update 20'), ('train', r'online step \d+')],
)
def test_a_loss_that_is_none_names_the_step(tmp_path, method, when):
  runner = experiments.make_runner(
    tmp_path,
    num_pretraining_steps=20,
    agent={'dqn': {'summary_writing_frequency': 2}},
  )
  trainer = runner._agent.trainer
  original = getattr(trainer, method)

  def diverges(*arguments, **settings):
    metrics = original(*arguments, **settings)
    is_due = method == 'train' or trainer.pretraining_updates == 20
    return metrics | {'Loss/TD': np.float32(np.inf)} if is_due else metrics

  setattr(trainer, method, diverges)
  told = f'^Loss/TD is inf at {when}: training has diverged.* was in iteration'
  with pytest.raises(DivergedError, match=told):
    runner.run_experiment()


def test_moments_that_are_infinite_are_not_saved(tmp_path):
  runner = experiments.make_runner(tmp_path)
  state = runner._agent.trainer.state
  broken = jax.tree.map(lambda x: x / 0, state.optimizer_state)
  runner._agent.trainer.state = state._replace(optimizer_state=broken)
  with pytest.raises(
    DivergedError, match="student's optimizer_state/.* is not finite"
  ):
    runner._checkpoint_experiment(0)


def test_a_student_that_had_diverged_is_passed_over(
  tmp_path, monkeypatch, caplog
):
  runner = experiments.make_runner(tmp_path)
  for number in range(2):
    runner._run_one_iteration(number)
    runner._checkpoint_experiment(number)
  runner._run_one_iteration(2)
  trainer = runner._agent.trainer
  broken = jax.tree.map(
    lambda x: x * np.float32(np.nan), trainer.state.target_params
  )
  trainer.state = trainer.state._replace(target_params=broken)
  with monkeypatch.context() as patch:  # As an earlier version did.
    patch.setattr(saving.finite, 'check', lambda arrays: None)
    runner._checkpoint_experiment(2)
  resumed = experiments.make_runner(tmp_path)
  assert resumed._start_iteration == 2
  assert f'Checkpoint 2 of {tmp_path} has a target_params/' in caplog.text


def test_all_that_a_run_writes_is_json(tmp_path):
  runner = experiments.make_runner(tmp_path)
  runner._run_one_iteration(0)
  runner.record.seconds['EVALUATION'] = np.inf
  runner._collector_dispatcher.write(
    [collectors.StatisticsInstance('a', np.nan, 1)]
  )
  runner.record.write(str(tmp_path))
  runner._checkpoint_experiment(0)

  def refuse(name):
    raise AssertionError(f'{name} is not JSON')

  written = [
    *tmp_path.glob('*.json'),
    *tmp_path.glob('checkpoints/*.json'),
  ]
  assert len(written) == 3
  for path in written:
    json.loads(path.read_text(), parse_constant=refuse)
  *_, line = (tmp_path / METRICS_FILE).read_text().splitlines()
  assert json.loads(line) == {'name': 'a', 'step': 1, 'value': None}
