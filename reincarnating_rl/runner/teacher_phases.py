"""The phases in which the teacher is measured, and its data come."""

from collections.abc import Callable

from absl import logging

from reincarnating_rl.agents import reload
from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs.policies import teacher_policy, uniform_policy
from reincarnating_rl.evaluation import atari_scores
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.learner.control.parts import TEMPERATURE
from reincarnating_rl.runner import teacher_data
from reincarnating_rl.runner.evaluator import Evaluator
from reincarnating_rl.runner.plan import Iteration
from reincarnating_rl.runner.progress import Progress
from reincarnating_rl.runner.record import Record
from reincarnating_rl.runner.teacher_data import TeacherData
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.foreign import base, statistics_files
from reincarnating_rl.teachers.training_state import TrainingState

Metrics = dict[str, float]


class TeacherEvaluation:
  """Measures the teacher, and the random policy where no table has it."""

  def __init__(
    self,
    agent: Student,
    evaluator: Evaluator,
    record: Record,
    progress: Progress,
    *,
    game_name: str,
    random_score: float | None,
  ) -> None:
    """Takes what it works with.

    Args:
      agent: the student, whose teacher it is.
      evaluator: plays.
      record: takes the scores.
      progress: takes the time.
      game_name: whose random score may be published.
      random_score: in place of that; None for the published or measured one.
    """
    self._agent, self._evaluator = agent, evaluator
    self._record, self._progress = record, progress
    self._game_name, self._random_score = game_name, random_score

  def __call__(self, iteration: Iteration) -> Metrics:
    """Runs the phase; returns what to log."""
    record = self._record
    with self._progress.clock(iteration, 'EVALUATION'):
      record.random, record.random_source = self._find_random_score(iteration)
      policy = teacher_policy(self._agent.teacher, self._agent.epsilon_eval)
      teacher = self._evaluator.evaluate(policy, iteration, who='teacher')
    record.teacher = teacher
    for note in base.notes(self._agent.teacher.lineage):
      logging.warning('%s', note)
    is_weak = teacher.mean - record.random < 2 * (teacher.stderr or 0.0)
    doubt = statistics_files.doubt(self._agent.teacher.lineage)
    if is_weak and doubt is not None:
      logging.warning('%s', doubt)
    record.normalized(teacher.mean)  # An error now, not after pretraining.
    if is_weak:
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
    known = atari_scores.known_random_score(self._random_score, self._game_name)
    if known is not None:
      return known
    uniform = uniform_policy(self._agent.actions)
    score = self._evaluator.evaluate(uniform, iteration, who='random')
    return score.mean, 'measured'


class Collection:
  """The teacher plays; whole episodes are stored, with its logits."""

  def __init__(
    self,
    agent: Student,
    evaluator: Evaluator,
    data: TeacherData,
    record: Record,
    progress: Progress,
    *,
    steps_until: Callable[[Iteration], int],
    epsilon: float,
  ) -> None:
    """Takes what it works with.

    Args:
      agent: the student, whose teacher plays.
      evaluator: plays.
      data: takes the episodes.
      record: takes the number of steps.
      progress: takes the time.
      steps_until: steps of the phase, up to an iteration's end.
      epsilon: the teacher's exploration.
    """
    self._agent, self._evaluator, self._data = agent, evaluator, data
    self._record, self._progress = record, progress
    self._steps_until, self._epsilon = steps_until, epsilon

  def __call__(self, iteration: Iteration) -> Metrics:
    """Runs the phase; returns what to log."""
    policy = teacher_policy(self._agent.teacher, self._epsilon)
    # What was read is deducted, and overshoot, since episodes are finished.
    wanted = self._steps_until(iteration) - self._record.teacher_steps
    with self._progress.clock(iteration):
      for episode in self._evaluator.collect(
        policy, iteration, steps=max(wanted, 0)
      ):
        self._data.add(episode)
        self._record.teacher_steps += episode.length
    return {'Collect/TeacherSteps': self._record.teacher_steps}


