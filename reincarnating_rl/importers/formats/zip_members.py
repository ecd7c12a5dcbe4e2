"""Members of the zip files that are saved uncompressed: torch.save's and such.

None is ever extracted to a file.
"""

import contextlib
import io
import zipfile
from collections.abc import Iterator

from reincarnating_rl.support.errors import DamagedFileError

MAGIC = b'PK\x03\x04'
_ENTRY, _MAX_MEMBERS = b'PK\x01\x02', 10_000  # Of the directory at the end.
_ENCRYPTED = 1
# Whatever a malformed file can make the standard library raise.
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
    names: of all of them.
  """

  def __init__(self, data: bytes, source: str) -> None:
    """Reads the directory.

    Args:
      data: of the whole file.
      source: where it is from, for messages.

    Raises:
      DamagedFileError: it is no zip file, cut short or altered, or has names
        that lead out of it.
    """
    self._source = source
    with _told(source):
      # Each entry costs memory many times its size.
      if data.count(_ENTRY) > _MAX_MEMBERS:
        raise ValueError('it has too many members')
      self._file = zipfile.ZipFile(io.BytesIO(data))
      infos = self._file.infolist()
      self._infos = {info.filename: info for info in infos}
      if len(self._infos) < len(infos):
        raise ValueError('two members have one name')
      for info in infos:
        _check_name(info)
      # Members may be made to overlap, so that a small file holds much.
      if sum(info.compress_size for info in infos) > len(data):
        raise ValueError('its members are larger than itself')
    self.names = frozenset(self._infos)

  def read(self, name: str) -> bytes:
    """Returns what a member holds, no more bytes than the file has.

    Args:
      name: one of `names`.

    Raises:
      DamagedFileError: it is compressed, or does not have its checksum.
    """
    info = self._infos[name]
    with _told(self._source):
      if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f'{name[:50]!a} is compressed')
      if info.flag_bits & _ENCRYPTED or info.compress_size != info.file_size:
        raise ValueError(f'{name[:50]!a} is encrypted or has no size')
      return self._file.read(info)


def _check_name(info: zipfile.ZipInfo) -> None:
  is_whole = info.filename == info.orig_filename
  parts = info.filename.replace('\\', '/').split('/')
  if not is_whole or '..' in parts or not parts[0]:
    raise ValueError(f'{info.orig_filename[:50]!a} is no name of a member')


@contextlib.contextmanager
def _told(source: str) -> Iterator[None]:
  """Turns what reading may raise into one error that names the file."""
  try:
    yield
  except _MALFORMED as error:
    raise DamagedFileError(
      f'{source} is damaged, or no such zip file as is saved uncompressed '
      f'({ascii(str(error)[:100])[1:-1]}); copy it again from where it came, '
      'or save it again.'
    ) from error
