"""Frames to files: MP4, or GIF."""

import importlib
import io
import itertools
import pathlib
import subprocess
import tempfile
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from reincarnating_rl.support.errors import UserError

_QUIET = ('-y', '-nostdin', '-loglevel', 'error')
_H264 = (
  *('-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-crf', '20'),
  *('-movflags', '+faststart'),  # Players may begin before the end has come.
)
_COLORS = 128  # Of a GIF's frame.
_SHORTEST = 2  # Hundredths of a second; viewers take one for ten.

Frames = Iterator[np.ndarray]
"""[H, W, 3] uint8, at least one, all of one even height and width."""


def ending(path: str) -> str:
  """Returns the ending of a video's name, `.mp4` or `.gif`.

  Raises:
    UserError: it is another, or what writes it is not installed.
  """
  found = pathlib.Path(path).suffix.lower()
  if found not in _ENCODERS:
    raise UserError(
      f'--out {path} is no name of a video: let it end in '
      f'{" or ".join(_ENCODERS)}.'
    )
  if found == '.mp4':
    _ffmpeg()
  return found


def encode(ending: str, frames: Frames, frames_per_second: int) -> bytes:
  """Returns a video as the bytes of its file.

  Args:
    ending: of its name.
    frames: of the video.
    frames_per_second: of them; a GIF leaves out those above 50.

  Raises:
    UserError: it cannot be written.
  """
  return _ENCODERS[ending](frames, frames_per_second)


def _mp4(frames: Frames, frames_per_second: int) -> bytes:
  first = next(frames)
  height, width, _ = first.shape
  with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, 'video.mp4')
    taken = ('-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', f'{width}x{height}')
    rate = ('-r', str(frames_per_second))
    # Not by imageio's own writer: it forks, which JAX's threads do not bear.
    ffmpeg = subprocess.Popen(
      [_ffmpeg(), *_QUIET, *taken, *rate, '-i', '-', *_H264, str(path)],
      stdin=subprocess.PIPE,
      stderr=subprocess.PIPE,
      process_group=0,  # Ctrl-C is for us.
    )
    try:
      for frame in itertools.chain([first], frames):
        ffmpeg.stdin.write(frame.tobytes())
      _, told = ffmpeg.communicate()
    except BrokenPipeError:  # It has ended, and says why.
      told = ffmpeg.stderr.read()
    finally:
      ffmpeg.kill()
      ffmpeg.wait()
    if ffmpeg.returncode or not path.exists():
      reason = ' '.join(told.decode(errors='replace').split())[:200]
      raise UserError(
        f'ffmpeg cannot write the video to {folder} ({reason}): mend that, or '
        'let --out end in .gif.'
      )
    return path.read_bytes()


def _gif(frames: Frames, frames_per_second: int) -> bytes:
  images = _timed_images(frames, frames_per_second)
  data = io.BytesIO()
  next(images).save(data, 'gif', save_all=True, append_images=images, loop=0)
  return data.getvalue()


def _timed_images(
  frames: Frames, frames_per_second: int
) -> Iterator[Image.Image]:
  """Yields images that last whole hundredths of a second, as frames begin."""

  def image(last: int) -> Image.Image:
    made = Image.fromarray(shown).quantize(_COLORS, dither=Image.Dither.NONE)
    made.info['duration'] = 10 * last
    return made

  begun, shown, number = 0, next(frames), 0
  for number, frame in enumerate(frames, 1):
    now = 100 * number // frames_per_second
    if now - begun >= _SHORTEST:
      yield image(now - begun)
      begun, shown = now, frame
  yield image(max(_SHORTEST, 100 * (number + 1) // frames_per_second - begun))


def _ffmpeg() -> str:
  """Returns the path of the program."""
  try:
    return importlib.import_module('imageio_ffmpeg').get_ffmpeg_exe()
  except (ModuleNotFoundError, RuntimeError) as error:
    raise UserError(
      "MP4 needs ffmpeg: pip install -e '.[video]', or let --out end in .gif."
    ) from error


_ENCODERS: dict[str, Callable[[Frames, int], bytes]] = {
  '.mp4': _mp4,
  '.gif': _gif,
}
