"""Executes the notebook, and keeps what it shows.

  pip install nbclient ipykernel
  python docs/notebooks/execute.py

Left out are progress bars, escape codes and times. A frame takes the place of
the video, which is too large for a repository.
"""

import base64
import io
import pathlib
import re
import time
from typing import Any

import imageio_ffmpeg
import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = pathlib.Path(__file__).parent
NOTEBOOK = FOLDER / 'quickstart.ipynb'
_ESCAPES = re.compile(r'\x1b\[[0-9;]*m')
_VIDEO = re.compile(r'<video .*?src="data:video/mp4;base64,([^"]+)"', re.S)
_SECOND = 3.0  # Of the frame.


def main() -> None:
  """Executes the notebook in its folder, and writes it anew."""
  notebook = nbformat.read(NOTEBOOK, 4)
  start = time.monotonic()
  NotebookClient(
    notebook,
    timeout=None,
    kernel_name='python3',
    resources={'metadata': {'path': str(FOLDER)}},
  ).execute()
  print(f'{time.monotonic() - start:.0f} seconds')
  tidy(notebook)
  nbformat.validate(notebook)
  nbformat.write(notebook, NOTEBOOK)


def tidy(notebook: Any) -> None:
  """Leaves out what a reader has no use for.

  Args:
    notebook: of nbformat, which is changed.
  """
  notebook.metadata.pop('widgets', None)
  notebook.metadata.language_info = {'name': 'python'}
  for cell in notebook.cells:
    cell.metadata.pop('execution', None)
    if cell.cell_type == 'code':
      cell.outputs = _joined(cell.outputs)
      for output in cell.outputs:
        _tidy_data(output.get('data', {}))


def _joined(outputs: list[Any]) -> list[Any]:
  """Leaves out progress bars, and joins what they have parted."""
  kept: list[Any] = []
  for output in outputs:
    names = output.get('name'), kept and kept[-1].get('name')
    if names == ('stdout', 'stdout'):
      kept[-1]['text'] += output['text']
    elif names[0] != 'stderr':
      kept.append(output)
  return kept


def _tidy_data(data: dict[str, Any]) -> None:
  if 'text/plain' in data:
    data['text/plain'] = _ESCAPES.sub('', data['text/plain'])
  video = _VIDEO.search(data.get('text/html', ''))
  if video:
    del data['text/html']
    picture = _frame(base64.b64decode(video[1]))
    data['image/png'] = base64.b64encode(picture).decode()


def _frame(video: bytes) -> bytes:
  """Returns a frame of a video, as a PNG of few colours."""
  path = FOLDER / 'frame.mp4'
  path.write_bytes(video)
  try:
    frames = imageio_ffmpeg.read_frames(
      path, input_params=['-ss', str(_SECOND)]
    )
    size = next(frames)['size']
    image = Image.frombytes('RGB', size, next(frames))
    frames.close()
  finally:
    path.unlink()
  image.thumbnail((640, 640))
  data = io.BytesIO()
  image.quantize(64).save(data, 'png', optimize=True)
  return data.getvalue()


if __name__ == '__main__':
  main()
