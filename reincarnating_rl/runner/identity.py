"""What a run is: settings that may not change when it is resumed."""

import dataclasses
import json
import platform
import re
from collections.abc import Callable
from typing import Any

import gin
import jax

from reincarnating_rl.agents.student import Student
from reincarnating_rl.methods.table import METHODS
from reincarnating_rl.runner.plan import Iteration, Phase
from reincarnating_rl.students import STUDENTS
from reincarnating_rl.support import json_file, versions
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.base import Teacher

# All other settings stay what they were. Those of the plan are compared
# iteration by iteration, as far as the run has come.
MAY_CHANGE = frozenset(
  {
    # Iterations: part of the plan.
    'Runner.num_iterations',
    'Runner.training_steps',
    'RunnerWithTeacher.num_pretraining_iterations',
    'RunnerWithTeacher.num_pretraining_steps',
    'RunnerWithTeacher.teacher_steps',
    'RunnerWithTeacher.teacher_data',
    'RunnerWithTeacher.teacher_data_in_file',
    # Evaluation.
    'Runner.evaluation_steps',
    'RunnerWithTeacher.evaluation_episodes',
    'RunnerWithTeacher.diagnoses',
    *(f'{kind.gin_name}.epsilon_eval' for kind in STUDENTS.values()),
    # A path; the fingerprint of the teacher covers what it leads to.
    'create_teacher.observation_statistics',
    # Logging and checkpoints.
    'Runner.log_every_n',
    'Runner.logging_file_prefix',
    'Runner.checkpoint_file_prefix',
    'RunnerWithTeacher.checkpoint_minutes',
    'RunnerWithTeacher.checkpoints_to_keep',
    'CollectorDispatcher.collectors',
    *(
      f'{kind.gin_name}.{name}'
      for kind in STUDENTS.values()
      for name in ('summary_writing_frequency', 'collector_allowlist')
    ),
  }
)
# How many play side by side: no episode depends on it.
_MAY_CHANGE_ANYWHERE = ('num_vector_environments', 'num_processes')
# The game is told by its own name, whichever of its names gin has.
_TOLD_APART = ('game_name',)
_OTHER_VERSION = ' A run of another version can be a teacher, but not go on.'
_ITERATION, _OFFLINE = 'iteration ', 'offline iterations'
_DETAILS = 'details of the data'  # Not told by runs of earlier versions.
_PARAMETER = re.compile(r'^([\w./]+)\.(\w+) = (.*)$', re.MULTILINE)
_MACRO = re.compile(r'^(\w+) = (.*)$', re.MULTILINE)
_USE_OF_MACRO = re.compile(r'%(\w+)')
_PACKAGES = (
  'reincarnating_rl',
  'dopamine-rl',
  'jax',
  'flax',
  'optax',
  'numpy',
  'ale-py',
  'gymnasium',
  'tensorflow',
)


def operative_settings() -> dict[str, str]:
  """Returns every setting that gin has handed out, as gin writes it.

  Returns:
    Values by `Class.parameter`, behind a scope where there is one. Defaults
    are among them, as far as they can be written down; values take the place
    of macros.
  """
  text = gin.operative_config_str(max_line_length=10**6)
  macros = dict(_MACRO.findall(text))

  def written_out(value: str) -> str:
    while value != (
      told := _USE_OF_MACRO.sub(lambda m: macros.get(m[1], m[0]), value)
    ):
      value = told
    return value

  settings = {}
  for name, parameter, value in _PARAMETER.findall(text):
    scope, slash, selector = name.rpartition('/')
    key = f'{scope}{slash}{selector.split(".")[-1]}.{parameter}'
    settings[key] = written_out(value)
  return settings


