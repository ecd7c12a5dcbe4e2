"""Errors of downloads; each message is a sentence for the user."""

from reincarnating_rl.support.errors import UserError

ALTERNATIVES = (
  'use a public Dopamine checkpoint with --bucket download-dopamine-rl '
  '--prefix jax/dqn, one of the hub with --hub '
  'cleanrl/PongNoFrameskip-v4-dqn_atari_jax-seed1, or the bundled '
  'teacher_ckpts/Pong/1. A teacher without a replay collects its own data.'
)


class FetchError(UserError):
  """A teacher cannot be downloaded."""


class RefusedError(FetchError):
  """The owner requires permission to read."""


class MissingError(FetchError):
  """The bucket, folder, file or repository does not exist."""


class UnreachableError(FetchError):
  """The server gave no answer or a partial one, or asked to retry later."""


class UnsafeNameError(FetchError):
  """A name would leave the folder, or two names are the same file."""


class DamagedDownloadError(FetchError):
  """The downloaded bytes do not match the announced checksum."""


class OccupiedError(FetchError):
  """Another file is in the way."""


class DestinationError(FetchError):
  """The disk is full or not writable."""
