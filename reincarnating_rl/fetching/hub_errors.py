"""What can go wrong with a repository of the hub, in words for the user."""

import contextlib
import os
import re
from collections.abc import Iterator

from reincarnating_rl.fetching.errors import (
  FetchError,
  MissingError,
  RefusedError,
  UnreachableError,
)
from reincarnating_rl.support.errors import first_line

# Xet reports each transfer, unless it is told not to before it begins.
os.environ.setdefault('HF_HUB_DISABLE_TELEMETRY', '1')


def check_name(repository: str) -> None:
  """Refuses what is no name of a repository.

  Args:
    repository: `<owner>/<name>`.

  Raises:
    FetchError: it is not of this form.
  """
  word = r'\w[\w.-]*'
  if (
    not re.fullmatch(f'{word}/{word}', repository, re.ASCII)
    # The hub has no such names, and folders of such names could collide.
    or any(text in repository for text in ('--', '..'))
  ):
    raise FetchError(
      f'{repository!r} is not a repository: give <owner>/<name>, such as '
      'cleanrl/PongNoFrameskip-v4-dqn_atari_jax-seed1.'
    )


@contextlib.contextmanager
def answers(repository: str, done: str = 'fetched from') -> Iterator[None]:
  """Turns errors of the hub into ours.

  Args:
    repository: `<owner>/<name>`.
    done: what could not be done: '... cannot be DONE the hub'.

  Raises:
    FetchError: the repository is not there or not for this user, or the hub
      does not answer.
  """
  import httpx2
  from huggingface_hub import errors

  try:
    yield
  except errors.GatedRepoError as error:
    raise RefusedError(
      f'{repository} is gated: accept its terms on the hub and log in with '
      '`hf auth login`, or choose another repository.'
    ) from error
  except (errors.RepositoryNotFoundError, errors.EntryNotFoundError) as error:
    if isinstance(error, errors.LocalEntryNotFoundError):
      raise _unreachable(repository, done, error) from error
    raise MissingError(
      f'There is no repository {repository} on the hub, or it is private: '
      'check owner and name.'
    ) from error
  except errors.OfflineModeIsEnabled as error:
    raise UnreachableError(
      f'{repository} cannot be {done} the hub in offline mode: unset '
      'HF_HUB_OFFLINE.'
    ) from error
  except (httpx2.HTTPError, errors.XetDownloadError) as error:
    raise _unreachable(repository, done, error) from error
  except OSError as error:
    if error.errno is not None:
      raise  # An error of the disk, not of the hub.
    raise _unreachable(repository, done, error) from error
  except (RuntimeError, ValueError) as error:
    # What Xet raises where a transfer breaks off; its message says why.
    raise _unreachable(repository, done, error) from error


def _unreachable(
  repository: str, done: str, error: Exception
) -> UnreachableError:
  response = getattr(error, 'response', None)
  if response is not None:
    reason = response.status_code
  elif isinstance(error, RuntimeError | ValueError):
    reason = first_line(error)[:100]
  else:
    reason = type(error).__name__
  return UnreachableError(
    f'{repository} cannot be {done} the hub ({reason}): check the '
    'network and run the same command again.'
  )
