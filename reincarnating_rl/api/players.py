"""What teachers and students share: a policy, and the game that it plays."""

from typing import Any

import numpy as np

from reincarnating_rl.api.games import AnyGame
from reincarnating_rl.envs import answers, facts
from reincarnating_rl.envs.facts import GameFacts
from reincarnating_rl.envs.family import Game
from reincarnating_rl.envs.lanes import Policy
from reincarnating_rl.envs.policies import teacher_policy
from reincarnating_rl.learner.actions import are_alike
from reincarnating_rl.learner.types import Array
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.base import AnyTeacher
from reincarnating_rl.teachers.data_teacher import has_policy


class Player:
  """A fixed policy over the actions of a game.

  Attributes:
    game: as it was given; None where only its caller can make it.
    facts: of the game: its actions, and the shape of its states.
  """

  def __init__(
    self, made: AnyTeacher, *, game: AnyGame | None, known: GameFacts
  ) -> None:
    """Takes the policy, and what is known of its game."""
    self.game, self.facts, self._made = game, known, made

  @property
  def acts(self) -> str:
    """How it plays: 'greedy', or 'sample' from its policy."""
    return self._made.acts

  @property
  def fingerprint(self) -> str:
    """SHA-256 of its parameters, in hex."""
    return self._made.fingerprint

  @property
  def lineage(self) -> dict[str, Any]:
    """Where it came from; JSON."""
    return self._made.lineage

  def policy_logits(self, states: Array) -> np.ndarray:
    """Returns the logits of its policy over several actions.

    Args:
      states: [B, *O, S], or [B, *O] where a state is one observation.

    Returns:
      [B, A] float32; `softmax` of a row is the policy in that state.

    Raises:
      UserError: its actions are vectors, it is data alone, or the states have
        another shape.
    """
    return self._asked('policy_logits', 'policy_parameters', states)

  def policy_parameters(self, states: Array) -> np.ndarray:
    """Returns the parameters of its policy over vectors.

    Args:
      states: see `policy_logits`.

    Returns:
      [B, W] float32, of actions in [-1, 1]; see `teachers.base`.

    Raises:
      UserError: its actions are discrete, it is data alone, or the states have
        another shape.
    """
    return self._asked('policy_parameters', 'policy_logits', states)

  def _asked(self, name: str, other: str, states: Array) -> np.ndarray:
    self._check_asked()
    if not hasattr(self._made, name):
      raise UserError(
        f'{self.facts.name} has {self.facts.actions}: ask for {other}.'
      )
    return np.asarray(getattr(self._made, name)(self.as_states(states)))

  def _check_asked(self) -> None:
    if not has_policy(self._made):
      raise UserError(
        'The teacher is data alone: it has no policy that could be asked.'
      )

  def as_states(self, states: Array) -> np.ndarray:
    """Returns states[B, *O, S] of the game's type.

    Args:
      states: the same, or [B, *O] where S is 1.

    Raises:
      UserError: they have another shape.
    """
    found, known = np.asarray(states), self.facts
    if known.stack_size == 1 and found.shape[1:] == known.observation_shape:
      found = found[..., None]
    if not found.ndim or found.shape[1:] != known.state_shape:
      raise UserError(
        f'The states have the shape {np.shape(states)}: those of {known.name} '
        f'have (B, {", ".join(map(str, known.state_shape))}).'
      )
    return as_observed(found, known, 'states')

  def playing(self, epsilon: float = 0.0) -> Policy:
    """Returns how it plays.

    Args:
      epsilon: probability of a random action.

    Raises:
      UserError: it is data alone.
    """
    self._check_asked()
    return teacher_policy(self._made, epsilon)

  def check_game(self, game: Game) -> None:
    """Refuses a game of other states or actions.

    Args:
      game: that is to be played.

    Raises:
      UserError: it does not fit, or there is no such game.
    """
    other, own = facts.of_game(game), self.facts
    if (
      not are_alike(other.actions, own.actions)
      or other.observation_shape != own.observation_shape
    ):
      raise UserError(
        f'{game.name} has observations of the shape {other.observation_shape} '
        f'and {other.actions}; the player knows {own.observation_shape} and '
        f'{own.actions}.'
      )


def as_observed(given: Array, known: GameFacts, what: str) -> np.ndarray:
  """Returns observations in the type that the game has.

  Args:
    given: observations, or states of them.
    known: the game.
    what: they are, for the message.

  Raises:
    UserError: the game's bytes cannot hold one of them.
  """
  array, dtype = np.asarray(given), np.dtype(known.observation_dtype)
  with np.errstate(invalid='ignore'):
    cast = array.astype(dtype, copy=False)
  if (lost := answers.unheld(array, cast)).size:
    raise UserError(
      f'{what} hold {lost[0]}, and those of {known.name} are {dtype}: do not '
      'scale or centre them.'
    )
  return cast
