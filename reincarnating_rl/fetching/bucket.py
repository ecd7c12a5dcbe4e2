"""Teachers from a bucket, laid out as `gsutil cp -R` does it."""

import os

from reincarnating_rl.fetching import destination as destinations
from reincarnating_rl.fetching import (
  listing,
  plan,
)
from reincarnating_rl.fetching.listing import BucketTeacher
from reincarnating_rl.fetching.plan import (
  FetchReport,
  Plan,
)
from reincarnating_rl.fetching.progress import Progress
from reincarnating_rl.fetching.retries import (
  DEFAULT_PATIENCE,
  Patience,
  persevere,
)
from reincarnating_rl.fetching.storage import Bucket
from reincarnating_rl.fetching.transfer import transfer_all


def plan_bucket(
  wanted: BucketTeacher,
  destination: str | None = None,
  *,
  patience: Patience = DEFAULT_PATIENCE,
) -> Plan:
  """Says what `fetch_bucket` would do; writes nothing.

  Args:
    wanted: which teacher.
    destination: folder of all teachers; None for `$TEACHER_CKPT_DIR`, else
      `teacher_ckpts`.
    patience: with the bucket.

  Returns:
    The plan: `<prefix>/<game>/<run>/…` in the bucket goes to
    `<destination>/<game>/<run>/…`.

  Raises:
    FetchError: the bucket, the game or the run does not exist, or may not be
      read; a name is unsafe; another file is in the place of one.
  """
  listing.check(wanted)
  return _plan(Bucket(wanted.bucket), wanted, destination, patience)


def fetch_bucket(
  wanted: BucketTeacher,
  destination: str | None = None,
  *,
  workers: int = 4,
  show_progress: bool = True,
  patience: Patience = DEFAULT_PATIENCE,
) -> FetchReport:
  """Fetches a teacher; what an earlier fetch brought is kept.

  Args:
    wanted: which teacher.
    destination: folder of all teachers; None for `$TEACHER_CKPT_DIR`, else
      `teacher_ckpts`.
    workers: files at once.
    show_progress: show a bar.
    patience: with the bucket.

  Returns:
    What was done; every file is whole and has the checksum that the bucket
    gives.

  Raises:
    FetchError: as `plan_bucket`; or there is no room, or a file cannot be
      fetched. What came until then is kept, as it is after Ctrl-C or a kill.
  """
  listing.check(wanted)
  bucket = Bucket(wanted.bucket)
  planned = _plan(bucket, wanted, destination, patience)
  destinations.check_space(planned.directory, planned.bytes_missing)
  with (
    destinations.writing(planned.directory),
    Progress(planned, show_progress) as progress,
  ):
    transfer_all(
      bucket,
      planned,
      workers=workers,
      patience=patience,
      on_bytes=progress.advance,
    )
  return FetchReport(
    planned.directory,
    tuple(file.path for file in planned.files),
    progress.received,
    planned.bytes_there,
  )


def _plan(
  bucket: Bucket,
  wanted: BucketTeacher,
  destination: str | None,
  patience: Patience,
) -> Plan:
  files = persevere(lambda: listing.files(bucket, wanted), patience)
  folder = f'{wanted.parents}{wanted.name}/'
  directory = os.path.join(destinations.choose(destination), wanted.name)
  with destinations.writing(directory):
    return plan.make(
      f'{bucket.uri}/{folder}',
      directory,
      [(file, file.name.removeprefix(folder)) for file in files],
    )
