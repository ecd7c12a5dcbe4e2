"""The phases in which the student learns, and what follows each."""

from collections.abc import Callable

from reincarnating_rl.agents import snapshot
from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs.lanes import Keep
from reincarnating_rl.evaluation.normalization import ScoreSummary, summarize
from reincarnating_rl.runner.diagnosis import AtomsNotice, Diagnosis
from reincarnating_rl.runner.evaluator import Evaluator
from reincarnating_rl.runner.plan import Iteration, Phase
from reincarnating_rl.runner.progress import Progress
from reincarnating_rl.runner.record import Record
from reincarnating_rl.runner.teacher_data import TeacherData

Metrics = dict[str, float]


class Pretraining:
  """Makes updates on the teacher's data."""

  def __init__(
    self,
    data: TeacherData,
    progress: Progress,
    *,
    ends_phase: Callable[[Iteration], bool],
  ) -> None:
    """Takes what it works with.

    Args:
      data: the teacher's, which makes the updates.
      progress: takes how far it is.
      ends_phase: whether an iteration is the last of its phase.
    """
    self._data, self._progress = data, progress
    self._ends_phase = ends_phase

  def __call__(self, iteration: Iteration) -> Metrics:
    """Runs the phase; returns what to log."""
    progress = self._progress
    updates = self._data.updates(iteration.steps, done=progress.position.steps)
    with progress.bar(iteration, 'pretrain', 'updates') as bar:
      while True:
        with progress.clock(iteration):
          count, metrics = next(updates, (0, {}))
        if not count:
          break
        bar.update(count)
        progress.advance(iteration, count, metrics=metrics)
    return self.finish(iteration)

  def finish(self, iteration: Iteration) -> Metrics:
    """Ends the phase once all updates are made; returns what to log."""
    if self._ends_phase(iteration):
      self._data.finish_pretraining()
    position = self._progress.position
    means = {f'Pretrain/{name}': x for name, x in position.means.items()}
    rate = position.steps / max(position.seconds, 1e-9)
    return {'Pretrain/UpdatesPerSecond': rate, **means}


class Online:
  """The student plays and learns."""

  def __init__(
    self,
    agent: Student,
    data: TeacherData,
    record: Record,
    progress: Progress,
    *,
    play: Callable[[Callable[..., object]], tuple[int, list[float]]],
  ) -> None:
    """Takes what it works with.

    Args:
      agent: the student.
      data: the teacher's, where its batches draw on them.
      record: normalises returns.
      progress: takes how far it is.
      play: plays for a while and calls its argument with the steps just taken,
        by default 1; returns the steps and the returns of episodes that ended.
    """
    self._agent, self._data = agent, data
    self._record, self._progress = record, progress
    self._play = play

  def begin(self) -> None:
    """Prepares the student."""
    agent = self._agent
    agent.eval_mode = False
    agent.batches.set_teacher_data(self._data.store)
    agent.weaner.at_switch()  # Where there was no offline phase.

  def __call__(self, iteration: Iteration) -> Metrics:
    """Runs the phase; returns what to log."""
    progress, agent = self._progress, self._agent
    self.begin()
    with progress.bar(iteration, 'train online', 'steps') as bar:
      while progress.position.steps < iteration.steps:
        with progress.clock(iteration):
          steps, returns = self._play(bar.update)
        for episode_return in returns:
          normalized = self._record.normalized(episode_return)
          if normalized is not None:
            agent.weaner.after_episode(normalized)
        progress.advance(
          iteration, steps, episodes=len(returns), sum_returns=sum(returns)
        )
    return self.finish()

  def finish(self) -> Metrics:
    """Returns what to log once all steps are taken."""
    position = self._progress.position
    rate = position.steps / max(position.seconds, 1e-9)
    metrics = {'Train/NumEpisodes': position.episodes}
    if position.episodes:
      mean = position.sum_returns / position.episodes
      metrics['Train/AverageReturns'] = mean
    return metrics | {'Train/AverageStepsPerSecond': rate}


class StudentEvaluation:
  """Measures the student, and prepares it for what follows.

  Attributes:
    diagnosis: looks at the episodes of each evaluation; None for no such.
    atoms: does so, too, where rewards are not clipped.
  """

  def __init__(
    self,
    agent: Student,
    evaluator: Evaluator,
    record: Record,
    progress: Progress,
    *,
    ends_phase: Callable[[Iteration], bool],
  ) -> None:
    """Takes what it works with.

    Args:
      agent: the student.
      evaluator: plays.
      record: takes the scores.
      progress: takes the time.
      ends_phase: whether an iteration is the last of its phase.
    """
    self._agent, self._evaluator = agent, evaluator
    self._record, self._progress = record, progress
    self._ends_phase = ends_phase
    self.diagnosis: Diagnosis | None = None
    self.atoms: AtomsNotice | None = None

  def __call__(self, iteration: Iteration) -> Metrics:
    """Evaluates after an iteration; returns what to log."""
    agent = self._agent
    with self._progress.clock(iteration, 'EVALUATION'):
      score, found = self._measure(iteration)
    normalized = self._record.add(
      iteration, score, snapshot.counters(agent), diagnosis=found
    )
    metrics = {f'Diagnosis/{name}': value for name, value in found.items()}
    metrics |= {
      'Eval/NumEpisodes': score.num_episodes,
      'Eval/AverageReturns': score.mean,
      # As they were while this iteration was trained.
      'Train/DistillCoefficient': agent.weaner.coefficient,
      'Train/LearningRate': agent.weaner.learning_rate,
    }
    if score.stderr is not None:
      metrics['Eval/StandardError'] = score.stderr
    if normalized is not None:
      metrics['Eval/Normalized_Score'] = normalized
    if iteration.phase is Phase.ONLINE:
      for name, value in agent.actor.metrics.items():
        metrics[f'Train/{name}'] = value
    # Wean only after this iteration's lambda has been logged. An evaluation
    # that is interrupted begins anew, and so does not find it changed.
    self._prepare_next(iteration, normalized)
    return metrics

  def _measure(self, iteration: Iteration) -> tuple[ScoreSummary, Metrics]:
    policy, keep = self._agent.evaluation_policy(), Keep.NOTHING
    if self.diagnosis is None and self.atoms is None:
      score = self._evaluator.evaluate(policy, iteration, who='student')
      return score, {}
    if self.diagnosis is not None:
      policy, keep = self.diagnosis.observed(policy), Keep.EXTRAS
    episodes = list(
      self._evaluator.play(policy, iteration, who='student', keep=keep)
    )
    score = summarize([episode.return_ for episode in episodes])
    # A learner knows of lives alone.
    lives = [life for episode in episodes for life in episode.lives()]
    if self.atoms is not None:
      self.atoms.tell(lives)
    return score, {} if self.diagnosis is None else self.diagnosis(lives)

  def _prepare_next(
    self, iteration: Iteration, normalized: float | None
  ) -> None:
    agent = self._agent
    if iteration.phase is Phase.ONLINE:
      if normalized is not None:
        agent.weaner.after_evaluation(normalized, agent.training_steps)
      agent.actor.finish_iteration()
    elif self._ends_phase(iteration):
      agent.trainer.finish_pretraining(
        resets_optimizer=agent.method.resets_optimizer
      )
