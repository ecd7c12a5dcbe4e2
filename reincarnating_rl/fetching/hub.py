"""Downloads teachers from the Hugging Face hub."""

import fnmatch
import functools
import os
import posixpath

import tqdm.auto as tqdm

from reincarnating_rl.fetching import destination as destinations
from reincarnating_rl.fetching import hub_errors, plan
from reincarnating_rl.fetching.errors import (
  DamagedDownloadError,
  MissingError,
)
from reincarnating_rl.fetching.plan import FetchReport, Plan, PlannedFile
from reincarnating_rl.fetching.remote import RemoteFile, is_complete

# Files of a repository to download: checkpoints and their descriptions.
PATTERNS = (
  *('*.cleanrl_model', '*.zip', '*.pt', '*.pth', '*.safetensors', 'ckpt.*'),
  # Of observations; see teachers/foreign/statistics_files.py.
  *('vecnormalize.pkl', 'vec_normalize.pkl', '*_vecnormalize_*_steps.pkl'),
  *('*.json', '*.yml', '*.yaml', 'README.md'),
)
_TIMEOUT = 30.0  # Seconds.


def plan_hub(
  repository: str,
  destination: str | None = None,
  *,
  endpoint: str | None = None,
) -> Plan:
  """Plans what `fetch_hub` will do; writes nothing.

  Args:
    repository: `<owner>/<name>`.
    destination: folder of all teachers; None for `$TEACHER_CKPT_DIR`, else
      `teacher_ckpts`.
    endpoint: address of a hub; None for `$HF_ENDPOINT`, else the public one.

  Returns:
    The plan: files that match `PATTERNS` go to
    `<destination>/<owner>--<name>/`.

  Raises:
    FetchError: the repository does not exist, may not be read or has no file
      of a teacher; the hub does not answer; a name is unsafe; or another file
      is in the way.
  """
  hub_errors.check_name(repository)
  files = [(file, file.name) for file in _list(repository, endpoint)]
  if not files:
    raise MissingError(
      f'{repository} has no file of a teacher ({", ".join(PATTERNS)}): choose '
      'another repository.'
    )
  directory = os.path.join(
    destinations.choose(destination), repository.replace('/', '--')
  )
  with destinations.writing(directory):
    return plan.make(repository, directory, files)


def fetch_hub(
  repository: str,
  destination: str | None = None,
  *,
  endpoint: str | None = None,
  show_progress: bool = True,
) -> FetchReport:
  """Downloads a teacher; keeps complete files of an earlier download.

  Args:
    repository: `<owner>/<name>`.
    destination: folder of all teachers; None for `$TEACHER_CKPT_DIR`, else
      `teacher_ckpts`.
    endpoint: address of a hub; None for `$HF_ENDPOINT`, else the public one.
    show_progress: whether to show a progress bar for each file.

  Returns:
    A report. All files are complete and match the hub's checksums.

  Raises:
    FetchError: as `plan_hub`; or the disk has too little space, or a file
      cannot be downloaded.
  """
  planned = plan_hub(repository, destination, endpoint=endpoint)
  destinations.check_space(planned.directory, planned.bytes_missing)
  missing = [file for file in planned.files if not file.is_finished]
  with destinations.writing(planned.directory):
    for file in missing:
      _fetch(planned, file, endpoint, show_progress)
  return FetchReport(
    planned.directory,
    tuple(file.path for file in planned.files),
    sum(file.remote.size for file in missing),
    planned.bytes_there,
  )


def _list(repository: str, endpoint: str | None) -> list[RemoteFile]:
  from huggingface_hub import HfApi

  with hub_errors.answers(repository):
    info = HfApi(endpoint).model_info(
      repository, files_metadata=True, timeout=_TIMEOUT
    )
  return [
    RemoteFile(
      file.rfilename,
      file.size,
      info.sha,
      'sha256' if file.lfs else 'git',
      file.lfs.sha256 if file.lfs else file.blob_id,
    )
    for file in info.siblings
    if _is_wanted(file.rfilename)
  ]


def _is_wanted(name: str) -> bool:
  if any(part.startswith('.') for part in name.split('/') if part != '..'):
    return False  # Hidden files of tools, such as the hub's.
  base = posixpath.basename(name)
  return any(fnmatch.fnmatchcase(base, pattern) for pattern in PATTERNS)


def _fetch(
  planned: Plan, file: PlannedFile, endpoint: str | None, show_progress: bool
) -> None:
  """Downloads one file; a wrong checksum causes one retry."""
  from huggingface_hub import HfApi

  for is_second in (False, True):
    with hub_errors.answers(planned.origin):
      HfApi(endpoint).hf_hub_download(
        planned.origin,
        file.remote.name,
        revision=file.remote.version,
        local_dir=planned.directory,
        force_download=is_second,
        tqdm_class=functools.partial(tqdm.tqdm, disable=not show_progress),
      )
    if is_complete(file.path, file.remote):
      return
    os.remove(file.path)
  raise DamagedDownloadError(
    f'{file.remote.name} of {planned.origin} had a wrong checksum twice: try '
    'again later, or tell its owner.'
  )
