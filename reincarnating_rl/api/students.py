"""A student: a trained agent that plays, without what it was trained with."""

import os
from collections.abc import Callable

import numpy as np
from flax import traverse_util

from reincarnating_rl.api.games import AnyGame
from reincarnating_rl.api.players import Player, as_observed
from reincarnating_rl.envs.facts import GameFacts
from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.learner.types import Array
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import factory
from reincarnating_rl.teachers.base import GREEDY
from reincarnating_rl.teachers.kinds import NetworkFactory


class Student(Player):
  """A policy that plays its best action, or its mean.

  It is read from the newest checkpoint of its run, as a teacher is, and needs
  neither the run's settings nor its teacher.
  """

  def __init__(
    self,
    path: str | os.PathLike[str],
    *,
    game: AnyGame | None,
    known: GameFacts,
    network: NetworkFactory | None = None,
  ) -> None:
    """Reads the newest checkpoint of a run.

    Args:
      path: of the run.
      game: that it plays; None where only its caller can make it.
      known: of the game.
      network: makes its network, where that is not one of the package.

    Raises:
      UserError: there is no checkpoint, or it cannot be read.
    """
    made = factory.create_teacher(
      'auto',
      path,
      actions=known.actions,
      observation_shape=known.observation_shape,
      stack_size=known.stack_size,
      game_actions=known.action_meanings,
      # Q-values are the logits of the policy at this temperature.
      temperature=1.0,
      network=network,
      acts=GREEDY,
    )
    super().__init__(made, game=game, known=known)
    self.begin_episode()

  def begin_episode(self) -> None:
    """Forgets the observations of the last episode.

    Only a state of several observations has any: on Atari, four.
    """
    self._state = np.zeros(self.facts.state_shape, self.facts.observation_dtype)

  def act(self, observation: Array) -> int | np.ndarray:
    """Chooses an action; call `begin_episode` before each episode.

    Args:
      observation: [*O], what the game shows now.

    Returns:
      The game's action: a number, or [D] float32 within the game's bounds.

    Raises:
      UserError: the observation has another shape.
    """
    newest = np.asarray(observation)
    if newest.shape != self.facts.observation_shape:
      raise UserError(
        f'The observation has the shape {newest.shape}: those of '
        f'{self.facts.name} have {self.facts.observation_shape}.'
      )
    newest = as_observed(newest, self.facts, 'observations')[..., None]
    self._state = np.concatenate([self._state[..., 1:], newest], axis=-1)
    action = self.actions(self._state[None])[0]
    return action if np.ndim(action) else int(action)

  def actions(self, states: Array) -> np.ndarray:
    """Chooses an action in each of several states.

    Args:
      states: [B, *O, S], or [B, *O] where a state is one observation.

    Returns:
      The game's actions: [B] int32, or [B, D] float32 within its bounds.

    Raises:
      UserError: the states have another shape.
    """
    states = self.as_states(states)
    keys = np.zeros((len(states), 2), np.uint32)
    chosen, _ = self.playing()(states, keys)
    if isinstance(self.facts.actions, Continuous):
      return self.facts.actions.to_game(chosen)
    return np.asarray(chosen, np.int32)

  def q_values(self, states: Array) -> np.ndarray:
    """Returns the student's Q-values.

    Args:
      states: see `actions`.

    Returns:
      [B, A] float32. Those of an IQN are means over fixed fractions.

    Raises:
      UserError: it has an actor, or the states have another shape.
    """
    if isinstance(self.facts.actions, Continuous):
      raise UserError(
        'The student has an actor, and no Q-values of each action: ask for '
        'actions or policy_parameters.'
      )
    return self.policy_logits(states)

  def outputs(self, states: Array) -> np.ndarray:
    """Returns what is exported: Q-values, or actions that are vectors."""
    is_vector = isinstance(self.facts.actions, Continuous)
    return self.actions(states) if is_vector else self.q_values(states)

  @property
  def distribution(self) -> str | None:
    """What `policy_parameters` are of; None where actions are discrete."""
    return getattr(self._made, 'distribution', None)

  def pure_policy(self) -> Callable[[Array], Array]:
    """Returns `states[B, *O, S] -> [B, W]`, to be traced by JAX."""
    return self._made.function

  def parameters(self) -> dict[str, np.ndarray]:
    """Returns the parameters of its network, `path/to/leaf` by name."""
    flat = traverse_util.flatten_dict(self._made.params, sep='/')
    return {name: np.asarray(leaf) for name, leaf in flat.items()}

  def export(self, path: str | os.PathLike[str]) -> str:
    """Writes the policy for programs without this package.

    See `exporting.export`.

    Args:
      path: its ending says the format: '.stablehlo', '.onnx', '.npz' or
        '.safetensors'.

    Returns:
      The path.

    Raises:
      UserError: there is no such format, the file cannot be written, or it does
        not do what the student does.
    """
    from reincarnating_rl.api import exporting

    return exporting.export(self, path)
