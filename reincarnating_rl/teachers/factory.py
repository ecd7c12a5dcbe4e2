"""Makes a teacher from the name of its kind and a directory."""

import difflib
import math
import os

from reincarnating_rl.teachers import checkpoints, fit, recognition
from reincarnating_rl.teachers.base import RandomTeacher, Teacher
from reincarnating_rl.teachers.checkpoints import TeacherCheckpoint
from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.teachers.kinds import KINDS, NetworkFactory
from reincarnating_rl.teachers.network_teacher import NetworkTeacher, Policy
from reincarnating_rl.teachers.readings import Fields
from reincarnating_rl.types import Array, Params

TEACHERS = (recognition.AUTO, *KINDS, 'random')
_VMAX = 10.0  # Dopamine's.


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
  vmax: float | None = None,
  network: NetworkFactory | None = None,
) -> Teacher:
  """Makes a teacher.

  What a network has besides its number of actions (atoms, noisy layers, ...) is
  read off the parameters. Two things cannot be: whether a Rainbow of many atoms
  was distributional, which is assumed, and its `vmax`.

  Args:
    agent: one of `TEACHERS`; 'auto' takes what the checkpoint says that it is,
      or else looks like. 'random' needs and reads no checkpoint.
    checkpoint_dir: a run of the teacher, or its checkpoints folder.
    num_actions: actions of the game.
    observation_shape: *O, of one observation of the game.
    stack_size: S, observations in a state.
    checkpoint_number: which checkpoint; None for the newest complete one.
    checkpoint_file_prefix: of the checkpoints' names.
    temperature: tau of a teacher of Q-values (Agarwal et al. 2022, Eq. 2); a
      teacher that is a policy has none.
    vmax: a Rainbow teacher's atoms span the returns from -vmax to vmax; None
      for what the checkpoint says, or else 10.
    network: makes the teacher's network, called with `num_actions` and the
      fields of its kind; None for Dopamine's. The student's has no say in it.

  Returns:
    The teacher.

  Raises:
    UserError: if there is no such kind, a setting makes no sense, or the
      checkpoint is missing, damaged, unsafe or of another kind, network or
      game.
  """
  if agent not in TEACHERS:
    near = difflib.get_close_matches(agent.lower(), TEACHERS, n=1, cutoff=0)[0]
    raise TeacherError(
      f'There is no teacher agent {agent!r}, did you mean {near!r}; there are: '
      f'{", ".join(TEACHERS)}.'
    )
  if agent == 'random':
    return RandomTeacher(num_actions)
  if checkpoint_dir is None:
    raise TeacherError(
      f'The {agent} teacher needs --teacher_checkpoint_dir; pass '
      '--teacher_agent random if a random one is meant.'
    )
  _check_positive(temperature=temperature, vmax=1.0 if vmax is None else vmax)
  checkpoint = checkpoints.load_checkpoint(
    checkpoint_dir, checkpoint_number, checkpoint_file_prefix
  )
  candidate, fields = recognition.recognise(
    checkpoint,
    agent,
    network,
    state_shape=(*observation_shape, stack_size),
    num_actions=num_actions,
  )
  settings = {} if candidate.kind.is_policy else {'temperature': temperature}
  if fields.get('distributional'):
    settings['vmax'] = vmax = _vmax(vmax, checkpoint)
  return NetworkTeacher(
    _policy(candidate, fields, temperature, vmax),
    checkpoint.params,
    num_actions=num_actions,
    lineage={
      'agent': candidate.kind.name,
      'network': type(candidate.make(fields)).__name__,
      'network_fields': fields,
      'checkpoint': checkpoint.path,
      'checkpoint_number': checkpoint.number,
      'checkpoint_sha256': checkpoint.sha256,
      'described_as': checkpoint.metadata.get('teacher'),
      'parent': checkpoints.read_lineage(checkpoint_dir),
      **settings,
    },
  )


def _check_positive(**settings: float) -> None:
  for name, value in settings.items():
    if not 0 < value < math.inf:
      raise TeacherError(
        f'The {name} of a teacher must be > 0 and finite; it is {value}.'
      )


def _vmax(given: float | None, checkpoint: TeacherCheckpoint) -> float:
  told = checkpoint.description and checkpoint.description.vmax
  return given or told or _VMAX


def _policy(
  candidate: fit.Candidate,
  fields: Fields,
  temperature: float,
  vmax: float | None,
) -> Policy:
  network, kind = candidate.make(fields), candidate.kind
  inputs = kind.inputs(fields, vmax or _VMAX)

  def policy(params: Params, state: Array) -> Array:
    return kind.logits(network.apply(params, state, **inputs), temperature)

  return policy