def lasting_settings(agent: Student) -> dict[str, Any]:
  """Returns the settings of a run that may not change when it is resumed.

  Those of the method are the agent's own: gin may bind them by the name of the
  method or of the agent's class.

  Args:
    agent: the student.
  """
  own = {method.gin_name for method in METHODS.values()}
  own |= {kind.class_name for kind in STUDENTS.values()}
  own |= {
    cls.__name__
    for cls in type(agent).__mro__
    if issubclass(cls, Student) and cls is not Student
  }
  settings = {
    name: value
    for name, value in operative_settings().items()
    if name.split('/')[-1] not in MAY_CHANGE
    and name.split('.')[0] not in own
    and name.split('.')[-1] not in _MAY_CHANGE_ANYWHERE + _TOLD_APART
  }
  method = dataclasses.asdict(agent.method_settings)
  kind = dataclasses.asdict(agent.kind_settings)
  return settings | {
    f'{owner}.{name}': value
    for owner, values in (
      (agent.method.gin_name, method),
      (agent.kind.title, kind),
    )
    for name, value in values.items()
  }


def until(
  agent: Student, plan: tuple[Iteration, ...], *, game: str, seed: int
) -> Callable[[int], dict[str, Any]]:
  """Returns what a run is, up to an iteration given by its number.

  Call it when all is built: what gin hands out later depends on the phase.

  Args:
    agent: the student.
    plan: of the run.
    game: that is played.
    seed: of the run.
  """
  fixed = {
    'game': game,
    'agent': type(agent).__name__,
    'seed': seed,
    **_teacher_identity(agent.teacher),
    **agent.value.meaning,
    **lasting_settings(agent),
  }
  # As JSON gives them back: a tuple would never equal its list.
  fixed = json.loads(json_file.dumps(fixed, default=repr))
  offline = [row.number for row in plan if row.phase is Phase.PRETRAIN]

  def identity(number: int) -> dict[str, Any]:
    rows = {
      f'{_ITERATION}{row.number}': f'{row.steps} steps of {row.phase.value}'
      for row in plan[: number + 1]
    }
    if offline and number >= offline[-1]:
      # The switch to online training is behind: no more can follow.
      rows[_OFFLINE] = len(offline)
    return fixed | rows

  return identity


def _teacher_identity(teacher: Teacher | None) -> dict[str, Any]:
  told = {} if teacher is None else teacher.lineage
  return {
    'teacher': teacher and teacher.fingerprint,
    'temperature of the teacher': told.get('temperature'),
    _DETAILS: told.get('details'),
    'vmax of the teacher': told.get('vmax'),
    'kind of the teacher': told.get('agent'),
    'actions of the teacher': told.get('actions'),
    'how the teacher acts': teacher and teacher.acts,
  }


def check(
  found: dict[str, Any], expected: dict[str, Any], base_dir: str
) -> None:
  """Refuses to resume a run of other settings.

  Args:
    found: identity in the checkpoint.
    expected: identity of this process.
    base_dir: of the run.

  Raises:
    UserError: naming the first setting that differs, its old and its new value.
  """
  for key in [*expected, *(k for k in found if k not in expected)]:
    old, new = found.get(key), expected.get(key)
    if old == new or (key == _DETAILS and key not in found):
      continue
    setting, remark = 'setting', '' if key in expected else _OTHER_VERSION
    if None in (old, new) and key.startswith((_ITERATION, _OFFLINE)):
      setting, remark = 'RunnerWithTeacher.num_pretraining_iterations', ''
      if Phase.ONLINE.value in str(old):
        setting = 'Runner.num_iterations'
    raise UserError(
      f'{base_dir} holds a run with {key} = {_told(old)}, and now it is '
      f'{_told(new)}: restore the old {setting}, or choose another --base_dir.'
      f'{remark}'
    )


def _told(value: Any) -> str:
  return 'unset' if value is None else str(value)


def stretch(command: str | None, counters: dict[str, int]) -> dict[str, Any]:
  """Describes what this process trains a run with.

  Args:
    command: that started it.
    counters: where it begins: iteration, and steps and updates made by then.

  Returns:
    JSON-able: where it begins (`from`), command, configuration, versions.
  """
  return {
    'from': counters,
    'command': command,
    'gin': gin.operative_config_str(),
    'versions': versions.of(_PACKAGES),
    'python': platform.python_version(),
    'backend': jax.default_backend(),
  }


def with_stretch(
  stretches: list[dict[str, Any]], newest: dict[str, Any]
) -> list[dict[str, Any]]:
  """Adds a stretch, unless it equals the last one but for where it begins."""
  if stretches and stretches[-1] | {'from': None} == newest | {'from': None}:
    return stretches
  return [*stretches, newest]
