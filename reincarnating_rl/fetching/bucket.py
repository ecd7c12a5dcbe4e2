"""Downloads teachers from a bucket, to the layout of `gsutil cp -R`."""

import os

from reincarnating_rl.fetching import destination as destinations
from reincarnating_rl.fetching import listing, plan
from reincarnating_rl.fetching.listing import BucketTeacher
from reincarnating_rl.fetching.plan import FetchReport, Plan
from reincarnating_rl.fetching.retries import DEFAULT_POLICY, RetryPolicy, retry
from reincarnating_rl.fetching.storage import Bucket
from reincarnating_rl.fetching.transfer import Progress, transfer_all


def plan_bucket(
  wanted: BucketTeacher,
  destination: str | None = None,
  *,
  policy: RetryPolicy = DEFAULT_POLICY,
) -> Plan:
  """Plans what `fetch_bucket` will do; writes nothing.

  Args:
    wanted: the teacher.
    destination: folder of all teachers; None for `$TEACHER_CKPT_DIR`, else
      `teacher_ckpts`.
    policy: how to retry requests to the bucket.

  Returns:
    The plan: `<prefix>/<game>/<run>/…` in the bucket goes to
    `<destination>/<game>/<run>/…`.

  Raises:
    FetchError: the bucket, the game or the run does not exist or may not be
      read, a name is unsafe, or another file is in the way.
  """
  listing.check(wanted)
  return _plan(Bucket(wanted.bucket), wanted, destination, policy)


def fetch_bucket(
  wanted: BucketTeacher,
  destination: str | None = None,
  *,
  workers: int = 4,
  show_progress: bool = True,
  policy: RetryPolicy = DEFAULT_POLICY,
) -> FetchReport:
  """Downloads a teacher; keeps the files of an earlier download.

  Args:
    wanted: the teacher.
    destination: folder of all teachers; None for `$TEACHER_CKPT_DIR`, else
      `teacher_ckpts`.
    workers: number of parallel downloads.
    show_progress: whether to show a progress bar.
    policy: how to retry requests to the bucket.

  Returns:
    A report. All files are complete and match the bucket's checksums.

  Raises:
    FetchError: as `plan_bucket`; or the disk has too little space, or a file
      cannot be downloaded. The bytes so far are kept, as after Ctrl-C or a
      kill.
  """
  listing.check(wanted)
  bucket = Bucket(wanted.bucket)
  planned = _plan(bucket, wanted, destination, policy)
  destinations.check_space(planned.directory, planned.bytes_missing)
  with (
    destinations.writing(planned.directory),
    Progress(planned, show_progress) as progress,
  ):
    transfer_all(
      bucket,
      planned,
      workers=workers,
      policy=policy,
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
  policy: RetryPolicy,
) -> Plan:
  files = retry(lambda: listing.files(bucket, wanted), policy)
  folder = f'{wanted.parents}{wanted.name}/'
  directory = os.path.join(destinations.choose(destination), wanted.name)
  with destinations.writing(directory):
    return plan.make(
      f'{bucket.uri}/{folder}',
      directory,
      [(file, file.name.removeprefix(folder)) for file in files],
    )
