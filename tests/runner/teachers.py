"""Teachers that were trained on the corridor, with all that a run leaves."""

import functools

from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.importers import external_replay
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.teachers import factory, training_state
from tests import toys
from tests.runner import experiments


def train(directory, kind):
  """Trains a student from scratch in a directory; returns its agent."""
  runner = experiments.make_runner(
    directory,
    teacher=None,
    online=(1, 150),
    checkpoint_minutes=60.0,
    agent={'kind': AGENTS[kind]},
  )
  runner.run_experiment()
  return runner._agent


def load(directory, kind):
  return factory.create_teacher(
    'auto',
    directory,
    actions=Discrete(2),
    observation_shape=(toys.LENGTH,),
    stack_size=1,
    network=toys.TINY_NETWORKS.get(kind),
  )


def reload_settings(directory, kind, **agent):
  """Returns what `make_runner` takes for a student of a trained teacher."""
  return {
    'teacher': load(directory, kind),
    'num_pretraining_iterations': None,
    'random_score': -4.0,  # Below whatever it has learnt: at worst -4.
    'find_teacher_replay': functools.partial(external_replay.beside, directory),
    'read_teacher_state': functools.partial(training_state.read, directory),
    'agent': {'kind': toys.RELOADED[kind], **agent},
  }
