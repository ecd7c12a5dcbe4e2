"""`evaluate`: how well somebody plays."""

import dataclasses
import warnings
from typing import Any

from reincarnating_rl.api import games
from reincarnating_rl.api.games import AnyGame
from reincarnating_rl.api.players import Player
from reincarnating_rl.api.teachers import as_teacher
from reincarnating_rl.envs import rollouts
from reincarnating_rl.envs.lanes import Episode, Policy
from reincarnating_rl.envs.policies import uniform_policy
from reincarnating_rl.envs.seeding import evaluation_stream
from reincarnating_rl.evaluation import atari_scores
from reincarnating_rl.evaluation.normalization import may_be_random, summarize
from reincarnating_rl.settings import gin_values
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.support.setting_types import (
  Fraction,
  NonNegativeInt,
  PositiveInt,
)
from reincarnating_rl.teachers.foreign import statistics_files


@dataclasses.dataclass(frozen=True)
class Score:
  """What episodes were worth.

  Attributes:
    mean: of the undiscounted returns.
    stderr: of the mean; None for one episode.
    returns: of the episodes, in the order of their seeds.
    lengths: of the episodes, in steps.
    time_outs: how many did not come to an end.
  """

  mean: float
  stderr: float | None
  returns: tuple[float, ...]
  lengths: tuple[int, ...]
  time_outs: int

  def __str__(self) -> str:
    """Returns the mean, its error and the number of episodes."""
    error = '' if self.stderr is None else f' ± {self.stderr:.2f}'
    return f'{self.mean:.2f}{error} ({len(self.returns)} episodes)'


def evaluate(
  player: Any,
  *,
  game: AnyGame | None = None,
  episodes: int = 30,
  seed: int = 0,
  epsilon: float = 0.001,
) -> Score:
  """Has somebody play whole episodes.

  Episode i depends on the player, the seed and i alone. They are those of
  `python -m reincarnating_rl.teachers evaluate`, for the same seed.

  Args:
    player: a `Teacher`, a `Run` or a `Student`; or what `load_teacher` takes.
    game: that is played; None for the player's own.
    episodes: how many.
    seed: of the episodes.
    epsilon: probability of a random action; the command's by default. Runs of
      students with an actor are evaluated with 0.

  Returns:
    The score. What may make the player worse than it could be, such as missing
    statistics of observations, is a warning.

  Raises:
    UserError: the player cannot be loaded, or does not fit the game.
  """
  gin_values.check_value('episodes', episodes, PositiveInt)
  gin_values.check_value('seed', seed, NonNegativeInt)
  gin_values.check_value('epsilon', epsilon, Fraction)
  player = getattr(player, 'student', player)
  if not isinstance(player, Player):
    player = as_teacher(player, game)
  if player is None:
    raise UserError('There is no player: give a teacher, a run or a student.')
  played = game if game is not None else player.game
  if played is None:
    raise UserError(
      f"game is missing: the student's, {player.facts.name:.80}, is an object, "
      'or of a module. Give the object, or a name such as '
      "'my_module:Walk-v0', which imports my_module."
    )
  made = games.create(
    played, num_vector_environments=min(rollouts.LANES, episodes)
  )
  player.check_game(made)
  environment = made.create_vector_environment()

  def play(policy: Policy) -> list[Episode]:
    return sorted(
      rollouts.rollouts(
        environment,
        policy,
        seed=seed,
        iteration=evaluation_stream(0),
        stack_size=player.facts.stack_size,
        num_episodes=episodes,
        max_steps_per_episode=made.max_steps_per_episode
        or rollouts.MAX_STEPS_PER_EPISODE,
      ),
      key=lambda episode: episode.index,
    )

  try:
    found = play(player.playing(epsilon))
    score = summarize([episode.return_ for episode in found])
    lines, doubt = [], statistics_files.doubt(player.lineage)
    if doubt is not None:  # Only beside the random policy can that be told.
      random = atari_scores.random_score(made.name), None
      if random[0] is None:
        by_chance = play(uniform_policy(player.facts.actions))
        told = summarize([episode.return_ for episode in by_chance])
        random = told.mean, told.stderr
      if may_be_random(score.mean, score.stderr, *random):
        lines.append(doubt)
  finally:
    environment.close()
  if made.if_all_time_out and not any(e.terminal or e.cut for e in found):
    lines.append(made.if_all_time_out)
  for line in lines:
    warnings.warn(line, stacklevel=2)
  return Score(
    score.mean,
    score.stderr,
    tuple(episode.return_ for episode in found),
    tuple(episode.length for episode in found),
    sum(not episode.terminal for episode in found),
  )
