"""What `load_teacher` may be told of a teacher, besides where it is."""

import typing
from typing import Any

from reincarnating_rl.settings import gin_values
from reincarnating_rl.support.errors import UserError, check_choice
from reincarnating_rl.teachers import clone, factory, station_seeker
from reincarnating_rl.teachers.sources import TeacherSettings

# What a caller may set of `factory.create_teacher`; the rest is of the game.
_OPTIONS = (
  *('temperature', 'acts', 'layers', 'network', 'vmax', 'action_meanings'),
  *('observation_map', 'observation_statistics'),
  *('policy_epsilon', 'policy_fingerprint'),
)


# Of these, what a teacher of another kind does not read.
_OF_FUNCTIONS = {
  'policy_epsilon': (factory.CALLABLE, station_seeker.NAME),
  'policy_fingerprint': (factory.CALLABLE,),
}


def check(options: dict[str, Any], settings: TeacherSettings) -> None:
  """Refuses names and values that nothing takes.

  Args:
    options: by name.
    settings: which teacher they are of.

  Raises:
    UserError: naming the first one, and what is taken.
  """
  is_clone = settings.agent == clone.NAME
  takes = clone.CloneSettings if is_clone else factory.create_teacher
  hints = typing.get_type_hints(takes, include_extras=True)
  known = [*hints] if is_clone else _OPTIONS
  what = 'a clone' if is_clone else 'load_teacher'
  for name, value in options.items():
    check_choice(f'The argument of {what}', name, known)
    gin_values.check_value(name, value, hints[name])
    if settings.is_data_alone:
      raise UserError(
        f'load_teacher was given {name}, and data alone have no policy to '
        "which it could apply: leave it out, or clone the data by 'clone'."
      )
    if settings.agent not in _OF_FUNCTIONS.get(name, (settings.agent,)):
      raise UserError(
        f'load_teacher was given {name}, which is for teachers that are '
        'functions: leave it out.'
      )
