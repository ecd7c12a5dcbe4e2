"""One seed of a fleet: a run as any other, whose episodes the fleet plays."""

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from reincarnating_rl.envs.games import Game
from reincarnating_rl.envs.lanes import Episode, Policy
from reincarnating_rl.evaluation import atari_scores, summary
from reincarnating_rl.evaluation.normalization import ScoreSummary, summarize
from reincarnating_rl.runner.plan import Iteration, Phase
from reincarnating_rl.runner.runner import RunnerWithTeacher
from reincarnating_rl.support.errors import NotFiniteError
from reincarnating_rl.support.interrupts import InterruptFlag

# At least: a seed may have to go back to where the others are.
_CHECKPOINTS = 2


class Played:
  """Stands for an evaluator: its episodes have been played.

  Attributes:
    returns: of whole episodes, by who played: student, teacher or random.
    episodes: that the teacher played for its data.
    num_envs: L, lanes that they were played in.
  """

  def __init__(self, num_envs: int) -> None:
    """Has nothing yet."""
    self.num_envs = num_envs
    self.returns: dict[str, Sequence[float]] = {}
    self.episodes: Sequence[Episode] = ()

  @property
  def environment(self) -> 'Played':
    """Itself, in place of lanes."""
    return self

  def close(self) -> None:
    """Does nothing: there is nothing to free."""

  def evaluate(
    self, policy: Policy, iteration: Iteration, *, who: str
  ) -> ScoreSummary:
    """Returns the score of who has played; see `Evaluator.evaluate`."""
    del policy, iteration
    return summarize(self.returns[who])

  def collect(
    self, policy: Policy, iteration: Iteration, *, steps: int
  ) -> Iterator[Episode]:
    """Yields the teacher's episodes; see `Evaluator.collect`."""
    del policy, iteration, steps
    yield from self.episodes


class SeedRunner(RunnerWithTeacher):
  """The run of one seed.

  What it records, writes and resumes is what a run records, writes and
  resumes; the fleet does what takes time.

  Attributes:
    played: what stands for its evaluator.
    checkpoint_seconds: longest time between checkpoints, for the fleet.
  """

  def __init__(
    self,
    *args: Any,
    num_lanes: int,
    newest: int,
    interrupt: InterruptFlag,
    begin: Callable[['SeedRunner'], dict[str, Any]],
    **settings: Any,
  ) -> None:
    """Builds the run, and resumes it.

    Args:
      *args: see `RunnerWithTeacher`.
      num_lanes: L, lanes that episodes are played in.
      newest: number of the checkpoint to resume; -1 for none.
      interrupt: the fleet's, which alone listens.
      begin: makes the first episode of a seed, arrays by name.
      **settings: see `RunnerWithTeacher`.
    """
    self.played = Played(num_lanes)
    self._newest, self._begin = newest, begin
    self.make_interrupt = lambda: interrupt
    super().__init__(*args, **settings)
    # Each line of a terminal is the fleet's.
    self._collector_dispatcher._collectors = [
      collector
      for collector in self._collector_dispatcher._collectors
      if collector.get_name() not in ('terminal', 'console')
    ]
    self._parts.evaluation.atoms = None  # Episodes stay on the device.
    phases = self._parts.phases
    phases[Phase.PRETRAIN] = phases[Phase.PRETRAIN].finish
    self.online = phases[Phase.ONLINE]
    phases[Phase.ONLINE] = lambda iteration: self.online.finish()

  def make_evaluator(self, game: Game) -> Played:
    """Returns what stands for one."""
    del game
    return self.played

  def _initialize_checkpointer_and_maybe_resume(self, prefix: str) -> None:
    settings = self._settings
    self.checkpoint_seconds = settings.checkpoint_seconds
    # The fleet saves all seeds at once.
    self._settings = dataclasses.replace(
      settings,
      checkpoint_seconds=math.inf,
      checkpoints_to_keep=max(_CHECKPOINTS, settings.checkpoints_to_keep),
    )
    super()._initialize_checkpointer_and_maybe_resume(prefix)

  def _resume(self) -> None:
    saver = self._parts.saver
    identity = saver._identity_until
    saver._identity_until = lambda number: (
      identity(number) | {'--num_seeds': 'given'}
    )
    saver.more = {'episode': self._begin(self)}
    saver.resume(self._newest)

  # What the fleet reads and does.

  @property
  def number(self) -> int:
    """The seed."""
    return self._seed

  @property
  def base_dir(self) -> str:
    """Its folder."""
    return self._base_dir

  @property
  def settings(self) -> Any:
    """See `planning.Settings`."""
    return self._settings

  @property
  def max_steps_per_episode(self) -> int:
    """Where a time-out ends an episode."""
    return self._max_steps_per_episode

  @property
  def clips_rewards(self) -> bool:
    """Whether the student learns from rewards in [-1, 1]."""
    return self._clip_rewards

  @property
  def evaluation_steps(self) -> int:
    """Steps from which on no episode of an evaluation begins."""
    return self._evaluation_steps

  @property
  def measures_random(self) -> bool:
    """Whether the random policy's score is neither given nor published."""
    given = self._settings.random_score
    known = atari_scores.known_random_score(given, self._game.name)
    return known is None

  @property
  def agent(self) -> Any:
    """The student."""
    return self._agent

  @property
  def parts(self) -> Any:
    """What the run consists of; see `assembly.Parts`."""
    return self._parts

  @property
  def progress(self) -> Any:
    """Where the run is."""
    return self._progress

  @property
  def data(self) -> Any:
    """The teacher's data."""
    return self._parts.saver._data

  def episode(self) -> Any:
    """Returns the episode under way, as arrays by name."""
    return self._parts.saver.more['episode']

  def run_iteration(self, number: int) -> None:
    """Records an iteration whose work is done."""
    self._run_one_iteration(number)

  def keep_episode(self, episode: dict[str, Any]) -> None:
    """Takes the episode under way, arrays by name, for the next checkpoint."""
    self._parts.saver.more = {'episode': episode}

  def save(self, number: int) -> None:
    """Writes a checkpoint of an iteration."""
    self._checkpoint_experiment(number)

  def write(self, statistics: Sequence[Any]) -> None:
    """Writes metrics of training."""
    self._collector_dispatcher.write(
      statistics, collector_allowlist=self._agent._collector_allowlist
    )

  def write_summary(self, *, quiet: bool) -> None:
    """Draws the learning curve, and prints the scores unless `quiet`."""
    scores = self.record.to_json()
    summary.write(scores, self._base_dir, title=self._game.name, quiet=quiet)

  @contextlib.contextmanager
  def named(self) -> Iterator[None]:
    """Adds the seed to what is said of numbers that are not finite.

    Raises:
      NotFiniteError: as it was raised in this context.
    """
    try:
      yield
    except NotFiniteError as error:
      error.args = (f'Seed {self._seed}: {error}',)
      raise

  def close(self) -> None:
    """Frees what the run holds."""
    self._close()
