"""The phase in which a student becomes what the teacher is."""

from reincarnating_rl.importers.external_replay import StoredReplay
from reincarnating_rl.runner import (
  teacher_data,
  teacher_replay,
)
from reincarnating_rl.runner.plan import Iteration


class Reloading:
  """The first iteration of fine-tuning, and no other, reads the teacher.

  Part of `RunnerWithTeacher`, which has the attributes used here.
  """

  def _run_reloading(self, iteration: Iteration) -> dict[str, float]:
    found = self._agent.reload(self._read_teacher_state())
    steps = 0
    replay = self._find_replay_to_reload()
    if replay is not None:
      steps = self._load_students_replay(replay, iteration)
      found.append(f'{steps:,} steps of its replay')
    lacking = [
      what
      for what in ('target', "optimiser's moments", 'replay')
      if not any(what in entry for entry in found)
    ]
    print(
      f"Begins with the teacher's {', '.join(found)}"
      + (f'; anew: {", ".join(lacking)}.' if lacking else '.')
    )
    return {'Reload/TeacherSteps': steps}

  def _find_replay_to_reload(self) -> StoredReplay | None:
    if not self._agent.loads_replay:
      return None
    return teacher_replay.look_for(
      self._teacher_data_choice, self._find_teacher_replay
    )

  def _load_students_replay(
    self, replay: StoredReplay, iteration: Iteration
  ) -> int:
    store = self._agent.replay
    with (
      self._clock(iteration),
      self._progress(iteration, "load the teacher's replay", 'steps') as bar,
    ):
      report = teacher_data.load(
        replay,
        store,
        newest=store.settings.capacity,
        clip_rewards=self._clip_rewards,
        progress=self._follow(bar),
      )
    self.record.read(replay.describe(), report)
    print(f'Loaded {report.describe()}.')
    return report.steps
