"""Folders to repositories of the hub, each by one commit.

The token is the hub's own business: `HF_TOKEN`, or what `hf auth login` keeps.
"""

import contextlib
import fnmatch
import pathlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reincarnating_rl.fetching import hub_errors
from reincarnating_rl.fetching.errors import (
  FetchError,
  MissingError,
  RefusedError,
)
from reincarnating_rl.support.errors import UserError

_TIMEOUT = 30.0  # Seconds.
_DONE = 'pushed to'
_REFUSALS = (401, 403)
_TEACHER = 'checkpoints/ckpt.*.json'
# Files that an earlier push may have left, and that a new one may not have.
_OURS = ('checkpoints/ckpt.*', 'learning_curve.png', 'replay.*', 'lineage.json')
# What a repository may have that has nothing in it yet.
_PLAIN = ('.gitattributes', 'README.md', 'LICENSE*')


class Repository(NamedTuple):
  """A repository as it is on the hub; one that is not there has no files."""

  name: str
  exists: bool
  files: tuple[str, ...]


def look(
  repository: str, *, private: bool, endpoint: str | None = None
) -> Repository:
  """Looks whether a repository may be pushed to; writes nothing.

  Args:
    repository: `<owner>/<name>`.
    private: whether only its owner is to see it.
    endpoint: address of a hub; None for `$HF_ENDPOINT`, else the public one.

  Raises:
    UserError: the name is none, there is no token or it is not accepted, the
      hub does not answer, the repository has files of another sort, or all see
      it who should not.
  """
  check_name(repository)
  _check_token(repository)
  from huggingface_hub import HfApi

  api = HfApi(endpoint)
  with _answers(repository):
    api.whoami()
  try:
    with _answers(repository):
      info = api.model_info(repository, timeout=_TIMEOUT)
  except MissingError:
    return Repository(repository, False, ())
  files = tuple(file.rfilename for file in info.siblings or ())
  if private and not info.private:
    raise RefusedError(
      f'{repository} is there, and all can see it: make it private on the hub, '
      'or push without --private.'
    )
  _check_ours(repository, files)
  return Repository(repository, True, files)


def check_name(repository: str) -> None:
  """Refuses what the hub takes for no name of a repository.

  Raises:
    FetchError: it is none.
  """
  from huggingface_hub.errors import HFValidationError
  from huggingface_hub.utils import validate_repo_id

  hub_errors.check_name(repository)
  try:
    validate_repo_id(repository)
  except HFValidationError as error:
    raise FetchError(
      f'The hub takes no name {repository!r:.120}: let it have at most 96 '
      'letters, digits, dots, underscores and dashes, and end in none of these.'
    ) from error


def push(
  folder: str,
  there: Repository,
  *,
  private: bool,
  endpoint: str | None = None,
) -> str:
  """Uploads a folder; what an earlier push left beside it is removed.

  Args:
    folder: whose files are uploaded.
    there: what `look` found.
    private: whether only its owner is to see a new repository.
    endpoint: see `look`.

  Returns:
    The address of the repository.

  Raises:
    UserError: the hub does not take it, or does not answer.
  """
  from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
  )

  found = [path for path in pathlib.Path(folder).rglob('*') if path.is_file()]
  added = {path.relative_to(folder).as_posix(): path for path in sorted(found)}
  stale = [
    name
    for name in there.files
    if name not in added
    and any(fnmatch.fnmatchcase(name, pattern) for pattern in _OURS)
  ]
  api = HfApi(endpoint)
  with _answers(there.name):
    if not there.exists:
      api.create_repo(there.name, private=private)
    api.create_commit(
      there.name,
      [
        *(CommitOperationAdd(name, path) for name, path in added.items()),
        *(CommitOperationDelete(name) for name in stale),
      ],
      commit_message='A student of reincarnating_rl',
    )
  return f'{api.endpoint}/{there.name}'


def _check_token(repository: str) -> None:
  from huggingface_hub import get_token

  if get_token() is None:
    raise RefusedError(
      f'There is no token to push {repository} with: log in with '
      '`hf auth login`, or set HF_TOKEN.'
    )


def _check_ours(repository: str, files: Sequence[str]) -> None:
  """Refuses to write over what is no teacher."""
  if any(fnmatch.fnmatchcase(name, _TEACHER) for name in files):
    return
  others = [
    name
    for name in files
    if not any(fnmatch.fnmatchcase(name, pattern) for pattern in _PLAIN)
  ]
  if others:
    raise UserError(
      f'{repository} has {others[0]!r:.80} and no teacher of this program: '
      'choose the name of a new repository.'
    )


@contextlib.contextmanager
def _answers(repository: str) -> Iterator[None]:
  """Turns errors of the hub into ours, those of writing too."""
  from huggingface_hub import errors

  with hub_errors.answers(repository, _DONE):
    try:
      yield
    except errors.HfHubHTTPError as error:
      # 401 is also said of a repository that is not there.
      is_missing = isinstance(error, errors.RepositoryNotFoundError)
      if is_missing or error.response.status_code not in _REFUSALS:
        raise
      raise RefusedError(
        f'The hub does not let you push to {repository} '
        f'({error.response.status_code}): name a repository of your own, and '
        'log in with `hf auth login` and a token that may write.'
      ) from error
