"""Downloads the files of a plan, several at once."""

import concurrent.futures
import functools
import threading
from collections.abc import Callable
from typing import Protocol, Self

import tqdm.auto as tqdm

from reincarnating_rl.fetching import partial
from reincarnating_rl.fetching.errors import (
  DamagedDownloadError,
  UnreachableError,
)
from reincarnating_rl.fetching.partial import PartialFile
from reincarnating_rl.fetching.plan import Plan, PlannedFile
from reincarnating_rl.fetching.remote import RemoteFile
from reincarnating_rl.fetching.retries import RetryPolicy, retry


class Progress:
  """Counts downloaded bytes, from any thread, and shows them on one bar."""

  def __init__(self, plan: Plan, show: bool) -> None:
    self.received = 0  # Bytes, including discarded ones.
    self._lock = threading.Lock()
    self._bar = tqdm.tqdm(
      desc=plan.origin,
      total=plan.bytes_total,
      initial=plan.bytes_there,
      unit='B',
      unit_scale=True,
      dynamic_ncols=True,
      disable=not show,
    )

  def __enter__(self) -> Self:
    return self

  def __exit__(self, *error: object) -> None:
    self._bar.close()

  def advance(self, size: int) -> None:
    """Counts bytes.

    Args:
      size: number of new bytes; negative for discarded ones.
    """
    with self._lock:
      self.received += max(size, 0)
      self._bar.update(size)


class Source(Protocol):
  """A server of files."""

  def read(self, remote: RemoteFile, start: int, sink: PartialFile) -> None:
    """Writes a file's bytes from `start` on to the sink.

    Args:
      remote: the file; another version of it is an error.
      start: index of the first byte.
      sink: is written to.

    Raises:
      UnreachableError: the attempt failed, and can be continued.
      FetchError: the attempt failed for good.
    """


def transfer_all(
  source: Source,
  plan: Plan,
  *,
  workers: int,
  policy: RetryPolicy,
  on_bytes: Callable[[int], None],
) -> None:
  """Downloads the missing bytes of a plan.

  Args:
    source: has all files.
    plan: the files.
    workers: number of parallel downloads.
    policy: how to retry requests to the source.
    on_bytes: called with the number of new bytes, from any thread.

  Raises:
    FetchError: a file cannot be downloaded. The other downloads stop, and all
      can be resumed, as after Ctrl-C.
    OSError: a write failed, for example because the disk is full.
  """
  stop = threading.Event()
  one = functools.partial(
    _transfer, source, policy=policy, on_bytes=on_bytes, stop=stop
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
  policy: RetryPolicy,
  on_bytes: Callable[[int], None],
  stop: threading.Event,
) -> None:
  """Downloads one file; a wrong checksum causes one retry."""
  if file.is_finished:
    partial.remove_record(file.path)
    return
  for _ in range(2):
    with partial.opened(file.path, file.remote, on_bytes, stop) as part:
      _fill(source, file.remote, part, policy, stop)
      if part.is_right():
        part.finish(file.path)
        return
      part.discard()
  raise DamagedDownloadError(
    f'{file.remote.name} had a wrong {file.remote.algorithm} checksum twice: '
    'try again later, or tell its owner.'
  )


def _fill(
  source: Source,
  remote: RemoteFile,
  part: PartialFile,
  policy: RetryPolicy,
  stop: threading.Event,
) -> None:
  """Downloads the missing bytes; discards all if there are too many."""

  def read_on() -> None:
    if stop.is_set():
      raise partial.Stopped
    if part.size < remote.size:
      source.read(remote, part.size, part)
    if part.size < remote.size:
      raise UnreachableError(
        f'{remote.name} ends after {part.size} of {remote.size} bytes: run the '
        'same command again later to resume the download.'
      )

  try:
    retry(read_on, policy, progress=lambda: part.size, sleep=stop.wait)
  except partial.Overlong:
    part.discard()
