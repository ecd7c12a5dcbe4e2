"""A part of a study: some of its games, variants, tables and seeds."""

from collections.abc import Iterable

from reincarnating_rl.studies.study import Study
from reincarnating_rl.support.errors import UserError, did_you_mean

ALL = 'all'


def choose(what: str, names: str, known: Iterable[str]) -> list[str]:
  """Returns the known names that a user chose, in their known order.

  Args:
    what: the names are of, for the error.
    names: with commas between them, or 'all'; case and punctuation do not
      matter where they tell no two known names apart.
    known: all names.

  Raises:
    UserError: a name is unknown, and the message has the nearest known one; or
      it is short for several.
  """
  known = list(known)
  if names == ALL:
    return known
  chosen = set()
  for name in names.split(','):
    alike = [k for k in known if _fold(k) == _fold(name)]
    if name in alike:
      alike = [name]
    if not alike:
      raise UserError(
        f'There is no {what} {name!r}: choose among {", ".join(known)}.'
        f'{did_you_mean(name, known, cutoff=0.4)}'
      )
    if len(alike) > 1:
      raise UserError(
        f'The {what} {name!r} may be {" or ".join(alike)}: write one of them.'
      )
    chosen.add(*alike)
  return [name for name in known if name in chosen]


def _fold(name: str) -> str:
  return ''.join(c for c in name.lower() if c.isalnum()) or name


def of(
  study: Study,
  *,
  games: str = ALL,
  variants: str = ALL,
  tables: str = ALL,
  seeds: int | None = None,
) -> Study:
  """Returns a part of a study.

  Args:
    study: the whole.
    games: of it; see `choose`.
    variants: of it.
    tables: of it; variants of others are left out.
    seeds: so many, counted from 1; None for those of the study.

  Raises:
    UserError: there is no such game, variant or table; or a table would lack
      the variant whose teachers score 1.
  """
  kept = choose('variant', variants, study.variants)
  chosen = {
    name: table._replace(variants=tuple(v for v in table.variants if v in kept))
    for name, table in study.tables.items()
    if name in choose('table', tables, study.tables)
  }
  for name, table in chosen.items():
    if table.variants and table.scale_of not in (None, *kept):
      raise UserError(
        f'The table {name} needs {table.scale_of}, whose teachers score 1: add '
        'it to --variants, or choose other --tables.'
      )
  if tables != ALL:
    shown = {v for table in chosen.values() for v in table.variants}
    kept = [name for name in kept if name in shown]
  return study._replace(
    games=choose('game', games, study.games),
    seeds=study.seeds if seeds is None else range(1, seeds + 1),
    variants={name: study.variants[name] for name in kept},
    tables={name: table for name, table in chosen.items() if table.variants},
  )
