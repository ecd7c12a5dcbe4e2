"""What a teacher sees of a game whose observations are not its own."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from reincarnating_rl.learner.types import Array
from reincarnating_rl.support.errors import did_you_mean, first_line, name_of
from reincarnating_rl.support.setting_types import NonNegativeInt
from reincarnating_rl.teachers import user_functions
from reincarnating_rl.teachers.errors import TeacherError

Function = Callable[[Array], Array]
"""`state[*O, S] of the game -> state[*O', S'] of the teacher`, by JAX."""
Setting = str | tuple[NonNegativeInt, ...] | Function

_SETTING = 'create_teacher.observation_map'
_SIDE = 84
_LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601, as OpenCV's.


class ObservationMap(NamedTuple):
  """From a state of the game to one of the teacher."""

  name: str
  function: Function
  state_shape: tuple[int, ...]  # (*O', S'), of the teacher


def grey_84(state: Array) -> Array:
  """Returns grey frames [84, 84, S] uint8 of colours [H, W, 3, S] in bytes."""
  if state.ndim != 4 or state.shape[2] != 3:
    raise ValueError('it takes colour images, (height, width, 3, stack)')
  weights = jnp.float32(_LUMINANCE)
  grey = jnp.einsum('hwcs,c->hws', state.astype(jnp.float32), weights)
  shape = (_SIDE, _SIDE, grey.shape[-1])
  small = jax.image.resize(grey, shape, 'linear')
  return jnp.clip(jnp.round(small), 0, 255).astype(jnp.uint8)


MAPS: dict[str, Function] = {'grey_84': grey_84}
"""By the names that gin has for them."""


def make(setting: Setting, state_shape: tuple[int, ...]) -> ObservationMap:
  """Makes the map, and tries it.

  Args:
    setting: a key of `MAPS`; the entries of a vector that the teacher sees, in
      its order; or a function.
    state_shape: (*O, S), of one state of the game.

  Raises:
    TeacherError: there is none such, or it makes no states of these.
  """
  name, function = _function(setting)
  # Of images, bytes; what else they are is of no consequence for shapes.
  dtype = jnp.uint8 if len(state_shape) > 2 else jnp.float32
  try:
    made = user_functions.tried(function, jnp.zeros(state_shape, dtype))
  except Exception as error:  # It may be the user's code.
    raise TeacherError(
      f'{_SETTING} = {name} makes no states of those of the game, '
      f'{tuple(state_shape)} with the stack last: {first_line(error)[:150]}'
    ) from error
  return ObservationMap(name, function, tuple(made.shape))


def _function(setting: Setting) -> tuple[str, Function]:
  if callable(setting):
    return name_of(setting), setting
  if isinstance(setting, str):
    if setting not in MAPS:
      raise TeacherError(
        f'{_SETTING} is {setting!r}: choose one of {", ".join(MAPS)}, the '
        "entries in the teacher's order such as (2, 0, 1), or a function."
        f'{did_you_mean(setting, MAPS)}'
      )
    return setting, MAPS[setting]
  return str(tuple(setting)), _entries(tuple(setting))


def _entries(order: tuple[int, ...]) -> Function:
  """Returns what takes entries of observations that are vectors."""

  def take(state: Array) -> Array:
    if state.ndim != 2:
      raise ValueError('entries are of observations that are vectors')
    bad = [i for i in order if not 0 <= i < len(state)]
    if bad or not order:
      raise ValueError(
        f'there is no entry {bad[:1] or ""} in 0 to {len(state) - 1}'
      )
    return state[jnp.array(order)]

  return take
