"""Runs by the API: what they are, how they end, and how they go on."""

import os
import shutil
import signal
import threading

import gymnasium as gym
import numpy as np
import pytest

import reincarnating_rl as rrl
from reincarnating_rl.api import watching
from reincarnating_rl.networks.mlp_networks import MLPDQNNetwork
from tests.api import runs
from tests.api.teachers_test import Module

RANDOM = '--teacher_agent=random'


def reincarnate(**settings):
  given = {'game': runs.GAME, 'teacher': 'random'} | runs.BUDGET | settings
  return rrl.reincarnate('qdagger_dqn', **given)


@pytest.fixture(scope='module')
def by_command(tmp_path_factory):
  """The directory of a run by the command line."""
  folder = tmp_path_factory.mktemp('command')
  runs.command(folder, RANDOM)
  return folder


def test_a_run_is_that_of_the_command_line_bit_for_bit(by_command, tmp_path):
  run = reincarnate(base_dir=tmp_path)
  assert runs.outcome(run.base_dir) == runs.outcome(by_command)
  # By a file of gin too.
  file = tmp_path / 'all.gin'
  file.write_text(
    "include 'gymnasium/qdagger_dqn.gin'\n" + '\n'.join(runs.BINDINGS)
  )
  by_file = rrl.reincarnate(
    'qdagger_dqn',
    game=runs.GAME,
    teacher='random',
    gin_files=[str(file)],
    base_dir=tmp_path / 'by_file',
  )
  assert runs.outcome(by_file.base_dir) == runs.outcome(by_command)


def test_a_run_of_the_command_line_goes_on(by_command, tmp_path):
  shutil.copytree(by_command, tmp_path / 'a')
  shutil.copytree(by_command, tmp_path / 'b')
  runs.command(tmp_path / 'a', RANDOM, '--gin_bindings=Runner.num_iterations=3')
  run = rrl.load_run(tmp_path / 'b')
  assert len(run.scores) == 4
  assert run.resume(online_steps=60) is run
  assert len(run.scores) == 5
  assert runs.outcome(tmp_path / 'b') == runs.outcome(tmp_path / 'a')
  for settings, told in (
    ({'online_steps': 20}, 'online_steps is 20, and the run'),
    ({'learning_rate': 0.5}, 'Student.learning_rate = 0.001, and now it is'),
  ):
    with pytest.raises(rrl.UserError, match=told) as caught:
      run.resume(**settings)
    assert '\n' not in str(caught.value)
    assert type(caught.value) is rrl.UserError


@pytest.fixture
def heard():
  """Ctrl-C is heard; what runs in the background of a shell ignores it."""
  before = signal.signal(signal.SIGINT, signal.default_int_handler)
  yield
  signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures('heard')
def test_an_interrupted_run_goes_on_bit_for_bit(by_command, tmp_path):
  before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

  class Interrupting(rrl.Callback):
    def on_step(self, step):
      if step.number == 30:
        # A program's own; those of a terminal are alike.
        assert signal.getsignal(signal.SIGTERM) is before[1]
        os.kill(os.getpid(), signal.SIGINT)

  with pytest.raises(KeyboardInterrupt, match=r'load_run\(.*\)\.resume\(\)'):
    reincarnate(base_dir=tmp_path, callbacks=[Interrupting()])
  assert signal.getsignal(signal.SIGINT) is before[0]
  run = rrl.load_run(tmp_path)
  assert len(run.scores) == 2
  run.resume()
  assert runs.outcome(tmp_path) == runs.outcome(by_command)


@pytest.mark.usefixtures('heard')
def test_signals_are_left_alone_in_a_thread_and_in_a_notebook(monkeypatch):
  assert watching.handled_signals() == (signal.SIGINT,)
  found = []
  thread = threading.Thread(
    target=lambda: found.append(watching.handled_signals())
  )
  thread.start()
  thread.join()
  assert found == [()]
  monkeypatch.setattr('builtins.__IPYTHON__', True, raising=False)
  assert watching.handled_signals() == ()


def test_a_callback_stops_a_run_that_goes_on(by_command, tmp_path):
  agents = []

  def stop(evaluation):
    with pytest.raises(rrl.UserError, match='Another run is under way'):
      reincarnate(base_dir=tmp_path / 'other')
    agents.append(evaluation.stop.__self__._agent)
    evaluation.stop()

  run = reincarnate(base_dir=tmp_path / 'run', callbacks=[stop])
  assert run.was_stopped
  assert len(run.scores) == 1
  # The student is the agent, as it is now.
  states = np.random.default_rng(0).normal(size=(4, 4, 1)).astype(np.float32)
  expected = np.asarray(agents[0].q_values(states))
  np.testing.assert_array_equal(run.student.q_values(states), expected)
  run.resume()
  assert not run.was_stopped
  assert (run.student.q_values(states) != expected).any()
  assert runs.outcome(run.base_dir) == runs.outcome(by_command)


class Own(gym.Wrapper):
  """A wrapper of the caller's: it counts, and pays twice."""

  closed = steps = 0

  def step(self, action):
    self.steps += 1
    seen, reward, *rest = self.env.step(action)
    return seen, 2 * reward, *rest

  def close(self):
    self.closed += 1
    super().close()


