"""HTML from data: whatever is no `Markup` is escaped."""

import html
from collections.abc import Iterable, Sequence


class Markup(str):
  """Text that is HTML already, because `element` made it."""


def element(
  name: str, /, *children: object, **attributes: str | None
) -> Markup:
  """Makes an element.

  Args:
    name: of the element.
    *children: markup as it is, anything else as text.
    **attributes: `class_` is `class`; None leaves one out.

  Returns:
    The element; elements that have no content are not closed.
  """
  given = ''.join(
    f' {key.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
    for key, value in attributes.items()
    if value is not None
  )
  if name in ('img', 'meta', 'source'):
    return Markup(f'<{name}{given}>')
  return Markup(f'<{name}{given}>{join(children)}</{name}>')


def join(children: Iterable[object]) -> Markup:
  """Joins markup and texts; the texts are escaped."""
  return Markup(
    ''.join(
      child if isinstance(child, Markup) else html.escape(_printable(child))
      for child in children
    )
  )


def table(
  names: Sequence[str],
  rows: Iterable[Sequence[object]],
  *,
  right_from: int = 1,
) -> Markup:
  """Makes a table that scrolls by itself where it is too wide.

  Args:
    names: of the columns.
    rows: a cell for each column.
    right_from: the first column of numbers.

  Returns:
    The table.
  """

  def cells(kind: str, values: Sequence[object]) -> Markup:
    return element(
      'tr',
      *(
        element(kind, value, class_='number' if i >= right_from else None)
        for i, value in enumerate(values)
      ),
    )

  head = element('thead', cells('th', names))
  body = element('tbody', *(cells('td', row) for row in rows))
  return element('div', element('table', head, body), class_='scroll')


def _printable(value: object) -> str:
  """Keeps control characters, and those that turn text around, off the page."""
  return ''.join(
    c if c.isprintable() or c in '\n\t' else '\ufffd' for c in str(value)
  )
