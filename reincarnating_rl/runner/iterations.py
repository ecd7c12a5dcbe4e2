"""What happens in an iteration in which the student learns."""

import contextlib
import time
from collections.abc import Iterator

from dopamine.metrics.statistics_instance import StatisticsInstance

from reincarnating_rl.envs.lanes import Policy
from reincarnating_rl.envs.policies import sampling_policy
from reincarnating_rl.envs.seeding import episode_seed
from reincarnating_rl.evaluation.normalization import ScoreSummary
from reincarnating_rl.runner import (
  evaluator,
  plan,
  progress,
)
from reincarnating_rl.runner.plan import (
  Iteration,
  Phase,
)
from reincarnating_rl.support.progress import Progress, moving

Metrics = dict[str, float]


class Iterations:
  """The student's phases, and what all phases need.

  Part of `RunnerWithTeacher`, which has the attributes used here.
  """

  def _run_pretraining(self, iteration: Iteration) -> Metrics:
    updates = self._teacher_data.updates(
      iteration.steps, done=self._position.steps
    )
    with self._progress(iteration, 'pretrain', 'updates') as bar:
      while True:
        with self._clock(iteration):
          count, metrics = next(updates, (0, {}))
        if not count:
          break
        self._position = self._position.after(count, metrics=metrics)
        bar.update(count)
        self._reach_safe_point(iteration)
    if plan.ends_phase(self.plan, iteration):
      self._teacher_data.finish_pretraining()
    position = self._position
    means = {f'Pretrain/{name}': x for name, x in position.means.items()}
    rate = position.steps / max(position.seconds, 1e-9)
    return {'Pretrain/UpdatesPerSecond': rate, **means}

  def _run_train_phase(self, iteration: Iteration) -> Metrics:
    self._agent.eval_mode = False
    self._agent.set_teacher_data(self._teacher_data.store)
    with self._progress(iteration, 'train online', 'steps') as self._bar:
      while self._position.steps < iteration.steps:
        with self._clock(iteration):
          steps, episode_return = self._run_one_episode()
        self._position = self._position.after(
          steps, episodes=1, sum_returns=episode_return
        )
        self._reach_safe_point(iteration)
    position = self._position
    return {
      'Train/NumEpisodes': position.episodes,
      'Train/AverageReturns': position.average_return,
      'Train/AverageStepsPerSecond': position.steps
      / max(position.seconds, 1e-9),
    }

  def _initialize_episode(self) -> int:
    seed = episode_seed(
      self._seed,
      evaluator.training_stream(self._position.number),
      self._position.episodes,
    )
    return self._agent.begin_episode(self._environment.reset(seed))

  def _run_one_step(self, action: int) -> tuple:
    self._bar.update()
    return super()._run_one_step(action)

  def _run_eval_phase(self, iteration: Iteration) -> Metrics:
    agent = self._agent
    policy = sampling_policy(agent.q_values, agent.epsilon_eval)
    score = self._evaluate(policy, iteration, 'student')
    normalized = self.record.add(iteration, score, agent.counters)
    metrics = {
      'Eval/NumEpisodes': score.num_episodes,
      'Eval/AverageReturns': score.mean,
      # As they were while this iteration was trained.
      'Train/DistillCoefficient': agent.distill_coefficient,
      'Train/LearningRate': agent.learning_rate,
    }
    if score.stderr is not None:
      metrics['Eval/StandardError'] = score.stderr
    if normalized is not None:
      metrics['Eval/Normalized_Score'] = normalized
    if iteration.phase is Phase.ONLINE:
      for name, value in agent.online_metrics.items():
        metrics[f'Train/{name}'] = value
    # After what it was trained with is told. An evaluation that is interrupted
    # begins anew, and so does not find it changed.
    self._let_go_on(iteration, normalized)
    return metrics

  def _let_go_on(self, iteration: Iteration, normalized: float | None) -> None:
    """Prepares the student for what follows its evaluation."""
    agent = self._agent
    if iteration.phase is Phase.ONLINE:
      if normalized is not None:
        agent.record_score(normalized)
      agent.finish_online_iteration()
    elif plan.ends_phase(self.plan, iteration):
      agent.finish_pretraining()

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

  def _follow(self, bar: progress.tqdm.tqdm) -> Progress:
    """Returns what takes how much is done of how much."""
    move = moving(bar)

    def follow(done: int, total: int) -> None:
      self._interrupt.check()
      move(done, total)

    return follow

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

  def _write(self, iteration: Iteration, metrics: Metrics) -> None:
    self._collector_dispatcher.write(
      [
        StatisticsInstance(name, float(value), iteration.number)
        for name, value in metrics.items()
      ]
    )
