"""Makes a teacher of a network that was loaded."""

from typing import Any

from reincarnating_rl.learner.actions import Actions, Continuous
from reincarnating_rl.learner.kinds import DETERMINISTIC
from reincarnating_rl.teachers.base import SAMPLE, AnyTeacher
from reincarnating_rl.teachers.description import trained_on
from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.teachers.loaded import LoadedTeacher
from reincarnating_rl.teachers.network_teacher import (
  ContinuousNetworkTeacher,
  NetworkTeacher,
)


def create(
  loaded: LoadedTeacher,
  actions: Actions,
  acts: str | None,
  temperature: float,
  parent: dict[str, Any] | None,
) -> AnyTeacher:
  """Makes the teacher.

  Args:
    loaded: the network.
    actions: of the game.
    acts: how it plays, one of `base.ACTS`; None for what is usual of its kind.
    temperature: tau of a policy made of Q-values.
    parent: the lineage of its run, if it left one.

  Raises:
    TeacherError: it is deterministic, and was asked to draw.
  """
  kind, checkpoint = loaded.candidate.kind, loaded.checkpoint
  if acts == SAMPLE and kind.distribution == DETERMINISTIC:
    raise nothing_to_draw(checkpoint.path)
  common = {
    'acts': acts or kind.acts,
    'lineage': _lineage(loaded)
    | {'parent': parent}
    | ({} if kind.is_policy else {'temperature': temperature}),
  }
  policy, params = loaded.policy(temperature), checkpoint.params
  if isinstance(actions, Continuous):
    return ContinuousNetworkTeacher(
      policy,
      params,
      actions=actions,
      distribution=kind.distribution,
      **common,
    )
  return NetworkTeacher(policy, params, num_actions=actions.number, **common)


def nothing_to_draw(source: str) -> TeacherError:
  """Returns the error for a deterministic teacher that is asked to draw.

  Args:
    source: its file, or its setting.
  """
  return TeacherError(
    f'The teacher of {source} is deterministic, and has nothing to draw from: '
    'leave out create_teacher.acts.'
  )


def _lineage(loaded: LoadedTeacher) -> dict[str, Any]:
  checkpoint, fields = loaded.checkpoint, loaded.fields
  told = checkpoint.metadata
  lineage = {
    'agent': loaded.candidate.kind.name,
    'network': type(loaded.candidate.make(fields)).__name__,
    'network_fields': fields,
    'checkpoint': checkpoint.path,
    'checkpoint_number': checkpoint.number,
    'checkpoint_sha256': checkpoint.sha256,
    'trained_on': trained_on(told),
    'described_as': told if checkpoint.number is None else told.get('teacher'),
  }
  if loaded.candidate.kind.distribution is not None:
    lineage['distribution'] = loaded.candidate.kind.distribution
  if loaded.vmax is not None:
    lineage['vmax'] = loaded.vmax
  if loaded.observes is not None:
    lineage['observation_map'] = loaded.observes.name
  if loaded.indices is not None:
    lineage['actions'] = list(loaded.indices)
  if loaded.decides is not None:
    lineage['actions'] = loaded.decides.name
  return lineage
