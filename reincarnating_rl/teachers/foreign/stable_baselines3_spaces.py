"""What an agent of Stable-Baselines3 observes, and what it can do."""

from typing import Any, NamedTuple

from reincarnating_rl.teachers.errors import MismatchedTeacherError

_DISCRETE, _BOX = "discrete.Discrete'>", "box.Box'>"


class Spaces(NamedTuple):
  """What a file tells of the spaces."""

  observation_shape: tuple[int, ...]  # channels first, if they are images
  are_images: bool  # uint8 of three axes, which the agent scales
  num_actions: int

  def check(self, state_shape: tuple[int, ...], source: str) -> None:
    """Checks that the agent observes what the game gives.

    Args:
      state_shape: (*O, S), of one state of the game.
      source: the file, for messages.

    Raises:
      MismatchedTeacherError: it observes something else.
    """
    *observation, stack = state_shape
    given = {(stack, *observation)}
    if len(observation) == 1:
      given.add((stack * observation[0],))
    if stack == 1:
      given.add(tuple(observation))
    if self.observation_shape not in given:
      raise MismatchedTeacherError(
        f'The teacher of {source} observes {self.observation_shape}, but the '
        f'game gives states of shape {state_shape}, the stack last; give a '
        'teacher of this game.'
      )


def read(described: dict[str, Any], source: str) -> Spaces:
  """Reads the spaces.

  Args:
    described: the agent, from the JSON of its file.
    source: the file, for messages.

  Raises:
    MismatchedTeacherError: its actions are not discrete, or its observations
      no arrays.
  """
  action = _space(described, 'action_space')
  if not str(action.get(':type:')).endswith(_DISCRETE):
    raise MismatchedTeacherError(
      f'The teacher of {source} acts in a {_name(action)}, but students choose '
      'among discrete actions; give a teacher whose action space is Discrete.'
    )
  observation = _space(described, 'observation_space')
  # Gym before 0.20 had no underscore.
  shape = observation.get('_shape', observation.get('shape'))
  if not str(observation.get(':type:')).endswith(_BOX) or not _is_shape(shape):
    raise MismatchedTeacherError(
      f'The teacher of {source} observes a {_name(observation)}, but games '
      'give arrays; give a teacher whose observation space is a Box.'
    )
  number = str(action.get('n'))[:10]
  return Spaces(
    observation_shape=tuple(shape),
    are_images=observation.get('dtype') == 'uint8' and len(shape) == 3,
    num_actions=int(number) if number.isascii() and number.isdigit() else 0,
  )


def _space(described: dict[str, Any], name: str) -> dict[str, Any]:
  space = described.get(name)
  return space if isinstance(space, dict) else {}


def _is_shape(shape: Any) -> bool:
  return isinstance(shape, list) and all(type(side) is int for side in shape)


def _name(space: dict[str, Any]) -> str:
  """Returns the name of a space's class, as in "<class 'gym.spaces.Box'>"."""
  name = str(space.get(':type:')).strip("<>'").rpartition('.')[2]
  return ascii(name[:40])[1:-1] or 'space of no name'
