"""What a game is, and what an entry of the table of games holds."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from reincarnating_rl.envs import process_vector
from reincarnating_rl.envs.programs import GameProgram
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.envs.vector import (
  LoopVectorEnvironment,
  VectorEnvironment,
)
from reincarnating_rl.learner.actions import Discrete


class Game(NamedTuple):
  """Makes environments of one game, equal under equal seeds and actions.

  Attributes:
    name: the full name, such as `Pong` or `MinAtar/breakout`.
    create_environment: makes one environment, to train in.
    create_vector_environment: makes many, to evaluate in.
    stack_size: observations in a state by default: one, unless a single one
      hides motion.
    module: the module of one's own that registers the name, if it was given.
    max_steps_per_episode: until a time-out of the game's own; None if it has
      none, or its family's.
    for_teacher: the same game, as the teacher plays it; None: as the student.
    if_all_time_out: one line for a user all of whose episodes the game has
      ended by its time-out.
    create_drawn_environment: makes one that draws itself, where those that are
      played do not.
    program: makes the same game as a JAX program; None where there is none.
    create_lanes: makes so many environments to train in; None to step them one
      after the other.
  """

  name: str
  create_environment: Callable[[], Environment]
  create_vector_environment: Callable[[], VectorEnvironment]
  stack_size: int = 1
  module: str | None = None
  max_steps_per_episode: int | None = None
  for_teacher: 'Game | None' = None
  if_all_time_out: str | None = None
  create_drawn_environment: Callable[[], Environment] | None = None
  program: Callable[[], GameProgram] | None = None
  create_lanes: Callable[[int], VectorEnvironment] | None = None

  def create_environment_to_draw(self) -> Environment:
    """Makes one environment that can `draw` its states."""
    return (self.create_drawn_environment or self.create_environment)()

  def if_limit_is_idle(self, max_steps: int) -> str | None:
    """Returns one line for a user whose limit the game's own forestalls.

    Args:
      max_steps: of an episode, as asked for.
    """
    own = self.max_steps_per_episode
    if own is None or max_steps <= own:
      return None
    return (
      f'The registered limit of {self.name} ends episodes at {own:,} steps, '
      f'so that max_steps_per_episode = {max_steps:,} counts for nothing: '
      'register the game with another max_episode_steps.'
    )

  def create_training_environments(self, number: int) -> VectorEnvironment:
    """Makes environments to train in side by side.

    Args:
      number: of them.
    """
    if self.create_lanes is not None:
      return self.create_lanes(number)
    return LoopVectorEnvironment(
      [self.create_environment() for _ in range(number)]
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class GameFamily:
  """A family of games: an entry of `games.GAMES`.

  Attributes:
    name: of the family, and gin's `create_game.kind`.
    summary: what its games are, for documents.
    example: the full name of one of them, for help texts.
    matches: whether a full name belongs to this family; called only if no
      earlier entry matches.
    exists: whether there is a game of a full name that matches.
    create: `(**settings) -> Game`. gin sets its parameters.
    gin_name: gin's name of `create`.
    gin_module: the module under which gin registers it.
    flags: parameters of `create` that flags set; gin may not.
    prefix: what precedes `create`'s parameter `game_name` in a full name.
    only: the full name of the only game, if `create` has no `game_name`.
    actions: of its games, 'discrete' and 'continuous' or one of them.
    stack_size: observations in a state by default.
    max_steps_per_episode: until a time-out; None if each game has its own.
    steps_per_second: in a video; a viewer can follow.
    networks: by kind of student, the network that fits: a name of
      `networks.registry.NETWORKS`.
  """

  name: str
  summary: str
  example: str
  matches: Callable[[str], bool]
  exists: Callable[[str], bool]
  create: Callable[..., Game]
  gin_name: str
  gin_module: str = 'games'
  flags: tuple[str, ...] = ()
  prefix: str = ''
  only: str | None = None
  actions: tuple[str, ...] = (Discrete.kind,)
  stack_size: int = 1
  max_steps_per_episode: int | None = None
  steps_per_second: int = 30
  networks: Mapping[str, str]

  def full_name(self, game_name: str | None) -> str | None:
    """Returns the full name of the game that gin sets.

    Args:
      game_name: as `create` takes it; None if gin does not set it.

    Returns:
      The name; None if it is unknown.
    """
    return self.only or (game_name and f'{self.prefix}{game_name}')

  def create_by_name(self, name: str, **settings: Any) -> Game:
    """Makes a game by its full name.

    Args:
      name: one that matches.
      **settings: other parameters of `create`.

    Raises:
      UserError: there is no such game, or a setting makes no sense.
    """
    if self.only is None:
      settings['game_name'] = name.removeprefix(self.prefix)
    return self.create(**settings)

  def taken(self, **flags: Any) -> dict[str, Any]:
    """Returns those of the flags that `create` takes."""
    return {name: flags[name] for name in self.flags}


def looped(
  name: str,
  create: Callable[[], Environment],
  lanes: int,
  stack_size: int = 1,
) -> Game:
  """Makes a game whose lanes step one after the other.

  Args:
    name: the full name.
    create: makes one environment.
    lanes: episodes played side by side in evaluation.
    stack_size: observations in a state.
  """

  def create_vector() -> VectorEnvironment:
    return LoopVectorEnvironment([create() for _ in range(lanes)])

  return Game(name, create, create_vector, stack_size)


def spread(
  name: str,
  create: Callable[[], Environment],
  lanes: int,
  num_processes: int | None,
) -> Game:
  """Makes a game whose lanes are spread over processes.

  Args:
    name: the full name.
    create: makes one environment; see `ProcessVectorEnvironment`.
    lanes: episodes played side by side in evaluation.
    num_processes: that play them. None is one a core; 1 is this process.

  Raises:
    UserError: there are fewer than 1.
  """
  process_vector.process_count(lanes, num_processes)  # An error now, if any.

  def create_vector(number: int = lanes) -> VectorEnvironment:
    if process_vector.process_count(number, num_processes) == 1:
      return LoopVectorEnvironment([create() for _ in range(number)])
    return process_vector.ProcessVectorEnvironment(
      create, number, num_processes
    )

  return Game(name, create, create_vector, create_lanes=create_vector)
