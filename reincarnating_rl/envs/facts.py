"""What teachers and students must know of a game, without its environment."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np

from reincarnating_rl.envs.family import Game
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.learner import actions as action_types
from reincarnating_rl.learner.actions import Actions

_MOST = np.iinfo(np.uint8).max


@dataclasses.dataclass(frozen=True)
class GameFacts:
  """What is seen of a game, and how it is acted in.

  Attributes:
    name: the full name; where nothing names it, by what its states are known.
    actions: that it takes; None where nothing tells.
    observation_shape: *O, of one observation.
    observation_dtype: uint8 or float32; None where nothing tells.
    stack_size: S, observations in a state.
    action_meanings: what its actions are called; None if it does not tell.
    are_pixels: whether observations are bytes up to 255; False where nothing
      tells.
  """

  name: str
  actions: Actions | None
  observation_shape: tuple[int, ...]
  observation_dtype: str | None
  stack_size: int
  action_meanings: tuple[str, ...] | None = None
  are_pixels: bool = False

  @property
  def state_shape(self) -> tuple[int, ...]:
    """(*O, S), of one state."""
    return (*self.observation_shape, self.stack_size)

  def to_json(self) -> dict[str, Any]:
    """Returns them as JSON types."""
    told = {
      field.name: getattr(self, field.name)
      for field in dataclasses.fields(self)
    }
    return told | {'actions': action_types.as_json(self.actions)}


def from_json(told: Mapping[str, Any]) -> GameFacts:
  """Inverse of `GameFacts.to_json`.

  Args:
    told: from a file, which may be damaged.

  Raises:
    KeyError, TypeError, ValueError: it is no such record.
  """
  meanings = told['action_meanings']
  return GameFacts(
    str(told['name']),
    action_types.from_json(told['actions']),
    tuple(map(int, told['observation_shape'])),
    np.dtype(told['observation_dtype']).name,
    int(told['stack_size']),
    meanings and tuple(meanings),
    told.get('are_pixels') is True,
  )


def are_pixels(space: gym.spaces.Box) -> bool:
  """Whether observations are bytes up to 255.

  Args:
    space: of them.
  """
  is_byte = space.dtype == np.uint8
  return is_byte and bool(space.high.max(initial=0) == _MOST)


def of(environment: Environment, name: str, stack_size: int) -> GameFacts:
  """Returns the facts of an environment.

  Args:
    environment: of the game.
    name: of the game, in full.
    stack_size: S.
  """
  space = environment.observation_space
  return GameFacts(
    name,
    environment.actions,
    space.shape,
    np.dtype(space.dtype).name,
    stack_size,
    environment.action_meanings,
    are_pixels(space),
  )


def of_game(game: Game) -> GameFacts:
  """Makes an environment of a game, and returns the facts.

  Args:
    game: that is played.

  Raises:
    UserError: there is no such game.
  """
  environment = game.create_environment()
  try:
    return of(environment, game.name, game.stack_size)
  finally:
    environment.close()
