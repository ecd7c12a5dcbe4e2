"""The arena: many episodes side by side, to evaluate or to collect."""

from collections.abc import Callable, Iterator

import numpy as np

from reincarnating_rl.envs import rollouts
from reincarnating_rl.envs.lanes import Episode, Policy
from reincarnating_rl.envs.vector import VectorEnvironment
from reincarnating_rl.evaluation.normalization import ScoreSummary, summarize
from reincarnating_rl.runner import progress
from reincarnating_rl.runner.interrupts import InterruptFlag
from reincarnating_rl.runner.phases import Iteration
from reincarnating_rl.types import Array

Logits = Callable[[Array], Array]
"""`states[B, *O, S] -> [B, A]`, of which the largest is the greedy action."""


class Arena:
  """Plays whole episodes of one game with policies over batches of states."""

  def __init__(
    self,
    environment: VectorEnvironment,
    *,
    seed: int,
    stack_size: int,
    max_steps_per_episode: int,
    interrupt: InterruptFlag,
  ) -> None:
    """Takes the lanes to play in.

    Args:
      environment: the lanes.
      seed: of the run.
      stack_size: S, observations per state.
      max_steps_per_episode: where a time-out ends an episode.
      interrupt: checked between steps, so that Ctrl-C need not wait.
    """
    self.environment = environment
    self._seed = seed
    self._stack_size = stack_size
    self._max_steps = max_steps_per_episode
    self._interrupt = interrupt

  def evaluate(
    self,
    logits: Logits,
    iteration: Iteration,
    *,
    who: str,
    epsilon: float,
    steps: int,
    episodes: int | None = None,
  ) -> ScoreSummary:
    """Measures a policy.

    Args:
      logits: of the policy.
      iteration: whose evaluation this is; its seeds depend on it.
      who: shown by the progress bar.
      epsilon: probability of a random action.
      steps: no episode begins once so many steps have been taken.
      episodes: play exactly so many instead.

    Returns:
      Summary of the undiscounted returns.
    """
    played = self._play(
      _policy(logits, epsilon),
      iteration,
      what=f'evaluate {who}',
      steps=steps,
      episodes=episodes,
      keep_steps=False,
    )
    return summarize([episode.return_ for episode in played])

  def collect(
    self, logits: Logits, iteration: Iteration, *, epsilon: float
  ) -> Iterator[Episode]:
    """Plays at least `iteration.steps` steps and keeps what was seen.

    Args:
      logits: of the policy; they travel in the episodes' `extras`.
      iteration: of the plan.
      epsilon: probability of a random action.

    Yields:
      Episodes as they end.
    """
    yield from self._play(
      _policy(logits, epsilon),
      iteration,
      what='collect teacher data',
      steps=iteration.steps,
      episodes=None,
      keep_steps=True,
    )

  def _play(
    self,
    policy: Policy,
    iteration: Iteration,
    *,
    what: str,
    steps: int,
    episodes: int | None,
    keep_steps: bool,
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
        keep_steps=keep_steps,
        max_steps_per_episode=self._max_steps,
        on_steps=on_steps,
      ):
        bar.update(1 if by_episode else 0)
        yield episode


def training_stream(number: int) -> int:
  """Returns the seed stream of an iteration's training episodes."""
  return 2 * number


def evaluation_stream(number: int) -> int:
  """Returns the seed stream of an iteration's other episodes."""
  return 2 * number + 1


def no_preference(num_actions: int) -> Logits:
  """Returns the logits of the uniformly random policy."""
  return lambda states: np.zeros((len(states), num_actions), np.float32)


def epsilon_greedy(
  keys: np.ndarray, logits: np.ndarray, epsilon: float
) -> np.ndarray:
  """Acts greedily, but uniformly with probability epsilon.

  A row without any preference, as of the random policy, is acted on uniformly
  instead of by the action that happens to be the first.

  Args:
    keys: [B, 2] uint32, uniform random bits.
    logits: [B, A].
    epsilon: in [0, 1].

  Returns:
    [B] int32 actions; of equally good ones the first.
  """
  indifferent = np.all(logits == logits[:, :1], axis=1)
  explore = keys[:, 0] < epsilon * 2.0**32
  anywhere = keys[:, 1].astype(np.uint64) * logits.shape[1] >> np.uint64(32)
  greedy = np.argmax(logits, axis=1)
  return np.where(explore | indifferent, anywhere, greedy).astype(np.int32)


def _policy(logits: Logits, epsilon: float) -> Policy:
  def policy(
    states: np.ndarray, keys: np.ndarray
  ) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(logits(np.ascontiguousarray(states)))
    return epsilon_greedy(keys, values, epsilon), values

  return policy
