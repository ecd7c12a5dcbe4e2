"""Videos that lie in the folders of runs, for the page."""

import os
import urllib.parse
from collections.abc import Sequence
from typing import NamedTuple

from reincarnating_rl.evaluation.run import Run

NAMES = ('video.mp4', 'video.gif')


class Video(NamedTuple):
  """A video of a run, and where the page finds it."""

  run: Run
  source: str  # an address, relative to the page

  @property
  def is_image(self) -> bool:
    """Whether a browser shows it as an image."""
    return self.source.endswith('.gif')


def find(runs: Sequence[Run], out: str) -> list[Video]:
  """Finds the first of `NAMES` in each run.

  Args:
    runs: of a report. Those of a log have no folder.
    out: folder of the page.

  Returns:
    The videos, in the order of the runs.
  """
  found = []
  for run in runs:
    for name in NAMES:
      path = os.path.join(run.path, name)
      if os.path.isfile(path):
        relative = os.path.relpath(
          os.path.realpath(path), os.path.realpath(out)
        )
        found.append(Video(run, urllib.parse.quote(relative)))
        break
  return found
