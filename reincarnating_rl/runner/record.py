"""What an experiment has measured, in checkpoints and `summary.json`."""

import os
from typing import Any

from reincarnating_rl.evaluation import normalization
from reincarnating_rl.evaluation.finding import SUMMARY_FILE
from reincarnating_rl.evaluation.normalization import ScoreSummary
from reincarnating_rl.importers.loading import LoadReport
from reincarnating_rl.runner.plan import Iteration
from reincarnating_rl.support import json_file

OTHER_BASE_DIR = 'choose another --base_dir'


class Record:
  """Scores and costs, accumulated over the iterations and over resumes.

  The teacher and the random policy are measured once, so that a resume never
  moves the normalised scale.

  Attributes:
    random: mean return of the random policy, or None.
    random_source: where it is from: published, measured or given.
    teacher: returns of the teacher, or None.
    rows: one dictionary for each evaluation of the student.
    seconds: wall time by phase, and of evaluation. Of a program of several
      seeds each has its share, so that times of runs add up.
    teacher_steps: environment steps of the teacher's data.
    teacher_data: the stored replay that they are from and what was read of it;
      None if they were collected.
  """

  def __init__(self) -> None:
    self.random: float | None = None
    self.random_source = ''
    self.teacher: ScoreSummary | None = None
    self.rows: list[dict[str, Any]] = []
    self.seconds: dict[str, float] = {}
    self.teacher_steps = 0
    self.teacher_data: dict[str, Any] | None = None

  def normalized(self, score: float) -> float | None:
    """Returns 0 for random, 1 for the teacher; None without a teacher.

    Raises:
      TeacherTooWeakError: the teacher is no better than random.
    """
    if self.teacher is None or self.random is None:
      return None
    return normalization.normalized_score(score, self.random, self.teacher.mean)

  def add(
    self,
    iteration: Iteration,
    score: ScoreSummary,
    costs: dict[str, float],
    *,
    diagnosis: dict[str, float] | None = None,
  ) -> float | None:
    """Adds an evaluation of the student.

    Args:
      iteration: that was trained before.
      score: of the student.
      costs: the student's counters.
      diagnosis: what its values are worth, if that was asked for.

    Returns:
      The normalised score, as `normalized` does.
    """
    normalized = self.normalized(score.mean)
    self.rows.append(
      {
        'iteration': iteration.number,
        'phase': iteration.phase.name,
        'normalized': normalized,
        'score': score._asdict(),
        'teacher_steps': self.teacher_steps,
        'seconds': sum(self.seconds.values()),
        **costs,
        **({'diagnosis': diagnosis} if diagnosis else {}),
      }
    )
    return normalized

  def read(self, replay: str, report: LoadReport) -> None:
    """Notes what was read of a stored replay, which `replay` describes."""
    self.teacher_steps = report.steps
    self.teacher_data = {'replay': replay, **report._asdict()}

  def spend(self, what: str, seconds: float) -> None:
    """Adds wall time to a phase or to evaluation."""
    self.seconds[what] = self.seconds.get(what, 0.0) + seconds

  def to_json(self) -> dict[str, Any]:
    """Returns what `restore` takes."""
    return {
      'random': self.random,
      'random_source': self.random_source,
      'teacher': self.teacher and self.teacher._asdict(),
      'rows': self.rows,
      'seconds': self.seconds,
      'teacher_steps': self.teacher_steps,
      'teacher_data': self.teacher_data,
    }

  def restore(self, data: dict[str, Any]) -> None:
    """Inverse of `to_json`."""
    self.random = data['random']
    self.random_source = data['random_source']
    self.teacher = data['teacher'] and ScoreSummary(**data['teacher'])
    self.rows = list(data['rows'])
    self.seconds = dict(data['seconds'])
    self.teacher_steps = data['teacher_steps']
    self.teacher_data = data.get('teacher_data')  # Older runs have none.

  def write(self, base_dir: str) -> None:
    """Writes `summary.json`, whole or not at all.

    Raises:
      UnwritableError: it cannot be written.
    """
    path = os.path.join(base_dir, SUMMARY_FILE)
    json_file.write(path, self.to_json(), OTHER_BASE_DIR)
