"""A run that all tests of the API share."""

import contextlib
import io

import pytest

import reincarnating_rl as rrl
from tests.api import runs


@pytest.fixture(scope='session')
def teacher():
  return rrl.load_teacher(runs.go_right, game=runs.GAME)


@pytest.fixture(scope='session')
def heard():
  """What the callbacks of the shared run heard, in order."""
  return []


@pytest.fixture(scope='session')
def base_dir(tmp_path_factory, teacher, heard):
  """The directory of a whole run."""

  class Listener(rrl.Callback):
    def on_update(self, update):
      assert dict(update.metrics)
      heard.append(update)

    def on_step(self, step):
      heard.append(step)

    def on_evaluation(self, evaluation):
      heard.append(evaluation)

  folder = tmp_path_factory.mktemp('api') / 'run'
  with contextlib.redirect_stdout(io.StringIO()):
    rrl.reincarnate(
      'qdagger_dqn',
      teacher=teacher,
      base_dir=folder,
      callbacks=[Listener()],
      **runs.BUDGET,
    )
  return folder
