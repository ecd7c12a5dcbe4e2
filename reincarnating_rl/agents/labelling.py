"""Labelling: a teacher's policy, computed once for each stored state."""

import numpy as np

from reincarnating_rl.envs.policies import check_teacher_policy
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.support.progress import Progress
from reincarnating_rl.teachers.base import AnyTeacher, asked
from reincarnating_rl.teachers.data_teacher import has_policy

_BACKLOG = 256  # States a call, while so many have no label.


def label(
  replay: FrameStore,
  teacher: AnyTeacher,
  *,
  chunk: int,
  progress: Progress = lambda done, total: None,
) -> None:
  """Stores the teacher's policy in every state that has no label yet.

  Args:
    replay: the store to complete.
    teacher: who is asked; of one who left data alone, what was done.
    chunk: states a call for what is left of a backlog; the last call is filled
      up to it, so that a teacher sees two sizes of batch in a whole run.
    progress: called with states labelled and states to label.

  Raises:
    DivergedError: the teacher's policy is not of finite numbers.
  """
  keys = replay.unlabelled()
  if not has_policy(teacher):
    replay.label(keys, _own_actions(replay, keys))
    return
  ask = asked(teacher)
  total = len(keys)
  while len(keys):
    size = _BACKLOG if len(keys) >= _BACKLOG else chunk
    part, keys = keys[:size], keys[size:]
    filled = part if len(part) == size else np.resize(part, size)
    policy = np.asarray(ask(replay.states(filled)))
    check_teacher_policy(policy)
    replay.label(part, policy[: len(part)])
    progress(total - len(keys), total)


def _own_actions(replay: FrameStore, keys: np.ndarray) -> np.ndarray:
  """Returns logits [N, A] that prefer what was done in each state."""
  done = replay.columns['action'][replay.slots(keys)]
  return np.eye(replay.settings.policy_size, dtype=np.float32)[done]
