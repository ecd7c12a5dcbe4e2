"""Keyword arguments of a run, as the bindings of gin that they stand for."""

import inspect
from collections.abc import Mapping
from typing import Any

import gin
import numpy as np

from reincarnating_rl.agents.student import Student
from reincarnating_rl.support.errors import UserError, did_you_mean

EVALUATIONS = 10
"""Of the student, in each phase in which it learns."""

_RUNNERS = ('RunnerWithTeacher', 'Runner')


def of_budget(
  pretraining_updates: int | None,
  online_steps: int | None,
  evaluations: int | None,
) -> list[str]:
  """Returns the bindings of how much is learnt.

  An evaluation of the offline phase changes nothing that is learnt, so there
  are as many of them, up to `evaluations`, as divide the updates. Online, a
  score is what weans the student: there are exactly so many, and each follows
  as many steps, rounded up.

  Args:
    pretraining_updates: offline, in all; None for what gin says.
    online_steps: in all, at least; None for what gin says.
    evaluations: in each of the two phases; None for 10.

  Raises:
    UserError: one is no whole number in its range.
  """
  most = EVALUATIONS if evaluations is None else evaluations
  _check_whole('evaluations', most, least=1)
  told = []
  if pretraining_updates is not None:
    total = pretraining_updates
    _check_whole('pretraining_updates', total, least=0)
    fitting = (n for n in range(min(most, total), 0, -1) if total % n == 0)
    number = next(fitting, 0)
    told += [f'RunnerWithTeacher.num_pretraining_iterations = {number}']
    if number:
      each = total // number
      told += [f'RunnerWithTeacher.num_pretraining_steps = {each}']
  if online_steps is not None:
    _check_whole('online_steps', online_steps, least=0)
    number = min(most, online_steps)
    told += [f'Runner.num_iterations = {number}']
    if number:
      told += [f'Runner.training_steps = {-(-online_steps // number)}']
  elif evaluations is not None and pretraining_updates is None:
    raise UserError(
      'evaluations share out pretraining_updates or online_steps: give one of '
      'these too.'
    )
  return told


def _check_whole(name: str, value: Any, *, least: int) -> None:
  is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
  if not is_whole or value < least:
    raise UserError(
      f'{name} is {value!r}: it must be a whole number of {least} or more.'
    )


def of_settings(
  agent: type[Student], settings: Mapping[str, Any]
) -> tuple[list[str], dict[str, Any]]:
  """Returns the bindings of settings by their names alone.

  Args:
    agent: a class of `AGENTS`.
    settings: values by name, of its method, its student or the run.

  Returns:
    Those that gin can write, and all others, objects by gin's name.

  Raises:
    UserError: nothing has a setting of that name; the error tells the nearest.
  """
  names = _names(agent)
  told, objects = [], {}
  for name, value in settings.items():
    if name not in names:
      raise UserError(
        f'There is no setting {name!r}.{did_you_mean(name, names)} Settings of '
        'other parts are given by gin_bindings.'
      )
    text = _text(value)
    if text is None:
      objects[names[name]] = value
    else:
      told.append(f'{names[name]} = {text}')
  return told, objects


def is_plain(value: Any) -> bool:
  """Whether gin can write a value."""
  return _text(value) is not None


def _text(value: Any) -> str | None:
  """Returns a value as gin writes it; None where it cannot."""
  if isinstance(value, np.generic):
    value = value.item()
  if isinstance(value, str) and value.startswith(('@', '%')):
    return value
  text = repr(value)
  try:
    return text if gin.config.parse_value(text) == value else None
  except Exception:  # gin has many errors for what it cannot read.
    return None


def _names(agent: type[Student]) -> dict[str, str]:
  """Returns gin's name of each setting, by its own.

  What counts first is first: the class of the agent, then what is behind it.
  """
  classes = [cls.__name__ for cls in agent.__mro__ if issubclass(cls, Student)]
  owners = [*classes, *agent.kind.gin_names, *_RUNNERS]
  found = {'network': agent.kind.network_parameter}
  for owner in owners:
    # gin has no public way to ask what it may bind.
    known = gin.config._REGISTRY.get_match(owner)
    if known is None:
      continue
    closed = known.denylist or ()
    for parameter in inspect.signature(known.wrapped).parameters.values():
      if parameter.name not in closed and parameter.kind in (
        parameter.KEYWORD_ONLY,
        parameter.POSITIONAL_OR_KEYWORD,
      ):
        found.setdefault(parameter.name, f'{owner}.{parameter.name}')
  return found