def test_an_environment_is_a_game_with_its_wrappers(tmp_path):
  environment = Own(gym.make(runs.GAME))
  spec = environment.spec
  run = reincarnate(
    game=environment,
    base_dir=tmp_path,
    callbacks=[lambda evaluation: evaluation.stop()],
  )
  assert environment.steps > 60
  assert not environment.closed
  assert environment.spec == spec
  assert run.lineage['game'] == f'own/{runs.GAME}'
  assert run.lineage['scores']['teacher']['mean'] == 2 * 15.5
  # Whoever resumes it has to have the game.
  loaded = rrl.load_run(tmp_path)
  with pytest.raises(rrl.UserError, match=r'give it again, resume\(game='):
    loaded.resume()
  assert loaded.student.act(environment.reset(seed=0)[0]) in (0, 1)
  with pytest.raises(rrl.UserError, match='is an object'):
    rrl.evaluate(loaded)
  assert len(loaded.resume(game=environment).scores) == 4
  assert rrl.evaluate(run, episodes=1).mean % 2 == 0


def test_a_factory_makes_as_many_environments_as_play(tmp_path):
  made = []

  def create():
    made.append(Own(gym.make(runs.GAME)))
    return made[-1]

  score = rrl.evaluate('random', game=create, episodes=3)
  assert len(score.returns) == 3
  assert len(made) > 3
  assert all(environment.closed for environment in made)


@pytest.mark.parametrize(
  'call',
  [
    rrl.load_run,
    lambda path: reincarnate(base_dir=path),
    lambda path: rrl.load_teacher(path, game=runs.GAME),
    lambda path: rrl.load_teacher(game=runs.GAME, replay_dir=path),
    lambda path: rrl.compare({'a': path}),
  ],
)
def test_an_empty_path_is_not_this_folder(call):
  with pytest.raises(rrl.UserError, match="is empty: give a path; '.' is this"):
    call('')


@pytest.mark.parametrize(
  'settings, told',
  [
    ({'distil_temperature': 1}, 'Did you mean distill_temperature'),
    ({'learning_rate': 'x'}, "Student.learning_rate is 'x'"),
    ({'online_steps': 1.5}, 'online_steps is 1.5: it must be a whole number'),
    ({'pretraining_updates': -1}, 'pretraining_updates is -1'),
    ({'evaluations': 0}, 'evaluations is 0'),
    ({'seed': -1}, 'seed is -1'),
    ({'seed': 2**32}, 'it must be a whole number from 0 to 4294967295'),
    ({'seed': '1'}, "seed is '1'"),
    ({'teacher': None}, 'pretraining_updates is 4, and there is no teacher'),
    ({'game': None}, 'game is missing'),
    ({'game': 'Foo-v1'}, "Cannot make the Gymnasium environment 'Foo-v1'"),
    ({'game': 7}, 'game is 7: give a name'),
    ({'game': dict}, 'makes a dict: it must make a gymnasium.Env'),
    ({'teacher': 'no/where.zip'}, 'There is no no/where.zip'),
    ({'teacher': 7}, 'The teacher is 7: give a path'),
    ({'gin_bindings': ['Runner.steps = 3']}, 'Runner'),
    ({'callbacks': [7]}, 'The callback 7'),
    ({'callbacks': print}, 'callbacks must be a list'),
  ],
)
def test_mistakes_are_one_line(settings, told, tmp_path):
  with pytest.raises(rrl.UserError) as caught:
    reincarnate(base_dir=tmp_path / 'run', **settings)
  assert told in str(caught.value)
  assert '\n' not in str(caught.value)
  assert not (tmp_path / 'run').exists()


def test_a_mistake_that_is_told_late_leaves_the_folder_to_others(tmp_path):
  unread = 'create_atari_environment.sticky_actions = False'
  with pytest.raises(rrl.UserError, match='sticky_actions') as kept:
    reincarnate(base_dir=tmp_path, gin_bindings=[unread])
  assert kept.value.__traceback__  # As a notebook keeps it.
  assert not (tmp_path / '.lock').exists()


def test_an_agent_that_there_is_not():
  with pytest.raises(rrl.UserError, match='Did you mean qdagger_dqn'):
    rrl.reincarnate('qdager_dqn', game=runs.GAME)


def test_what_was_given_as_objects_is_given_again(tmp_path):
  module = Module()
  layers = rrl.Layers(kind='ppo', dense=('0', '2'), activation='tanh')
  taught = rrl.load_teacher(module, game=runs.GAME, layers=layers)
  run = reincarnate(
    teacher=taught,
    network=MLPDQNNetwork,
    base_dir=tmp_path,
    callbacks=[lambda evaluation: evaluation.stop()],
  )
  assert len(run.resume().scores) == 4  # It has them still.
  loaded = rrl.load_run(tmp_path)
  with pytest.raises(rrl.UserError, match=r'resume\(network='):
    loaded.resume(60, teacher=taught)
  with pytest.raises(rrl.UserError, match=r'resume\(teacher='):
    loaded.resume(60, network=MLPDQNNetwork)
  loaded.resume(60, network=MLPDQNNetwork, teacher=taught)
  assert len(loaded.scores) == 5
