"""The video of a student that is published."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from reincarnating_rl.cli import video
from reincarnating_rl.support.errors import UserError

if TYPE_CHECKING:
  from reincarnating_rl.publishing.source import Source


@contextlib.contextmanager
def of_run(
  is_wanted: bool, read: 'Source', play: Mapping[str, Any]
) -> Iterator[str | None]:
  """Yields the path of a video: the run's own, or one that is made.

  Args:
    is_wanted: whether there is to be one; else None is yielded.
    read: the run.
    play: how its student plays.

  Raises:
    UserError: none can be made.
  """
  from reincarnating_rl.evaluation import videos
  from reincarnating_rl.publishing import folder

  if not is_wanted:
    yield None
    return
  for name in (*folder.VIDEO_FILES, *videos.NAMES):
    path = os.path.join(read.directory, name)
    if os.path.isfile(path):
      yield path
      return
  with tempfile.TemporaryDirectory() as place:
    path = os.path.join(place, folder.VIDEO_FILES[0])
    _film(read, path, play)
    yield path


def _film(read: 'Source', out: str, play: Mapping[str, Any]) -> None:
  """Has the student play, and writes what it does.

  Raises:
    UserError: it cannot, and why.
  """
  number = read.checkpoint.number
  checkpoint = os.path.join(
    os.path.dirname(read.checkpoint.path), f'ckpt.{number}.json'
  )
  flags = video.create_parser().parse_args([checkpoint, f'--out={out}'])
  for name, value in play.items():
    setattr(flags, name, value)
  flags.teacher = f'Student={checkpoint}'
  try:
    video.write(flags)
  except UserError as error:
    raise UserError(
      f'No video can be made: {str(error).rstrip(".")}. With --no_video none '
      'is needed.'
    ) from error
