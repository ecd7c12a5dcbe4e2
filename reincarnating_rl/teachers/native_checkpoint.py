"""Checkpoints of one safetensors file and a manifest, `ckpt.N.json`.

The manifest names the files with their sizes and checksums and is written
last: where it is, the checkpoint is whole. Tensors are named by group and
path, such as `online_params/params/Conv_0/kernel`.
"""

import hashlib
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import safetensors
from flax import traverse_util
from safetensors import numpy as safetensors_numpy

from reincarnating_rl.learner.types import Params
from reincarnating_rl.support import files, json_file
from reincarnating_rl.support.errors import DamagedFileError, MissingFileError
from reincarnating_rl.support.json_file import read_json

FORMAT, VERSION = 'reincarnating_rl', 1
_GROUP = 'online_params/'
# The last three: of names such as `a` and `a/b`, and of types unknown to NumPy.
_UNREADABLE = (safetensors.SafetensorError, LookupError, TypeError, ValueError)
_COPY_AGAIN = 'copy it again from where it came.'


def write(
  directory: str | os.PathLike[str],
  number: int,
  params: Params,
  metadata: Mapping[str, Any],
  prefix: str = 'ckpt',
) -> None:
  """Writes a teacher's parameters.

  Args:
    directory: the checkpoints folder; made if there is none.
    number: of the checkpoint.
    params: nested dictionaries of arrays, `{'params': ...}`.
    metadata: goes into the manifest; JSON, without the manifest's own keys.
    prefix: of the files' names.

  Raises:
    ValueError: if `metadata` has a key of the manifest's own.
  """
  flat = traverse_util.flatten_dict(params, sep='/')
  write_arrays(
    directory,
    number,
    {_GROUP + path: leaf for path, leaf in flat.items()},
    metadata,
    prefix=prefix,
  )


def write_arrays(
  directory: str | os.PathLike[str],
  number: int,
  arrays: Mapping[str, np.ndarray],
  metadata: Mapping[str, Any],
  *,
  prefix: str = 'ckpt',
  tag: str = '',
) -> None:
  """Writes a checkpoint: its arrays, then the manifest that makes it whole.

  Args:
    directory: the checkpoints folder; made if there is none.
    number: of the checkpoint.
    arrays: by group and path.
    metadata: goes into the manifest; JSON, without the manifest's own keys.
    prefix: of the files' names.
    tag: tells apart the arrays of checkpoints of one number.

  Raises:
    ValueError: if `metadata` has a key of the manifest's own.
    UnwritableError: the manifest would be too large to be read.
  """
  name = f'{prefix}.{number}{tag}.safetensors'
  # safetensors writes the memory of an array in its order, whatever that is.
  data = safetensors_numpy.save(
    {key: np.array(array, order='C') for key, array in arrays.items()}
  )
  manifest = {
    'format': FORMAT,
    'version': VERSION,
    'number': number,
    'files': {name: {'bytes': len(data), 'sha256': files.sha256(data)}},
  }
  if manifest.keys() & metadata.keys():
    raise ValueError(f'{sorted(manifest)} are written by write_arrays itself.')
  path = os.path.join(directory, f'{prefix}.{number}.json')
  manifest = json_file.encoded(path, manifest | dict(metadata))
  os.makedirs(directory, exist_ok=True)
  files.write_atomically(os.path.join(directory, name), data)
  files.write_atomically(path, manifest)


def read(manifest_path: pathlib.Path) -> tuple[Params, dict, str]:
  """Reads the online parameters of a checkpoint, and no other tensor.

  Args:
    manifest_path: `ckpt.N.json`.

  Returns:
    The parameters, the manifest, and the SHA-256 of the file of tensors.

  Raises:
    MissingFileError: if the tensors are not there.
    DamagedFileError: if anything is not as the manifest says.
  """
  manifest = read_manifest(manifest_path)
  path, checksum = verify(manifest_path, manifest)
  flat = read_groups(path, (_GROUP[:-1],))
  try:
    flat = {key.removeprefix(_GROUP): leaf for key, leaf in flat.items()}
    params = traverse_util.unflatten_dict(flat, sep='/')
  except _UNREADABLE as error:
    raise _no_tensors(path, error) from error
  if not flat:
    raise DamagedFileError(
      f'{path} has no {_GROUP[:-1]}; give the checkpoint of an agent.'
    )
  return params, manifest, checksum


def read_groups(
  path: str | os.PathLike[str], groups: Sequence[str]
) -> dict[str, np.ndarray]:
  """Reads the tensors of some groups of a file that was verified.

  Args:
    path: of the safetensors file.
    groups: such as `online_params`.

  Returns:
    The tensors by group and path; none of a group that is not there.

  Raises:
    DamagedFileError: it is no such file.
  """
  begins = tuple(f'{group}/' for group in groups)
  try:
    with safetensors.safe_open(path, framework='numpy') as file:
      names = [key for key in file.keys() if key.startswith(begins)]  # noqa: SIM118
      return {key: file.get_tensor(key) for key in names}
  except _UNREADABLE as error:
    raise _no_tensors(path, error) from error


def _no_tensors(
  path: str | os.PathLike[str], error: Exception
) -> DamagedFileError:
  return DamagedFileError(
    f'{path} is not a file of tensors ({str(error)[:100]}); {_COPY_AGAIN}'
  )


def read_manifest(path: pathlib.Path) -> dict[str, Any]:
  """Reads and checks a manifest.

  Raises:
    DamagedFileError: if it is not one that this version can read.
  """
  manifest = read_json(path)
  if manifest.get('format') != FORMAT:
    raise DamagedFileError(f'{path} is not a manifest of {FORMAT}.')
  if manifest.get('version') != VERSION:
    raise DamagedFileError(
      f'{path} has the version {manifest.get("version")!a:.20}, and this '
      f'program reads {VERSION}; install the reincarnating_rl that wrote it.'
    )
  named = manifest.get('files')
  if not isinstance(named, dict) or not all(map(_is_inside, named)):
    raise DamagedFileError(
      f'{path} names files outside its own folder; {_COPY_AGAIN}'
    )
  if len(named) != 1:
    raise DamagedFileError(f'{path} names {len(named)} files, not one.')
  return manifest


def _is_inside(name: str) -> bool:
  return bool(name) and name != '..' and not set(name) & set('/\\:\0')


def verify(
  manifest_path: pathlib.Path, manifest: dict[str, Any]
) -> tuple[pathlib.Path, str]:
  """Checks the file of arrays against its manifest.

  Args:
    manifest_path: of `ckpt.N.json`.
    manifest: what `read_manifest` returned.

  Returns:
    Path and SHA-256 of the file.

  Raises:
    MissingFileError: if it is not there.
    DamagedFileError: if it is not what it was.
  """
  ((name, entry),) = manifest['files'].items()
  path = manifest_path.with_name(name)
  if not path.is_file():
    raise MissingFileError(f'{path} is missing beside its manifest.')
  if not isinstance(entry, dict) or path.stat().st_size != entry.get('bytes'):
    raise DamagedFileError(
      f'{path} is not as long as its manifest says; {_COPY_AGAIN}'
    )
  with open(path, 'rb') as file:
    checksum = hashlib.file_digest(file, 'sha256').hexdigest()
  if checksum != entry.get('sha256'):
    raise DamagedFileError(
      f'{path} does not have the checksum of its manifest; {_COPY_AGAIN}'
    )
  return path, checksum
