"""Parts of the page."""

import base64

from reincarnating_rl.evaluation import (
  markup,
  plot_style,
  tables,
  text,
)
from reincarnating_rl.evaluation.analysis import Analysis
from reincarnating_rl.evaluation.markup import (
  Markup,
  element,
  join,
)
from reincarnating_rl.evaluation.pictures import Picture


def lead(numbers: Analysis) -> str:
  """Returns the line below the title."""
  if not numbers.compared.final:
    return 'Each game by itself: no scores could be compared, see below.'
  steps = numbers.compared.steps
  where = (
    'at the end of the offline phase'
    if steps is None
    else f'after {steps:,.0f} online steps'
  )
  return (
    f'Scores {where}. 0 is a random policy, 1 is the teacher; in brackets, 95% '
    'intervals.'
  )


def tiles(numbers: Analysis) -> Markup:
  """Returns how much is compared."""
  runs = numbers.runs
  seconds = sum(sum(r.seconds.values()) for r in runs.runs)
  tiles = (
    (len(runs.methods), 'method'),
    (len(runs.games), 'game'),
    (len(runs.runs), 'run'),
  )
  shown = [(f'{n}', what if n == 1 else f'{what}s') for n, what in tiles] + [
    (text.duration(seconds), 'of computing')
  ]
  return element(
    'div',
    *(
      element('div', element('b', n), element('span', what), class_='tile')
      for n, what in shown
    ),
    class_='tiles',
  )


def notes(numbers: Analysis) -> Markup:
  """Returns what to know, if there is anything."""
  if not numbers.notes:
    return Markup('')
  return element(
    'div',
    element('b', 'To know when reading this'),
    element('ul', *(element('li', note) for note in numbers.notes)),
    class_='notes',
  )


def headline(numbers: Analysis) -> Markup:
  """Returns the table of the methods, if any are compared."""
  names, rows = tables.headline(numbers)
  if not rows:
    return Markup('')
  light, dark = (
    plot_style.looks(numbers.runs.methods, theme)
    for theme in (plot_style.LIGHT, plot_style.DARK)
  )
  shown = [
    (
      _named(row[0], light[row[0]].color, dark[row[0]].color),
      *(_interval(cell) for cell in row[1:]),
    )
    for row in rows
  ]
  return join(
    (
      element('h2', 'Methods'),
      markup.table(names, shown),
    )
  )


def _named(method: str, light: str, dark: str) -> Markup:
  style = f'background: {light}; background: light-dark({light}, {dark})'
  return join((element('span', class_='swatch', style=style), method))


def _interval(cell: str) -> Markup:
  point, bracket, ends = cell.partition(' [')
  if not bracket:
    return join((cell,))
  return join((point, ' ', element('small', f'[{ends}')))


def figure(picture: Picture) -> Markup:
  """Returns a picture with its title and caption, in both themes."""
  image = element(
    'picture',
    element(
      'source',
      srcset=_inline(picture.dark),
      media='(prefers-color-scheme: dark)',
    ),
    element(
      'img',
      src=_inline(picture.light),
      alt=picture.title,
      width=str(round(_width(picture.light) * 96 / plot_style.DPI)),
    ),
  )
  return join(
    (
      element('h2', picture.title),
      element('p', picture.caption, class_='caption'),
      element('figure', image, class_='wide'),
    )
  )


def _inline(png: bytes) -> str:
  return f'data:image/png;base64,{base64.b64encode(png).decode()}'


def _width(png: bytes) -> int:
  """Returns the pixels of a row, which a PNG's first chunk tells."""
  return int.from_bytes(png[16:20], 'big')


def games(numbers: Analysis) -> Markup:
  """Returns the table of the games."""
  caption = (
    'Mean return over seeds, from the lowest seed’s to the highest, and its '
    'normalised score at the point of comparison.'
  )
  return join(
    (
      element('h2', 'Game by game'),
      element('p', caption, class_='caption'),
      markup.table(*tables.games(numbers), right_from=2),
    )
  )


def method(numbers: Analysis) -> Markup:
  """Returns how the numbers came about."""
  return join(
    (
      element('h2', 'How this was computed'),
      element(
        'p',
        'The score of a mean return G is (G − random) / (teacher − random). '
        'All runs of a game share one scale: the teacher’s is the mean over '
        'the episodes of their teacher evaluations, of which equal ones count '
        'once. Of each run, the online evaluation nearest to the point of '
        'comparison counts. Aggregates are those of Agarwal et al. 2021 '
        '(rliable), over the games that all methods have; intervals are 95% '
        'percentile intervals of the stratified bootstrap, which draws the '
        f'runs of each game anew ({numbers.reps:,} draws, seed '
        f'{numbers.seed}).',
        class_='caption',
      ),
    )
  )
