"""Videos come back as the frames that they were made of."""

import io
import subprocess
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from reincarnating_rl.support.errors import UserError
from reincarnating_rl.video import encoding

SIZE = (32, 48)


def frames(count=5):
  for i in range(count):
    frame = np.zeros((*SIZE, 3), np.uint8)
    frame[:, 8 * i : 8 * (i + 1)] = 250
    yield frame


def brightest(frame):
  return int(frame.astype(int).sum(axis=(0, 2)).reshape(-1, 8).sum(1).argmax())


def test_an_mp4(tmp_path):
  path = tmp_path / 'video.mp4'
  path.write_bytes(encoding.encode('.mp4', frames(), 10))
  video = cv2.VideoCapture(str(path))
  assert video.get(cv2.CAP_PROP_FPS) == 10
  seen = []
  while (answer := video.read())[0]:
    assert answer[1].shape == (*SIZE, 3)
    seen.append(brightest(answer[1]))
  assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
  ('rate', 'shown'),
  [
    (10, {0: 100, 1: 100, 2: 100, 3: 100, 4: 100}),
    (30, {0: 30, 1: 30, 2: 40, 3: 30, 4: 30}),
    (40, {0: 20, 1: 30, 2: 20, 3: 30, 4: 20}),
    (120, {0: 20, 3: 20}),
  ],
)
def test_a_gif(rate, shown):
  image = Image.open(io.BytesIO(encoding.encode('.gif', frames(), rate)))
  assert (image.size, image.info['loop']) == (SIZE[::-1], 0)
  found = {}
  for i in range(image.n_frames):
    image.seek(i)
    number = brightest(np.asarray(image.convert('RGB')))
    found[number] = image.info['duration']
  assert found == shown


@pytest.mark.parametrize('name', ['video', 'video.avi', 'mp4', '.mp4/x'])
def test_other_endings_are_refused(name):
  with pytest.raises(UserError, match=r'let it end in \.mp4 or \.gif'):
    encoding.ending(name)


def test_endings():
  assert encoding.ending('a/b.MP4') == '.mp4'
  assert encoding.ending('c.gif') == '.gif'


def test_without_ffmpeg(monkeypatch):
  monkeypatch.setitem(sys.modules, 'imageio_ffmpeg', None)
  with pytest.raises(UserError, match=r"'\.\[video\]', or let --out end in"):
    encoding.ending('a.mp4')
  assert encoding.ending('a.gif') == '.gif'


def test_what_ffmpeg_says_is_told(monkeypatch):
  monkeypatch.setattr(encoding, '_H264', ('-c:v', 'no_such_codec'))
  with pytest.raises(UserError, match='ffmpeg cannot write .*no_such_codec'):
    encoding.encode('.mp4', frames(), 10)


def test_ffmpeg_ends_with_what_stops_it(monkeypatch):
  begun = []

  class Popen(subprocess.Popen):
    def __init__(self, *arguments, **settings):
      super().__init__(*arguments, **settings)
      begun.append(self)

  monkeypatch.setattr(encoding.subprocess, 'Popen', Popen)

  def stopped():
    yield from frames(2)
    raise KeyboardInterrupt

  with pytest.raises(KeyboardInterrupt):
    encoding.encode('.mp4', stopped(), 10)
  (ffmpeg,) = begun
  assert ffmpeg.returncode is not None
