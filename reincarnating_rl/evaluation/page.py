"""The report as one HTML page that needs no network, and files beside it."""

import os
from collections.abc import Sequence

from reincarnating_rl.evaluation import (
  analysis,
  csv_files,
  markup,
  page_parts,
  page_style,
  pictures,
  run_details,
  tables,
)
from reincarnating_rl.evaluation.analysis import Analysis
from reincarnating_rl.evaluation.markup import (
  Markup,
  element,
)
from reincarnating_rl.evaluation.pictures import Picture
from reincarnating_rl.evaluation.results import Runs
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import UserError

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
    out: directory of the page, the pictures and the CSV files; made if need be.
    title: of the page.
    at: online steps at which methods are compared; None: the most that every
      run has made.
    seed: of the bootstrap; equal runs and seeds make equal files.
    reps: draws for each interval.

  Returns:
    The numbers that the page shows.

  Raises:
    UserError: no run has made so many steps, or `out` cannot be written.
  """
  numbers = analysis.analyse(runs, at=at, seed=seed, reps=reps)
  drawn = pictures.draw(numbers)
  contents = {f'{picture.name}.png': picture.light for picture in drawn}
  contents |= csv_files.render(numbers)
  contents[PAGE_FILE] = render(numbers, drawn, title).encode()
  try:
    os.makedirs(out, exist_ok=True)
    with files.disk_full_is_a_users_error(out):
      for name, data in contents.items():
        files.write_atomically(os.path.join(out, name), data)
  except OSError as error:
    raise UserError(
      f'--out {out} cannot be written ({error.strerror}): choose another.'
    ) from error
  return numbers


def render(numbers: Analysis, drawn: Sequence[Picture], title: str) -> str:
  """Returns the page.

  Args:
    numbers: that it shows.
    drawn: its pictures.
    title: above it.
  """
  head = element(
    'head',
    element('meta', charset='utf-8'),
    element(
      'meta', name='viewport', content='width=device-width, initial-scale=1'
    ),
    # Should anything of a run ever slip through, it may not run or fetch.
    element(
      'meta',
      http_equiv='Content-Security-Policy',
      content="default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    ),
    element('title', title),
    element('style', Markup(page_style.CSS)),
  )
  body = element(
    'body',
    element('h1', title),
    element('p', page_parts.lead(numbers), class_='lead'),
    page_parts.tiles(numbers),
    page_parts.notes(numbers),
    page_parts.headline(numbers),
    *(page_parts.figure(picture) for picture in drawn),
    page_parts.games(numbers),
    element('h2', 'What it took'),
    markup.table(*tables.costs(numbers)),
    element('h2', 'Runs'),
    element(
      'p',
      'Each student, what it came from, and how to repeat it.',
      class_='caption',
    ),
    run_details.sections(numbers),
    page_parts.method(numbers),
  )
  return f'<!doctype html>\n{element("html", head, body, lang="en")}\n'
