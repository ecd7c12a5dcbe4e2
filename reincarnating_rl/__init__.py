"""Reincarnating RL: reuse prior computation to train stronger agents.

    import reincarnating_rl as rrl

    teacher = rrl.load_teacher('ppo_lander.zip', game='LunarLander-v3')
    run = rrl.reincarnate(
      'qdagger_dqn', teacher=teacher, pretraining_updates=50_000,
      online_steps=100_000,
    )
    print(run.scores)

Importing the package imports nothing else. A name of the API imports what it
needs when it is first used, and the pure rooms (losses, networks, replay, ...)
stay usable without TensorFlow, Dopamine or gin.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
  from reincarnating_rl.api.callbacks import Callback as Callback
  from reincarnating_rl.api.callbacks import Evaluation as Evaluation
  from reincarnating_rl.api.callbacks import Step as Step
  from reincarnating_rl.api.callbacks import Update as Update
  from reincarnating_rl.api.comparing import Comparison as Comparison
  from reincarnating_rl.api.comparing import compare as compare
  from reincarnating_rl.api.evaluating import Score as Score
  from reincarnating_rl.api.evaluating import evaluate as evaluate
  from reincarnating_rl.api.exporting import load_policy as load_policy
  from reincarnating_rl.api.reincarnation import reincarnate as reincarnate
  from reincarnating_rl.api.runs import Run as Run
  from reincarnating_rl.api.runs import load_run as load_run
  from reincarnating_rl.api.students import Student as Student
  from reincarnating_rl.api.teachers import Teacher as Teacher
  from reincarnating_rl.api.teachers import load_teacher as load_teacher
  from reincarnating_rl.envs.recording import Recorder as Recorder
  from reincarnating_rl.envs.recording import record as record
  from reincarnating_rl.hub import push_to_hub as push_to_hub
  from reincarnating_rl.support.errors import UserError as UserError
  from reincarnating_rl.teachers.foreign.layers import Layers as Layers

__version__ = '0.1.0'

_API = {
  'Callback': 'api.callbacks',
  'Comparison': 'api.comparing',
  'Evaluation': 'api.callbacks',
  'Layers': 'teachers.foreign.layers',
  'Recorder': 'envs.recording',
  'Run': 'api.runs',
  'Score': 'api.evaluating',
  'Step': 'api.callbacks',
  'Student': 'api.students',
  'Teacher': 'api.teachers',
  'Update': 'api.callbacks',
  'UserError': 'support.errors',
  'compare': 'api.comparing',
  'evaluate': 'api.evaluating',
  'load_policy': 'api.exporting',
  'load_run': 'api.runs',
  'load_teacher': 'api.teachers',
  'push_to_hub': 'hub',
  'record': 'envs.recording',
  'reincarnate': 'api.reincarnation',
}
__all__ = list(_API)


def __getattr__(name: str) -> Any:
  """Imports a name of the API when it is first used."""
  if name not in _API:
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
  value = getattr(importlib.import_module(f'{__name__}.{_API[name]}'), name)
  globals()[name] = value
  return value


def __dir__() -> list[str]:
  """Names the API, too."""
  return sorted({*globals(), *_API})
