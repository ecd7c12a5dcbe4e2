"""The runs of a study: a pure function of what its file says."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reincarnating_rl.studies.study import (
  Resources,
  Stored,
  Study,
  Variant,
)
from reincarnating_rl.support.errors import UserError, did_you_mean

ALL = 'all'


class Job(NamedTuple):
  """One run: its directory, its flags, and the job it depends on."""

  directory: str  # below the study's
  flags: tuple[str, ...]  # of `reincarnating_rl.train`, without `--base_dir`
  teacher: str | None = None  # directory of the job that trains it
  teacher_checkpoint: int | None = None
  resources: Resources = Resources()


def choose(what: str, names: str, known: Iterable[str]) -> list[str]:
  """Returns the known names that a user chose, in their known order.

  Args:
    what: the names are of, for the error.
    names: with commas between them, or 'all'; case and punctuation do not
      matter.
    known: all names.

  Raises:
    UserError: a name is unknown; the message has the nearest known one.
  """
  folded = {_fold(name): name for name in known}
  if names == ALL:
    return list(folded.values())
  chosen = set()
  for name in names.split(','):
    if _fold(name) not in folded:
      raise UserError(
        f'There is no {what} {name!r}: choose among '
        f'{", ".join(folded.values())}.'
        f'{did_you_mean(name, folded.values(), cutoff=0.4)}'
      )
    chosen.add(folded[_fold(name)])
  return [name for name in folded.values() if name in chosen]


def _fold(name: str) -> str:
  return ''.join(c for c in name.lower() if c.isalnum()) or name


def part_of(
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
    UserError: there is no such game, variant or table.
  """
  kept = choose('variant', variants, study.variants)
  chosen = {
    name: table._replace(
      variants=tuple(v for v in table.variants if v in kept),
      scale_of=table.scale_of if table.scale_of in kept else None,
    )
    for name, table in study.tables.items()
    if name in choose('table', tables, study.tables)
  }
  if tables != ALL:
    shown = {v for table in chosen.values() for v in table.variants}
    kept = [name for name in kept if name in shown]
  return study._replace(
    games=choose('game', games, study.games),
    seeds=study.seeds if seeds is None else range(1, seeds + 1),
    variants={name: study.variants[name] for name in kept},
    tables={name: table for name, table in chosen.items() if table.variants},
  )


def make_plan(study: Study, bindings: Sequence[str] = ()) -> list[Job]:
  """Lays out every run; teachers come before their students.

  Args:
    study: what is run.
    bindings: gin bindings for every run, such as smaller budgets.

  Returns:
    The jobs. A run that several variants share is one job.

  Raises:
    UserError: two different runs would have one folder.
  """
  jobs: dict[str, Job] = {}

  def add(job: Job) -> None:
    if jobs.setdefault(job.directory, job) != job:
      raise UserError(
        f'Two different runs would be written to {job.directory}: give one of '
        'these variants or teachers another `runs`, or make them one.'
      )

  for name in _needed(study):
    teacher = study.teachers[name]
    for game in study.games:
      add(_job(study, teacher, _folder(teacher, game), game, bindings))
  # Table after table, and seed after seed: so a first table comes early.
  for names in (*(t.variants for t in study.tables.values()), study.variants):
    for game, seed in _places(study):
      for variant in (study.variants[name] for name in names):
        directory = directory_of(study, variant, game, seed)
        variant = variant._replace(seed=seed)
        add(_job(study, variant, directory, game, bindings))
  return list(jobs.values())


def runs_of(study: Study, table: str) -> dict[str, list[str]]:
  """Returns the directories that a table compares.

  Args:
    study: what is run.
    table: a key of its tables.

  Returns:
    By variant, directories below the study's.
  """
  return {
    name: [
      directory_of(study, study.variants[name], *place)
      for place in _places(study)
    ]
    for name in study.tables[table].variants
  }


def compared(study: Study) -> set[str]:
  """Returns the directories that any table compares."""
  return {
    directory
    for table in study.tables
    for directories in runs_of(study, table).values()
    for directory in directories
  }


def directory_of(study: Study, variant: Variant, game: str, seed: int) -> str:
  """Returns where a run is: `RUNS/WHAT SETS IT APART/GAME/SEED`."""
  parts = [variant.agent]
  for binding in variant.bindings:
    name, value = binding.split(' = ', 1)
    parts.append(f'{name.rsplit(".", 1)[-1]}_{value}')
  if variant.teacher != next(iter(study.teachers), None):
    parts.append(f'from_{variant.teacher}')
  if variant.teacher_checkpoint is not None:
    parts.append(f'teacher_{variant.teacher_checkpoint}')
  return f'{variant.runs}/{_name("-".join(parts))}/{_name(game)}/{seed}'


def _name(text: str) -> str:
  """Returns a folder's name for a text."""
  return re.sub(r'[^\w.+-]+', '_', text).strip('_.')


def _places(study: Study) -> list[tuple[str, int]]:
  return [(game, seed) for seed in study.seeds for game in study.games]


def _folder(teacher: Variant, game: str) -> str:
  return f'{teacher.runs}/{_name(game)}'


def _needed(study: Study) -> list[str]:
  """Returns the teachers that have to be trained, in their order."""
  needed = {variant.teacher for variant in study.variants.values()}
  for name in reversed(list(study.teachers)):
    teacher = study.teachers[name]
    if name in needed and isinstance(teacher, Variant):
      needed.add(teacher.teacher)
  return [
    name
    for name, teacher in study.teachers.items()
    if name in needed and isinstance(teacher, Variant)
  ]


def _job(
  study: Study,
  variant: Variant,
  directory: str,
  game: str,
  bindings: Sequence[str],
) -> Job:
  teacher = study.teachers[variant.teacher] if variant.teacher else None
  flags = [
    f'--agent={variant.agent}',
    *(f'--gin_files={name}' for name in variant.gin_files),
    f'--gin_bindings={study.game_setting} = {game!r}',
    *(
      f'--gin_bindings={binding}'
      for given in (variant.bindings, variant.per_game.get(game, ()), bindings)
      for binding in given
    ),
    f'--run_number={variant.seed}',
  ]
  if isinstance(teacher, Stored):
    flags.append(f'--teacher_checkpoint_dir={teacher.folders[game]}')
    if teacher.agent is not None:
      flags.append(f'--teacher_agent={teacher.agent}')
  return Job(
    directory,
    tuple(flags),
    _folder(teacher, game) if isinstance(teacher, Variant) else None,
    variant.teacher_checkpoint,
    variant.resources,
  )
