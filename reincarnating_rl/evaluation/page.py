"""The report: one HTML page that needs no network, and files beside it.

`templates/page.html` is the page. The templates escape all values, so whatever
a run calls itself is text.
"""

import base64
import os
from collections.abc import Sequence
from typing import Any

import jinja2
import markupsafe

from reincarnating_rl.evaluation import (
  analysis,
  csv_files,
  pictures,
  plot_style,
  provenance,
  tables,
  text,
  videos,
)
from reincarnating_rl.evaluation.analysis import Analysis
from reincarnating_rl.evaluation.pictures import Picture
from reincarnating_rl.evaluation.results import Runs
from reincarnating_rl.evaluation.videos import Video
from reincarnating_rl.support import files

PAGE_FILE = 'index.html'
TITLE = 'Reincarnating RL'


def write(
  runs: Runs,
  out: str,
  title: str = TITLE,
  *,
  at: float | None = None,
  seed: int = 0,
  reps: int = 2000,
) -> Analysis:
  """Writes a report of runs.

  Args:
    runs: from `results.load_runs`.
    out: directory of the page, the pictures and the CSV files. It is created
      if it does not exist.
    title: of the page.
    at: online steps at which methods are compared. None takes the largest
      number that every run has reached.
    seed: of the bootstrap. The same runs and seed give the same files.
    reps: draws for each interval.

  Returns:
    The numbers that the page shows.

  Raises:
    UserError: no run has reached `at`, or `out` cannot be written.
  """
  numbers = analysis.analyse(runs, at=at, seed=seed, reps=reps)
  write_analysis(numbers, out, title)
  return numbers


def write_analysis(numbers: Analysis, out: str, title: str = TITLE) -> None:
  """Writes a report of what was computed; see `write`."""
  drawn = pictures.draw(numbers)
  contents = {f'{picture.name}.png': picture.light for picture in drawn}
  contents |= csv_files.render(numbers)
  filmed = videos.find(numbers.runs.runs, out)
  contents[PAGE_FILE] = render(numbers, drawn, title, filmed).encode()
  with files.writing(out, 'choose another --out'):
    os.makedirs(out, exist_ok=True)
    for name, data in contents.items():
      files.write_atomically(os.path.join(out, name), data)


def render(
  numbers: Analysis,
  drawn: Sequence[Picture],
  title: str,
  filmed: Sequence[Video] = (),
) -> str:
  """Returns the page.

  Args:
    numbers: that it shows.
    drawn: pictures that it shows.
    title: of the page.
    filmed: videos that it shows, as long as they stay where they are.
  """
  return _TEMPLATES.get_template('page.html').render(
    title=title,
    numbers=numbers,
    pictures=drawn,
    videos=filmed,
    headline=tables.headline(numbers),
    reaching=tables.reaching(numbers),
    games=tables.games(numbers),
    costs=tables.costs(numbers),
    looks=tuple(
      plot_style.looks(numbers.runs.methods, theme)
      for theme in (plot_style.LIGHT, plot_style.DARK)
    ),
  )


def _finalize(value: Any) -> Any:
  """Replaces the unprintable characters of whatever a template prints."""
  if isinstance(value, markupsafe.Markup):  # It was finalized already.
    return value
  return text.printable(value, instead='\ufffd', keep='\n\t')


def _png_uri(png: bytes) -> markupsafe.Markup:
  encoded = base64.b64encode(png).decode()
  return markupsafe.Markup(f'data:image/png;base64,{encoded}')


_TEMPLATES = jinja2.Environment(
  loader=jinja2.PackageLoader('reincarnating_rl.evaluation'),
  autoescape=True,
  finalize=_finalize,
  undefined=jinja2.StrictUndefined,
  trim_blocks=True,
  lstrip_blocks=True,
  keep_trailing_newline=True,
)
_TEMPLATES.filters |= {
  'ancestors': provenance.ancestors,
  'duration': text.duration,
  'number_of': text.count,
  'png_uri': _png_uri,
  'score': text.score,
  'stretches': provenance.stretches,
}
