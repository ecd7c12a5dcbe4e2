"""What `load_teacher` may be told of a teacher, besides where it is."""

import typing
from typing import Any

from reincarnating_rl.settings import gin_values
from reincarnating_rl.support.errors import check_choice
from reincarnating_rl.teachers import clone, factory

# What a caller may set of `factory.create_teacher`; the rest is of the game.
_OPTIONS = (
  *('temperature', 'acts', 'layers', 'network', 'vmax', 'action_meanings'),
  *('observation_map', 'observation_statistics'),
  *('policy_epsilon', 'policy_fingerprint'),
)


def check(options: dict[str, Any], *, is_clone: bool) -> None:
  """Refuses names and values that nothing takes.

  Args:
    options: by name.
    is_clone: whether they are of a clone.

  Raises:
    UserError: naming the first one, and what is taken.
  """
  takes = clone.CloneSettings if is_clone else factory.create_teacher
  hints = typing.get_type_hints(takes, include_extras=True)
  known = [*hints] if is_clone else _OPTIONS
  what = 'a clone' if is_clone else 'load_teacher'
  for name, value in options.items():
    check_choice(f'The argument of {what}', name, known)
    gin_values.check_value(name, value, hints[name])
