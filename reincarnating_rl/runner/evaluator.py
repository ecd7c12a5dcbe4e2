"""The evaluator: many episodes side by side, to measure or to collect."""

from collections.abc import Iterator

import gin
from absl import logging

from reincarnating_rl.envs import rollouts
from reincarnating_rl.envs.games import Game
from reincarnating_rl.envs.lanes import Episode, Keep, Policy
from reincarnating_rl.envs.seeding import evaluation_stream
from reincarnating_rl.envs.vector import VectorEnvironment
from reincarnating_rl.evaluation.normalization import ScoreSummary, summarize
from reincarnating_rl.runner import progress
from reincarnating_rl.runner.plan import Iteration
from reincarnating_rl.support.interrupts import InterruptFlag


class CutNotice:
  """Says once that there is a limit that is not the game's own."""

  def __init__(self, max_steps: int, *, is_published: bool = False) -> None:
    """Has said nothing yet.

    Args:
      max_steps: at which episodes are cut.
      is_published: whether scores are normalised by a published random score.
    """
    self._max_steps, self._has_told = max_steps, False
    self._is_published = is_published

  def tell(self, cut: int, played: int) -> None:
    """Warns if episodes were cut, unless it has warned before.

    Args:
      cut: how many of them.
      played: how many there were.
    """
    if cut and not self._has_told:
      logging.warning(
        '%d of %d episodes were cut at %d steps: set '
        'Runner.max_steps_per_episode to let them go on.',
        *(cut, played, self._max_steps),
      )
      if self._is_published:
        logging.warning(
          'The published random score is of episodes without that limit: set '
          'RunnerWithTeacher.random_score to what `teachers evaluate '
          '--measure_random --max_steps_per_episode %d` measures.',
          self._max_steps,
        )
      self._has_told = True


class Evaluator:
  """Plays whole episodes of one game with policies over batches of states."""

  def __init__(
    self,
    environment: VectorEnvironment,
    *,
    seed: int,
    stack_size: int,
    max_steps_per_episode: int,
    interrupt: InterruptFlag,
    steps: int,
    episodes: int | None = None,
    if_all_time_out: str | None = None,
    is_published: bool = False,
  ) -> None:
    """Takes the lanes to play in, and how long an evaluation is.

    Args:
      environment: the lanes.
      seed: of the run.
      stack_size: S, observations per state.
      max_steps_per_episode: where a time-out ends an episode.
      interrupt: checked between steps, so that Ctrl-C need not wait.
      steps: no episode of an evaluation begins once so many have been taken.
      episodes: play exactly so many instead.
      if_all_time_out: what is said, once, where no episode came to its end and
        none was cut.
      is_published: whether scores are normalised by a published random score.
    """
    self.environment = environment
    self._seed = seed
    self._stack_size = stack_size
    self._max_steps = max_steps_per_episode
    self._interrupt = interrupt
    self._steps, self._episodes = steps, episodes
    self._cuts = CutNotice(max_steps_per_episode, is_published=is_published)
    self._if_all_time_out = if_all_time_out

  def evaluate(
    self,
    policy: Policy,
    iteration: Iteration,
    *,
    who: str,
  ) -> ScoreSummary:
    """Measures a policy.

    Args:
      policy: that is measured.
      iteration: whose evaluation this is; its seeds depend on it.
      who: shown by the progress bar.

    Returns:
      Summary of the undiscounted returns.
    """
    played = self.play(policy, iteration, who=who)
    return summarize([episode.return_ for episode in played])

  def play(
    self,
    policy: Policy,
    iteration: Iteration,
    *,
    who: str,
    keep: Keep = Keep.NOTHING,
  ) -> Iterator[Episode]:
    """Plays the episodes that `evaluate` measures, and warns of their ends.

    Args:
      policy: that plays.
      iteration: whose evaluation this is; its seeds depend on it.
      who: shown by the progress bar.
      keep: what episodes carry beside actions and rewards.

    Yields:
      Episodes as they end.
    """
    played = cut = ended = 0
    for episode in self._play(
      policy,
      iteration,
      what=f'evaluate {who}',
      steps=self._steps,
      episodes=self._episodes,
      keep=keep,
    ):
      played, cut = played + 1, cut + episode.cut
      ended += episode.terminal
      yield episode
    self._cuts.tell(cut, played)
    if self._if_all_time_out and not ended and not cut:
      logging.warning('%s', self._if_all_time_out)
      self._if_all_time_out = None  # Once is enough.

  def collect(
    self, policy: Policy, iteration: Iteration, *, steps: int
  ) -> Iterator[Episode]:
    """Plays at least `steps` steps and keeps what was seen.

    Args:
      policy: that plays; its extras travel with the episodes.
      iteration: of the plan.
      steps: no episode begins once so many have been taken.

    Yields:
      Episodes as they end.
    """
    yield from self._play(
      policy,
      iteration,
      what='collect teacher data',
      steps=steps,
      episodes=None,
      keep=Keep.ALL,
    )

  def _play(
    self,
    policy: Policy,
    iteration: Iteration,
    *,
    what: str,
    steps: int,
    episodes: int | None,
    keep: Keep,
  ) -> Iterator[Episode]:
    by_episode = episodes is not None
    unit, total = ('episodes', episodes) if by_episode else ('steps', steps)
    with progress.bar(iteration, what, total=total, unit=unit) as bar:

      def on_steps(count: int) -> None:
        self._interrupt.check()
        bar.update(0 if by_episode else count)

      for episode in rollouts.rollouts(
        self.environment,
        policy,
        seed=self._seed,
        iteration=evaluation_stream(iteration.number),
        stack_size=self._stack_size,
        min_steps=None if by_episode else steps,
        num_episodes=episodes,
        keep=keep,
        max_steps_per_episode=self._max_steps,
        on_steps=on_steps,
      ):
        bar.update(1 if by_episode else 0)
        yield episode


def time_limit(game: Game) -> dict[str, int]:
  """Returns the `max_steps_per_episode` of a run, unless gin binds it.

  Warns if what gin binds is beyond the game's own.

  Args:
    game: whose own limit it is, if it has one.
  """
  bound = gin.get_bindings('Runner').get('max_steps_per_episode')
  if bound is not None:
    if line := game.if_limit_is_idle(bound):
      logging.warning('%s', line)
    return {}
  limit = game.max_steps_per_episode or rollouts.MAX_STEPS_PER_EPISODE
  return {'max_steps_per_episode': limit}
