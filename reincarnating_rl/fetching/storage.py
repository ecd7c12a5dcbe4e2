"""Reads public buckets of Google Cloud Storage without an account."""

import contextlib
from collections.abc import Iterator
from typing import Any

from reincarnating_rl.fetching.errors import (
  ALTERNATIVES,
  FetchError,
  MissingError,
  RefusedError,
  UnreachableError,
)
from reincarnating_rl.fetching.partial import PartialFile
from reincarnating_rl.fetching.remote import RemoteFile

_MOST_FILES = 100_000  # In one listing; a game has some hundreds.
_TIMEOUT = (10.0, 30.0)  # Seconds to connect, and between bytes.
_TRY_LATER = (408, 429)  # And all codes from 500 on.


class Bucket:
  """Lists and reads objects; each call is one attempt."""

  def __init__(self, name: str) -> None:
    """Opens a bucket; sends no request yet.

    Args:
      name: without `gs://`. `$STORAGE_EMULATOR_HOST` may name another server.
    """
    from google.cloud import storage

    self.uri = f'gs://{name}'
    self._client = storage.Client.create_anonymous_client()
    self._bucket = self._client.bucket(name)

  def files(self, folder: str) -> list[RemoteFile]:
    """Lists all objects below a folder.

    Args:
      folder: ends with a slash, or is empty.

    Returns:
      Ordered by name, without the empty objects that represent folders.

    Raises:
      FetchError: the bucket does not exist, refuses or does not answer, or the
        folder has too many objects.
    """
    with self._answers(f'There is no bucket {self.uri}: {ALTERNATIVES}'):
      blobs = list(self._list(folder))
    if len(blobs) > _MOST_FILES:
      raise FetchError(
        f'{self.uri}/{folder} has more than {_MOST_FILES} files: choose one '
        'run with --run.'
      )
    return [_described(blob) for blob in blobs if not blob.name.endswith('/')]

  def folders(self, folder: str) -> list[str]:
    """Lists the folders in a folder.

    Args:
      folder: ends with a slash, or is empty.

    Returns:
      Their names, without the path and without slashes.

    Raises:
      FetchError: the bucket does not exist, refuses or does not answer.
    """
    with self._answers(f'There is no bucket {self.uri}: {ALTERNATIVES}'):
      listing = self._list(folder, delimiter='/')
      for _ in listing:
        pass  # The folders are known after all pages were read.
    return sorted(path[len(folder) : -1] for path in listing.prefixes)

  def read(self, remote: RemoteFile, start: int, sink: PartialFile) -> None:
    """Writes an object's stored bytes to a partial file.

    Args:
      remote: from `files`.
      start: index of the first byte.
      sink: is written to.

    Raises:
      UnreachableError: the attempt failed, and can be continued.
      FetchError: the attempt failed for good, for example because the object
        was replaced.
    """
    blob = self._bucket.blob(remote.name, generation=int(remote.version))
    gone = (
      f'{self.uri}/{remote.name} was replaced or removed during the download: '
      'run the same command again.'
    )
    with self._answers(gone):
      self._client.download_blob_to_file(
        blob,
        sink,
        start=start,
        raw_download=True,
        checksum=None,  # The sink computes one over all attempts.
        timeout=_TIMEOUT,
        retry=None,
      )

  def _list(self, folder: str, **options: str) -> Any:
    return self._client.list_blobs(
      self._bucket,
      prefix=folder,
      max_results=_MOST_FILES + 1,
      timeout=_TIMEOUT,
      retry=None,
      **options,
    )

  @contextlib.contextmanager
  def _answers(self, missing: str) -> Iterator[None]:
    """Turns errors of the bucket into ours."""
    import requests
    import urllib3
    from google.api_core.exceptions import GoogleAPICallError, NotFound
    from google.auth.exceptions import GoogleAuthError

    try:
      yield
    except NotFound as error:
      raise MissingError(missing) from error
    except GoogleAuthError as error:
      # The library raises this for 401, because it cannot log in.
      raise self._refusal(401) from error
    except GoogleAPICallError as error:
      raise self._refused_or_failed(error.code, error.message) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
      raise UnreachableError(
        f'{self.uri} cannot be reached ({type(error).__name__}): check the '
        'network and run the same command again, which resumes the download.'
      ) from error

  def _refused_or_failed(self, code: int, message: str) -> FetchError:
    if code in (401, 403):
      return self._refusal(code)
    text = f'{self.uri} answers {code} ({" ".join(message.split())[:200]})'
    if code in _TRY_LATER or code >= 500:
      return UnreachableError(
        f'{text}: run the same command again later to resume the download.'
      )
    return FetchError(f'{text}: {ALTERNATIVES}')

  def _refusal(self, code: int) -> RefusedError:
    return RefusedError(
      f'{self.uri} may not be read without permission ({code}): {ALTERNATIVES}'
    )


def _described(blob: Any) -> RemoteFile:
  algorithm = 'crc32c' if blob.crc32c else 'md5'
  return RemoteFile(
    blob.name,
    blob.size,
    str(blob.generation),
    algorithm,
    blob.crc32c or blob.md5_hash,
  )
