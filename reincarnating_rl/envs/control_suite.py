"""The DeepMind Control Suite as it is installed: its modules and its tasks."""

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from reincarnating_rl.envs import mujoco_drawing
from reincarnating_rl.support import errors

_WITHOUT_LABMAZE = (3, 13)  # The first Python for which labmaze has no wheel.


class UnknownTaskError(errors.UserError):
  """The suite has no task of that name."""


class MissingSuiteError(errors.UserError):
  """The suite is not installed."""


def check_name(task_name: str) -> None:
  """Refuses a name that no task has.

  Args:
    task_name: domain and task, such as `walker-walk`.

  Raises:
    UnknownTaskError: with the nearest right name.
    MissingSuiteError: see there.
  """
  known = names()
  if task_name not in known:
    raise UnknownTaskError(
      f'There is no task {task_name!r} in the DeepMind Control Suite: names '
      'are DOMAIN-TASK, such as walker-walk.'
      f'{errors.did_you_mean(task_name, known)}'
    )


def names() -> list[str]:
  """Returns the names of all tasks, DOMAIN-TASK.

  Raises:
    MissingSuiteError: see there.
  """
  return ['-'.join(pair) for pair in import_module('suite').ALL_TASKS]


def import_module(module: str) -> Any:
  """Imports a part of dm_control, which is slow.

  Args:
    module: its name within dm_control.

  Raises:
    MissingSuiteError: dm_control is not installed, or not what it requires.
  """
  try:
    with _without_display():
      return importlib.import_module(f'dm_control.{module}')
  except ModuleNotFoundError as error:
    raise MissingSuiteError(
      'The DeepMind Control Suite is not installed: '
      f'{_how_to_install(sys.version_info[:2])}'
    ) from error


def _how_to_install(version: tuple[int, int]) -> str:
  install = "pip install -e '.[control]'"
  if version < _WITHOUT_LABMAZE:
    return f'{install}.'
  return (
    f'{install}, then pip install --no-deps dm_control (it requires labmaze, '
    'which these tasks do not use, and of which there is no wheel for Python '
    f'{version[0]}.{version[1]}).'
  )


@contextlib.contextmanager
def _without_display() -> Iterator[None]:
  """Keeps dm_control from looking for a display as it is imported."""
  asked = os.environ.get(mujoco_drawing.VARIABLE)
  os.environ[mujoco_drawing.VARIABLE] = 'disable'
  try:
    yield
  finally:
    del os.environ[mujoco_drawing.VARIABLE]
    if asked is not None:
      os.environ[mujoco_drawing.VARIABLE] = asked
