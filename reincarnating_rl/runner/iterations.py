"""What happens in an iteration of each phase."""

import contextlib
import time
from collections.abc import Iterator

from absl import logging
from dopamine.metrics.statistics_instance import StatisticsInstance

from reincarnating_rl.envs.lanes import Policy
from reincarnating_rl.envs.policies import (
  Logits,
  epsilon_greedy_policy,
  uniform_policy,
)
from reincarnating_rl.envs.seeding import episode_seed
from reincarnating_rl.errors import UserError
from reincarnating_rl.evaluation import atari_scores
from reincarnating_rl.evaluation.normalization import ScoreSummary
from reincarnating_rl.replay import loading
from reincarnating_rl.runner import arena, phases, progress
from reincarnating_rl.runner.phases import Iteration, Phase

Metrics = dict[str, float]


class Iterations:
  """The phases of `RunnerWithTeacher`, which has the attributes used here."""

  def _run_teacher_evaluation(self, iteration: Iteration) -> Metrics:
    record = self.record
    record.random, record.random_source = self._find_random_score(iteration)
    teacher = self._evaluate(
      self._greedy(self._teacher.policy_logits), iteration, 'teacher'
    )
    record.teacher = teacher
    record.normalized(teacher.mean)  # An error now, not after pretraining.
    if teacher.mean - record.random < 2 * (teacher.stderr or 0.0):
      logging.warning(
        'The teacher (%.1f) is hardly better than random (%.1f): normalised '
        'scores will be noise.',
        teacher.mean,
        record.random,
      )
    return {
      'Teacher/AverageReturns': teacher.mean,
      'Random/AverageReturns': record.random,
    }

  def _find_random_score(self, iteration: Iteration) -> tuple[float, str]:
    if self._random_score is not None:
      return self._random_score, 'given'
    published = atari_scores.random_score(self._game.name)
    if published is not None:
      return published, 'published'
    uniform = uniform_policy(self._agent.num_actions)
    return self._evaluate(uniform, iteration, 'random').mean, 'measured'

  def _run_collection(self, iteration: Iteration) -> Metrics:
    record = self.record
    policy = epsilon_greedy_policy(
      self._teacher.policy_logits, self._teacher_epsilon
    )
    # Episodes are finished: what one iteration has too much, the next needs
    # not play.
    wanted = phases.steps_until(self.plan, iteration) - record.teacher_steps
    with self._clock(iteration):
      for episode in self._arena.collect(policy, iteration, steps=wanted):
        self._teacher_data.add(episode, clip_rewards=self._clip_rewards)
        record.teacher_steps += episode.length
    return {'Collect/TeacherSteps': record.teacher_steps}

  def _run_loading(self, iteration: Iteration) -> Metrics:
    replay = self._teacher_source.replay
    if replay is None:  # Read before a checkpoint that proved to be damaged.
      raise UserError(
        f"The teacher's replay has to be read again for {self._base_dir}, and "
        'it is not there any more: restore it, or choose another --base_dir.'
      )
    with self._clock(iteration):
      with self._progress(iteration, 'load teacher data', 'steps read') as bar:
        report = self._teacher_data.load(
          replay,
          newest=iteration.steps,
          clip_rewards=self._clip_rewards,
          progress=self._follow(bar),
        )
      if self._agent.needs_teacher_logits:
        with self._progress(iteration, 'ask the teacher', 'states') as bar:
          self._teacher_data.label(self._follow(bar))
    self.record.teacher_steps = report.steps
    self.record.teacher_data = {
      'replay': replay.describe(),
      **report._asdict(),
    }
    print(f'Loaded {report.describe()}.')
    return {'Load/TeacherSteps': report.steps}

  def _follow(self, bar: progress.tqdm.tqdm) -> loading.Progress:
    """Returns what takes how much is done of how much."""
    move = loading.moving(bar)

    def follow(done: int, total: int) -> None:
      self._interrupt.check()
      move(done, total)

    return follow

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
    if phases.ends_phase(self.plan, iteration):
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
      arena.training_stream(self._position.number),
      self._position.episodes,
    )
    return self._agent.begin_episode(self._environment.reset(seed))

  def _run_one_step(self, action: int) -> tuple:
    self._bar.update()
    return super()._run_one_step(action)

  def _run_eval_phase(self, iteration: Iteration) -> Metrics:
    agent = self._agent
    score = self._evaluate(self._greedy(agent.q_values), iteration, 'student')
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
        agent.record_score(normalized)
    # After what it was trained with is told. An evaluation that is interrupted
    # begins anew, and so does not find it changed.
    if iteration.phase is Phase.PRETRAIN and phases.ends_phase(
      self.plan, iteration
    ):
      agent.finish_pretraining()
    if iteration.phase is Phase.ONLINE:
      for name, value in agent.online_metrics.items():
        metrics[f'Train/{name}'] = value
      agent.finish_online_iteration()
    return metrics

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

  def _write(self, iteration: Iteration, metrics: Metrics) -> None:
    self._collector_dispatcher.write(
      [
        StatisticsInstance(name, float(value), iteration.number)
        for name, value in metrics.items()
      ]
    )
