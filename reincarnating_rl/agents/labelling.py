"""Labelling: a teacher's logits, computed once for each stored state."""

import numpy as np

from reincarnating_rl.envs.policies import check_teacher_logits
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.support.progress import Progress
from reincarnating_rl.teachers.base import Teacher

_BACKLOG = 256  # States a call, while so many have no logits.


def label(
  replay: FrameStore,
  teacher: Teacher,
  *,
  chunk: int,
  progress: Progress = lambda done, total: None,
) -> None:
  """Stores the teacher's logits of every state that has none yet.

  Args:
    replay: the store to complete.
    teacher: who is asked.
    chunk: states a call for what is left of a backlog; the last call is filled
      up to it, so that a teacher sees two sizes of batch in a whole run.
    progress: called with states labelled and states to label.

  Raises:
    DivergedError: the teacher's logits are not finite.
  """
  keys = replay.unlabelled()
  total = len(keys)
  while len(keys):
    size = _BACKLOG if len(keys) >= _BACKLOG else chunk
    part, keys = keys[:size], keys[size:]
    filled = part if len(part) == size else np.resize(part, size)
    logits = np.asarray(teacher.policy_logits(replay.states(filled)))
    check_teacher_logits(logits)
    replay.label(part, logits[: len(part)])
    progress(total - len(keys), total)
