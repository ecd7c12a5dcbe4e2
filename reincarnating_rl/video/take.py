"""A take: what a policy has played, and the episode of it that is shown."""

import enum
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from reincarnating_rl.envs import seeding
from reincarnating_rl.envs.lanes import Episode
from reincarnating_rl.envs.single import Environment
from reincarnating_rl.evaluation.normalization import ScoreSummary, summarize
from reincarnating_rl.support.errors import UserError


class Shows(enum.Enum):
  """What a policy's values are."""

  Q_VALUES = enum.auto()
  PROBABILITIES = enum.auto()
  MEANS = enum.auto()  # of actions that are vectors in [-1, 1]


class Take(NamedTuple):
  """What is told of a policy in a video.

  Attributes:
    title: what the policy is called.
    details: where it is from; '' if nothing is to be said.
    episodes: all that it played, in the order of their seeds.
    values: in the shown episode, `[T, A]`, or `[T, D]` of vectors.
    shows: what the values are.
    actions: names of the A actions, or of the D components of one.
  """

  title: str
  details: str
  episodes: Sequence[Episode]
  values: np.ndarray
  shows: Shows
  actions: Sequence[str]

  @property
  def shown(self) -> Episode:
    """The episode that is shown."""
    return median(self.episodes)

  @property
  def score(self) -> ScoreSummary:
    """Of all episodes."""
    return summarize([episode.return_ for episode in self.episodes])


class Moment(NamedTuple):
  """An episode after some of its steps."""

  picture: np.ndarray  # [H, W, 3] uint8
  steps: int
  score: float  # so far


def median(episodes: Sequence[Episode]) -> Episode:
  """Returns the episode with the median return: not the best, nor the worst.

  Args:
    episodes: at least one. Of two in the middle, the lower is taken; of equal
      ones, the first.
  """
  ranked = sorted(episodes, key=lambda e: (e.return_, e.index))
  return ranked[(len(ranked) - 1) // 2]


def values_of(logits: np.ndarray, temperature: float | None) -> np.ndarray:
  """Returns what a policy's logits mean.

  Args:
    logits: [T, A].
    temperature: by which Q-values were divided; None for a policy, which has
      probabilities.

  Returns:
    [T, A] Q-values or probabilities.
  """
  logits = logits.astype(np.float64)
  if temperature is not None:
    return logits * temperature
  return special.softmax(logits, axis=1)


def reenact(
  environment: Environment, episode: Episode, *, seed: int, stream: int
) -> Iterator[Moment]:
  """Repeats an episode, action by action, and draws it.

  Args:
    environment: of the same game, which can draw itself.
    episode: of `T` steps.
    seed: of the run that it is from.
    stream: iteration that `rollouts` was given.

  Yields:
    T + 1 moments: before each step, and after the last.

  Raises:
    UserError: the game cannot draw itself, or the episode does not come again.
  """
  environment.reset(seeding.episode_seed(seed, stream, episode.index))
  score = 0.0
  yield Moment(environment.draw(), 0, score)
  for step, action in enumerate(episode.actions):
    _, reward, *_ = environment.step(action)
    if np.float32(reward) != episode.rewards[step]:
      raise UserError(
        f'Step {step + 1} of episode {episode.index + 1} has the reward '
        f'{reward:g} and had {episode.rewards[step]:g}: an episode must be a '
        'function of the seed and the actions, so mend the game.'
      )
    score += reward
    yield Moment(environment.draw(), step + 1, score)
