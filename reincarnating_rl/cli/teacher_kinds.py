"""The kinds of teachers, for help: their own module is slow to import."""

from typing import NamedTuple


class TeacherKind(NamedTuple):
  """A value of `--teacher_agent`.

  Attributes:
    name: as a user writes it; one of `teachers.factory.TEACHERS`.
    title: what the field calls it.
    summary: a sentence.
    has_network: whether its parameters can be inspected and converted.
  """

  name: str
  title: str
  summary: str
  has_network: bool = True


TEACHER_KINDS = (
  TeacherKind('auto', 'Automatic', 'what the checkpoint says or looks like.'),
  TeacherKind('dqn', 'DQN', 'Q-values.'),
  TeacherKind('rainbow', 'Rainbow or C51', 'distributions over fixed atoms.'),
  TeacherKind('implicit_quantile', 'IQN', 'sampled quantiles.'),
  TeacherKind('quantile', 'QR-DQN', 'fixed quantiles.'),
  TeacherKind('ppo', 'PPO or A2C', 'a policy.'),
  TeacherKind('sac', 'SAC or TQC', 'a Gaussian under a tanh.'),
  TeacherKind('td3', 'TD3 or DDPG', 'a deterministic actor.'),
  TeacherKind('d4pg', 'D4PG', 'the same, its critic of distributions.'),
  TeacherKind('gaussian_ppo', 'PPO or A2C of vectors', 'a Gaussian policy.'),
  TeacherKind(
    'random',
    'Random',
    'uniform actions, without a checkpoint.',
    has_network=False,
  ),
  TeacherKind(
    'callable',
    'A Python function of states',
    'create_teacher.policy, without a checkpoint.',
    has_network=False,
  ),
  TeacherKind(
    'perciatelli44',
    'Perciatelli44',
    "the Balloon Learning Environment's teacher, which it ships.",
  ),
  TeacherKind(
    'station_seeker',
    'Station seeker',
    "the Balloon Learning Environment's controller, without a checkpoint.",
    has_network=False,
  ),
)
CLONE = TeacherKind(
  'clone',
  'A clone of data',
  'a policy that imitates --teacher_replay_dir, trained first (Clone.*).',
)
"""Which `train` alone makes; then it is a checkpoint like any other."""