class Loading:
  """The teacher's data are read from disk, and labelled."""

  def __init__(
    self,
    agent: Student,
    data: TeacherData,
    record: Record,
    progress: Progress,
    *,
    find_replay: Callable[[], ExternalReplay | None],
    base_dir: str,
  ) -> None:
    """Takes what it works with.

    Args:
      agent: the student.
      data: takes the steps.
      record: takes what was read.
      progress: takes the time, and shows it.
      find_replay: looks for the teacher's replay; None where there is none.
      base_dir: of the run, for messages.
    """
    self._agent, self._data = agent, data
    self._record, self._progress = record, progress
    self._find_replay, self._base_dir = find_replay, base_dir

  def __call__(self, iteration: Iteration) -> Metrics:
    """Runs the phase; returns what to log."""
    if (replay := self._find_replay()) is None:
      raise UserError(
        f"The teacher's replay has to be read again for {self._base_dir}, and "
        'it is not there any more: restore it, or choose another --base_dir.'
      )
    progress = self._progress
    with progress.clock(iteration):
      with progress.bar(iteration, 'load teacher data', 'steps read') as bar:
        report = self._data.load(
          replay,
          newest=iteration.steps,
          progress=progress.following(bar),
        )
      if self._agent.trainer.needs_teacher_policy:
        with progress.bar(iteration, 'ask the teacher', 'states') as bar:
          self._data.label(progress.following(bar))
    self._record.read(replay.describe(), report)
    print(f'Loaded {report.describe()}.')
    return {'Load/TeacherSteps': report.steps}


class Reloading:
  """Fine-tuning's first iteration: the student becomes what the teacher is."""

  def __init__(
    self,
    agent: Student,
    record: Record,
    progress: Progress,
    *,
    read_state: Callable[[], TrainingState],
    find_replay: Callable[[], ExternalReplay | None],
    clip_rewards: bool,
  ) -> None:
    """Takes what it works with.

    Args:
      agent: the student.
      record: takes what was read.
      progress: takes the time, and shows it.
      read_state: reads what the student begins with.
      find_replay: looks for the teacher's replay; None where there is none.
      clip_rewards: of that replay, to [-1, 1].
    """
    self._agent, self._record, self._progress = agent, record, progress
    self._read_state, self._find_replay = read_state, find_replay
    self._clip_rewards = clip_rewards

  def __call__(self, iteration: Iteration) -> Metrics:
    """Runs the phase; returns what to log."""
    state = self._read_state()
    found = reload.reload(self._agent, state)
    steps, replay = 0, None
    if self._agent.method_settings.load_replay:
      replay = self._find_replay()
      if replay is not None and self._agent.num_environments > 1:
        raise UserError(
          "A teacher's replay is of one environment: set "
          'Reloaded.load_replay = False, or Runner.num_environments = 1.'
        )
    if replay is not None:
      steps = self._load(replay, iteration)
      found.append(f'{steps:,} steps of its replay')
    whole = ['target', "optimiser's moments", 'replay']
    if TEMPERATURE in self._agent.online_params:
      whole.insert(1, TEMPERATURE)
    lacking = [x for x in whole if not any(x in entry for entry in found)]
    print(
      f"Begins with the teacher's {', '.join(found)}"
      + (f'; anew: {", ".join(lacking)}.' if lacking else '.')
    )
    return {'Reload/TeacherSteps': steps}

  def _load(self, replay: ExternalReplay, iteration: Iteration) -> int:
    store = self._agent.batches.replay
    progress = self._progress
    with (
      progress.clock(iteration),
      progress.bar(iteration, "load the teacher's replay", 'steps') as bar,
    ):
      report = teacher_data.load(
        replay,
        store,
        newest=store.settings.capacity,
        clip_rewards=self._clip_rewards,
        progress=progress.following(bar),
      )
    self._record.read(replay.describe(), report)
    print(f'Loaded {report.describe()}.')
    return report.steps
