"""Reads members of uncompressed zip files, such as those of `torch.save`.

No member is ever extracted to a file.
"""

import contextlib
import io
import zipfile
from collections.abc import Iterator

from reincarnating_rl.support.errors import DamagedFileError

MAGIC = b'PK\x03\x04'
_ENTRY, _MAX_MEMBERS = b'PK\x01\x02', 10_000  # Entries of the directory.
_ENCRYPTED = 1
# Errors that a malformed file can raise in the standard library.
_MALFORMED = (
  zipfile.BadZipFile,
  NotImplementedError,
  RuntimeError,
  EOFError,
  OSError,
  ValueError,
  OverflowError,
)


class Members:
  """The members of a zip file in memory.

  Attributes:
    names: names of all members.
  """

  def __init__(self, data: bytes, source: str) -> None:
    """Reads the directory.

    Args:
      data: the whole file.
      source: path of the file, for messages.

    Raises:
      DamagedFileError: the file is not a zip file, is cut short or altered, or
        has names that lead out of it.
    """
    self._source = source
    with _reporting_damage(source):
      # Each entry takes many times its size in memory.
      if data.count(_ENTRY) > _MAX_MEMBERS:
        raise ValueError('it has too many members')
      self._file = zipfile.ZipFile(io.BytesIO(data))
      infos = self._file.infolist()
      self._infos = {info.filename: info for info in infos}
      if len(self._infos) < len(infos):
        raise ValueError('two members have the same name')
      for info in infos:
        _check_name(info)
      # Members could overlap, so that a small file unpacks to a large one.
      if sum(info.compress_size for info in infos) > len(data):
        raise ValueError('its members are larger than the file')
    self.names = frozenset(self._infos)

  def read(self, name: str) -> bytes:
    """Returns the content of a member; never more bytes than the file has.

    Args:
      name: one of `names`.

    Raises:
      DamagedFileError: the member is compressed, or its checksum is wrong.
    """
    info = self._infos[name]
    with _reporting_damage(self._source):
      if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f'{name[:50]!a} is compressed')
      if info.flag_bits & _ENCRYPTED or info.compress_size != info.file_size:
        raise ValueError(f'{name[:50]!a} is encrypted or has no size')
      return self._file.read(info)


def _check_name(info: zipfile.ZipInfo) -> None:
  is_whole = info.filename == info.orig_filename
  parts = info.filename.replace('\\', '/').split('/')
  if not is_whole or '..' in parts or not parts[0]:
    raise ValueError(f'{info.orig_filename[:50]!a} is not a valid name')


@contextlib.contextmanager
def _reporting_damage(source: str) -> Iterator[None]:
  """Turns errors of reading into one error that names the file."""
  try:
    yield
  except _MALFORMED as error:
    raise DamagedFileError(
      f'{source} is damaged or is not an uncompressed zip file '
      f'({ascii(str(error)[:100])[1:-1]}): copy it again from its source, or '
      'save it again.'
    ) from error
