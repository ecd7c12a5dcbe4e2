"""What can be wrong with a fetch; each a sentence for the user."""

from reincarnating_rl.support.errors import UserError

ALTERNATIVES = (
  'take a public Dopamine checkpoint with --bucket download-dopamine-rl '
  '--prefix jax/dqn, one of the hub with --hub '
  'cleanrl/PongNoFrameskip-v4-dqn_atari_jax-seed1, or the bundled '
  'teacher_ckpts/Pong/1; a teacher that has no replay collects its own data.'
)


class FetchError(UserError):
  """A teacher cannot be fetched."""


class RefusedError(FetchError):
  """The owner lets nobody read without permission."""


class MissingError(FetchError):
  """There is no such bucket, folder, file or repository."""


class UnreachableError(FetchError):
  """No answer, half an answer, or one that asks to try again later."""


class UnsafeNameError(FetchError):
  """A name would leave the folder, or two names would be one file."""


class DamagedDownloadError(FetchError):
  """What came is not what was announced."""


class OccupiedError(FetchError):
  """There is another file where one should be put."""


class DestinationError(FetchError):
  """There is no room, or no permission to write."""
