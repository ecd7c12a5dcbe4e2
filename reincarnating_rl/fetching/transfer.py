"""Files from a source to their places: one, and several at once."""

import concurrent.futures
import functools
import threading
from collections.abc import Callable
from typing import Protocol

from reincarnating_rl.fetching import partial
from reincarnating_rl.fetching.errors import (
  DamagedDownloadError,
  UnreachableError,
)
from reincarnating_rl.fetching.partial import PartialFile
from reincarnating_rl.fetching.plan import (
  Plan,
  PlannedFile,
)
from reincarnating_rl.fetching.remote import RemoteFile
from reincarnating_rl.fetching.retries import (
  Patience,
  persevere,
)


class Source(Protocol):
  """Where bytes come from."""

  def read(self, remote: RemoteFile, start: int, sink: PartialFile) -> None:
    """Writes a file's bytes from `start` on to the sink.

    Args:
      remote: which file; another version of it is an error.
      start: number of the first byte.
      sink: is written to.

    Raises:
      UnreachableError: it can be tried again, from where it stopped.
      FetchError: it cannot.
    """


def transfer_all(
  source: Source,
  plan: Plan,
  *,
  workers: int,
  patience: Patience,
  on_bytes: Callable[[int], None],
) -> None:
  """Fetches what is missing of a plan.

  Args:
    source: of all its files.
    plan: what to fetch.
    workers: files at once.
    patience: with the source.
    on_bytes: told how many bytes came, in any thread.

  Raises:
    FetchError: a file cannot be fetched; the others stop, and all can be
      continued. So they can after Ctrl-C.
    OSError: the disk is full, say.
  """
  stop = threading.Event()
  one = functools.partial(
    _transfer, source, patience=patience, on_bytes=on_bytes, stop=stop
  )
  with concurrent.futures.ThreadPoolExecutor(workers) as pool:
    futures = [pool.submit(one, file) for file in plan.files]
    try:
      for future in concurrent.futures.as_completed(futures):
        future.result()
    except BaseException:
      stop.set()
      pool.shutdown(wait=False, cancel_futures=True)
      raise


def _transfer(
  source: Source,
  file: PlannedFile,
  *,
  patience: Patience,
  on_bytes: Callable[[int], None],
  stop: threading.Event,
) -> None:
  """Fetches one file; wrong bytes are discarded and fetched once more."""
  if file.is_finished:
    partial.remove_record(file.path)
    return
  for _ in range(2):
    with partial.opened(file.path, file.remote, on_bytes, stop) as part:
      _fill(source, file.remote, part, patience, stop)
      if part.is_right():
        part.finish(file.path)
        return
      part.discard()
  raise DamagedDownloadError(
    f'{file.remote.name} came twice with a wrong {file.remote.algorithm} '
    'checksum: try again later, or tell its owner.'
  )


def _fill(
  source: Source,
  remote: RemoteFile,
  part: PartialFile,
  patience: Patience,
  stop: threading.Event,
) -> None:
  """Writes what is missing of a part; too many bytes are left for its check."""

  def read_on() -> None:
    if stop.is_set():
      raise partial.Stopped
    if part.size < remote.size:
      source.read(remote, part.size, part)
    if part.size < remote.size:
      raise UnreachableError(
        f'{remote.name} ends after {part.size} of {remote.size} bytes: run the '
        'same command again later, it goes on from here.'
      )

  try:
    persevere(read_on, patience, progress=lambda: part.size, sleep=stop.wait)
  except partial.Overlong:
    part.discard()
