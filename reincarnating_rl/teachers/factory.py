"""Makes a teacher from the name of its kind and a directory."""

import dataclasses
import difflib
import os
from collections.abc import Callable

from reincarnating_rl.networks.q_networks import NatureDQNNetwork
from reincarnating_rl.teachers import checkpoints, params
from reincarnating_rl.teachers.base import RandomTeacher, Teacher
from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.teachers.params import NetworkFactory
from reincarnating_rl.teachers.q_teacher import QTeacher


@dataclasses.dataclass(frozen=True, kw_only=True)
class TeacherSettings:
  """All that a teacher may be made of, whatever its kind."""

  checkpoint_dir: str | os.PathLike[str] | None
  num_actions: int
  observation_shape: tuple[int, ...]
  stack_size: int
  checkpoint_number: int | None
  checkpoint_file_prefix: str
  temperature: float
  network: NetworkFactory


def create_teacher(
  agent: str,
  checkpoint_dir: str | os.PathLike[str] | None,
  *,
  num_actions: int,
  observation_shape: tuple[int, ...],
  stack_size: int,
  checkpoint_number: int | None = None,
  checkpoint_file_prefix: str = 'ckpt',
  temperature: float = 0.1,
  network: NetworkFactory | None = None,
) -> Teacher:
  """Makes a teacher.

  Args:
    agent: a key of `TEACHERS`; 'random' needs and reads no checkpoint.
    checkpoint_dir: a run of the teacher, or its checkpoints folder.
    num_actions: actions of the game.
    observation_shape: *O, of one observation of the game.
    stack_size: S, observations in a state.
    checkpoint_number: which checkpoint; None for the newest complete one.
    checkpoint_file_prefix: of the checkpoints' names.
    temperature: tau of a teacher of Q-values.
    network: makes the teacher's network for a number of actions; None for
      `NatureDQNNetwork`. The student's network has no say in it.

  Returns:
    The teacher.

  Raises:
    UserError: if there is no such kind, or its checkpoint is missing, damaged,
      unsafe or of another network or game.
  """
  if agent not in TEACHERS:
    near = difflib.get_close_matches(agent.lower(), TEACHERS, n=1, cutoff=0)[0]
    raise TeacherError(
      f'There is no teacher agent {agent!r}, did you mean {near!r}; there are: '
      f'{", ".join(TEACHERS)}.'
    )
  return TEACHERS[agent](
    TeacherSettings(
      checkpoint_dir=checkpoint_dir,
      num_actions=num_actions,
      observation_shape=observation_shape,
      stack_size=stack_size,
      checkpoint_number=checkpoint_number,
      checkpoint_file_prefix=checkpoint_file_prefix,
      temperature=temperature,
      network=network or NatureDQNNetwork,
    )
  )


def _create_dqn(settings: TeacherSettings) -> Teacher:
  if settings.checkpoint_dir is None:
    raise TeacherError(
      'A dqn teacher needs --teacher_checkpoint_dir; pass --teacher_agent '
      'random if a random one is meant.'
    )
  checkpoint = checkpoints.load_checkpoint(
    settings.checkpoint_dir,
    settings.checkpoint_number,
    settings.checkpoint_file_prefix,
  )
  params.check(
    checkpoint.params,
    settings.network,
    (*settings.observation_shape, settings.stack_size),
    settings.num_actions,
    checkpoint.path,
  )
  network = settings.network(num_actions=settings.num_actions)
  lineage = {
    'agent': 'dqn',
    'network': type(network).__name__,
    'checkpoint': checkpoint.path,
    'checkpoint_number': checkpoint.number,
    'checkpoint_sha256': checkpoint.sha256,
    'described_as': checkpoint.metadata.get('teacher'),
    'parent': checkpoints.read_lineage(settings.checkpoint_dir),
  }
  return QTeacher(
    network,
    checkpoint.params,
    temperature=settings.temperature,
    lineage=lineage,
  )


def _create_random(settings: TeacherSettings) -> Teacher:
  return RandomTeacher(settings.num_actions)


TEACHERS: dict[str, Callable[[TeacherSettings], Teacher]] = {
  'dqn': _create_dqn,
  'random': _create_random,
}
