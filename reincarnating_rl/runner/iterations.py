"""What happens in an iteration of each phase."""

import contextlib
import time
from collections.abc import Iterator

import jax
from dopamine.metrics.statistics_instance import StatisticsInstance

from reincarnating_rl.envs.lanes import Policy
from reincarnating_rl.envs.policies import (
  Logits,
  epsilon_greedy_policy,
  uniform_policy,
)
from reincarnating_rl.envs.seeding import episode_seed
from reincarnating_rl.evaluation.normalization import ScoreSummary
from reincarnating_rl.runner import arena, phases, progress
from reincarnating_rl.runner.phases import Iteration, Phase


class Iterations:
  """The phases of `RunnerWithTeacher`, which has the attributes used here."""

  def _run_teacher_evaluation(self, iteration: Iteration) -> None:
    self.record.random = self._random_score
    if self._random_score is None:
      uniform = uniform_policy(self._agent.num_actions)
      self.record.random = self._evaluate(uniform, iteration, 'random').mean
    teacher = self._evaluate(
      self._greedy(self._teacher.policy_logits), iteration, 'teacher'
    )
    self.record.teacher = teacher
    self.record.normalized(teacher.mean)  # An error now, not after pretraining.
    self._write(
      iteration,
      {
        'Teacher/AverageReturns': teacher.mean,
        'Teacher/StandardError': teacher.stderr,
        'Random/AverageReturns': self.record.random,
      },
    )

  def _run_collection(self, iteration: Iteration) -> None:
    with self._clock(iteration):
      policy = epsilon_greedy_policy(
        self._teacher.policy_logits, self._teacher_epsilon
      )
      for episode in self._arena.collect(policy, iteration):
        self._teacher_data.add(episode, clip_rewards=self._clip_rewards)
        self.record.teacher_steps += episode.length

  def _run_pretraining(self, iteration: Iteration) -> None:
    updates = self._teacher_data.updates(
      iteration.steps, done=self._position.steps
    )
    metrics = None
    with self._progress(iteration, 'pretrain', 'updates') as bar:
      while True:
        with self._clock(iteration):
          count, newest = next(updates, (0, None))
          # One program behind, so that the next one is already queued.
          jax.block_until_ready(metrics)
        if not count:
          break
        metrics = newest
        self._position = self._position.after(count)
        bar.update(count)
        self._reach_safe_point(iteration)
    rate = self._position.steps / self._position.seconds
    self._write(
      iteration, {'Pretrain/UpdatesPerSecond': rate, **(metrics or {})}
    )
    if phases.ends_phase(self.plan, iteration):
      self._agent.finish_pretraining()
      self._teacher_data.close()

  def _run_train_phase(self, iteration: Iteration) -> None:
    self._agent.eval_mode = False
    with self._progress(iteration, 'train online', 'steps') as self._bar:
      while self._position.steps < iteration.steps:
        with self._clock(iteration):
          steps, episode_return = self._run_one_episode()
        self._position = self._position.after(
          steps, episodes=1, sum_returns=episode_return
        )
        self._reach_safe_point(iteration)
    position = self._position
    self._write(
      iteration,
      {
        'Train/NumEpisodes': position.episodes,
        'Train/AverageReturns': position.average_return,
        'Train/AverageStepsPerSecond': position.steps / position.seconds,
      },
    )

  def _initialize_episode(self) -> int:
    seed = episode_seed(
      self._seed,
      arena.training_stream(self._position.number),
      self._position.episodes,
    )
    return self._agent.begin_episode(self._environment.reset(seed))

  def _run_one_step(self, action: int) -> tuple:
    self._bar.update()
    return super()._run_one_step(action)

  def _run_eval_phase(self, iteration: Iteration) -> None:
    score = self._evaluate(
      self._greedy(self._agent.q_values), iteration, 'student'
    )
    agent = self._agent
    normalized = self.record.add(iteration, score, agent.counters)
    metrics = {
      'Eval/NumEpisodes': score.num_episodes,
      'Eval/AverageReturns': score.mean,
      'Eval/StandardError': score.stderr,
      # As they were while this iteration was trained.
      'Train/DistillCoefficient': agent.distill_coefficient,
      'Train/LearningRate': agent.learning_rate,
    }
    if normalized is not None:
      metrics['Eval/Normalized_Score'] = normalized
      if iteration.phase is Phase.ONLINE:
        agent.record_score(normalized)
    self._write(iteration, metrics)

  def _evaluate(
    self, policy: Policy, iteration: Iteration, who: str
  ) -> ScoreSummary:
    with self._clock(iteration, 'EVALUATION'):
      return self._arena.evaluate(
        policy,
        iteration,
        who=who,
        steps=self._evaluation_steps,
        episodes=self._evaluation_episodes,
      )

  # What every phase needs.

  def _greedy(self, logits: Logits) -> Policy:
    return epsilon_greedy_policy(logits, self._agent.epsilon_eval)

  def _progress(
    self, iteration: Iteration, what: str, unit: str
  ) -> progress.tqdm.tqdm:
    return progress.bar(
      iteration,
      what,
      total=iteration.steps,
      unit=unit,
      done=self._position.steps,
    )

  @contextlib.contextmanager
  def _clock(self, iteration: Iteration, kind: str = '') -> Iterator[None]:
    """Adds wall time to a phase; evaluation is apart from training."""
    began = time.monotonic()
    try:
      yield
    finally:
      elapsed = time.monotonic() - began
      self.record.spend(kind or iteration.phase.name, elapsed)
      if not kind:
        self._position = self._position.after(0, seconds=elapsed)

  def _write(self, iteration: Iteration, metrics: dict[str, float]) -> None:
    self._collector_dispatcher.write(
      [
        StatisticsInstance(name, float(value), iteration.number)
        for name, value in metrics.items()
      ]
    )
