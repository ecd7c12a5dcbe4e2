"""What an agent of Stable-Baselines3 observes, and what it can do."""

import base64
from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.importers.formats import safe_pickle
from reincarnating_rl.importers.formats.pickle_names import Placeholder
from reincarnating_rl.learner.actions import Actions, Continuous, Discrete
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign import observed_axes
from reincarnating_rl.teachers.foreign.observed_axes import Axes

_DISCRETE, _BOX = "discrete.Discrete'>", "box.Box'>"
_LIBRARIES = frozenset(('gym', 'gymnasium'))
# Of these, `binascii.Error` is a ValueError.
_NO_BOUNDS = (LookupError, TypeError, ValueError, UserError)


class Spaces(NamedTuple):
  """What a file tells of the spaces."""

  observation_shape: tuple[int, ...]  # channels first, if they are images
  are_images: bool  # which the agent scales
  actions: Actions

  @property
  def bounds(self) -> Continuous | None:
    """The actions, if they are vectors."""
    return self.actions if isinstance(self.actions, Continuous) else None

  def axes(
    self, state_shape: tuple[int, ...], source: str, *, is_convolved: bool
  ) -> Axes:
    """Returns the order in which the agent has the axes of a state.

    Args:
      state_shape: (*O, S), of one state of the game.
      source: the file, for messages.
      is_convolved: whether the agent has convolutions.

    Raises:
      MismatchedTeacherError: it observes something else, or its images have
        other axes than the game's.
    """
    found = observed_axes.find(self.observation_shape, state_shape)
    if found is None:
      raise MismatchedTeacherError(
        f'The teacher of {source} observes {self.observation_shape}, but the '
        f'game gives states of shape {state_shape}, the stack last; give a '
        'teacher of this game.'
      )
    if is_convolved and found[-2:] != (0, 1):
      raise MismatchedTeacherError(
        f'The teacher of {source} has convolutions over observations of shape '
        f'{self.observation_shape}, channels first, which the game gives so, '
        f'in states of shape {state_shape}; have the game give them (height, '
        'width, channels).'
      )
    return found


def read(described: dict[str, Any], source: str) -> Spaces:
  """Reads the spaces.

  Args:
    described: the agent, from the JSON of its file.
    source: the file, for messages.

  Raises:
    MismatchedTeacherError: its actions are neither discrete nor vectors, or its
      observations no arrays, or of bounds that cannot be read.
  """
  observation = _space(described, 'observation_space')
  # Gym before 0.20 had no underscore.
  shape = observation.get('_shape', observation.get('shape'))
  if not str(observation.get(':type:')).endswith(_BOX) or not _is_shape(shape):
    raise MismatchedTeacherError(
      f'The teacher of {source} observes a {_name(observation)}, but games '
      'give arrays; give a teacher whose observation space is a Box.'
    )
  return Spaces(
    observation_shape=tuple(shape),
    are_images=_is_image_space(observation, shape, source),
    actions=_actions(_space(described, 'action_space'), source),
  )


def _actions(space: dict[str, Any], source: str) -> Actions:
  if str(space.get(':type:')).endswith(_DISCRETE):
    number = str(space.get('n'))[:10]
    return Discrete(int(number) if number.isascii() and number.isdigit() else 0)
  shape = space.get('_shape', space.get('shape'))
  is_vector = _is_shape(shape) and len(shape) == 1
  if not str(space.get(':type:')).endswith(_BOX) or not is_vector:
    raise MismatchedTeacherError(
      f'The teacher of {source} acts in a {_name(space)}, but students choose '
      'among discrete actions, or vectors; give a teacher whose action space '
      'is Discrete, or a Box of one axis.'
    )
  try:
    return Continuous(
      *(tuple(map(float, x)) for x in _bounds(space, shape, source))
    )
  except _NO_BOUNDS as error:
    raise MismatchedTeacherError(
      f'The teacher of {source} acts in a Box of no bounds that can be read '
      f'({_brief(error)}); unzip its policy.pth and declare its layers with '
      'create_teacher.layers.'
    ) from error


def _is_image_space(
  observation: dict[str, Any], shape: list[int], source: str
) -> bool:
  """What `is_image_space` of Stable-Baselines3 says.

  Images are of uint8, three axes and bounds of 0 and 255. The text of a file
  leaves out most of many bounds; the pickle beside it has them all.
  """
  if observation.get('dtype') != 'uint8' or len(shape) != 3:
    return False
  try:
    low, high = _bounds(observation, shape, source)
  except _NO_BOUNDS as error:
    raise MismatchedTeacherError(
      f'The teacher of {source} observes uint8 of shape {tuple(shape)}, and '
      'whether these are images cannot be told, for the bounds of its space '
      f'cannot be read ({_brief(error)}); unzip its policy.pth and declare its '
      'layers with create_teacher.layers.'
    ) from error
  return bool((low == 0).all() and (high == 255).all())


def _bounds(
  space: dict[str, Any], shape: list[int], source: str
) -> tuple[np.ndarray, np.ndarray]:
  """Reads the least and the greatest values of a Box.

  Raises:
    LookupError, TypeError, ValueError, UserError: they cannot be read.
  """
  data = base64.b64decode(space[':serialized:'], validate=True)
  box = safe_pickle.loads(data, source, _LIBRARIES)
  if not isinstance(box, Placeholder):
    raise TypeError(f'a {type(box).__name__} where a Box belongs')
  low, high = (np.asarray(box.attributes()[name]) for name in ('low', 'high'))
  if not low.shape == high.shape == tuple(shape):
    raise ValueError(f'bounds of {low.shape}')
  return low, high


def _brief(error: Exception) -> str:
  return ascii(str(error)[:100])[1:-1]


def _space(described: dict[str, Any], name: str) -> dict[str, Any]:
  space = described.get(name)
  return space if isinstance(space, dict) else {}


def _is_shape(shape: Any) -> bool:
  return isinstance(shape, list) and all(type(side) is int for side in shape)


def _name(space: dict[str, Any]) -> str:
  """Returns the name of a space's class, as in "<class 'gym.spaces.Box'>"."""
  name = str(space.get(':type:')).strip("<>'").rpartition('.')[2]
  return ascii(name[:40])[1:-1] or 'space of no name'
