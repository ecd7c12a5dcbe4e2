"""The runs of a study: a pure function of what its file says."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reincarnating_rl.studies.study import (
  Resources,
  Stored,
  Study,
  Variant,
)
from reincarnating_rl.support.errors import UserError

_LONGEST = 255  # Bytes of a folder's name, on most disks.


class Job(NamedTuple):
  """One program: its directory, its flags, and the job it depends on."""

  directory: str  # below the study's
  flags: tuple[str, ...]  # of `reincarnating_rl.train`, without `--base_dir`
  teacher: str | None = None  # directory of the job that trains it
  teacher_checkpoint: int | None = None
  resources: Resources = Resources()
  seeds: tuple[int, ...] = ()  # whose runs are folders in its directory

  @property
  def runs(self) -> tuple[str, ...]:
    """The directories of its runs."""
    if not self.seeds:
      return (self.directory,)
    return tuple(f'{self.directory}/{seed}' for seed in self.seeds)


def make_plan(study: Study, bindings: Sequence[str] = ()) -> list[Job]:
  """Lays out every run; teachers come before their students.

  Args:
    study: what is run.
    bindings: gin bindings for every run, such as smaller budgets.

  Returns:
    The jobs. A run that several variants share is one job.

  Raises:
    UserError: two different runs would have one folder, a table has one run
      twice, or the seeds of one program do not follow one another.
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
        if variant.one_program:
          seeds = _in_a_row(study.seeds)
          directory = _folder_of_seeds(study, variant, game)
        else:
          seeds, directory = (), directory_of(study, variant, game, seed)
        variant = variant._replace(seed=seeds[0] if seeds else seed)
        add(_job(study, variant, directory, game, bindings, seeds))
  for table in study.tables:
    _check_told_apart(table, runs_of(study, table))
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
  """Returns where a run is: `RUNS/WHAT SETS IT APART/GAME/SEED`.

  A program of several seeds has a folder of its own before the last part.
  """
  return f'{_folder_of_seeds(study, variant, game)}/{seed}'


def _check_told_apart(table: str, runs: Mapping[str, Sequence[str]]) -> None:
  """Refuses a table that shows one run by two names."""
  seen: dict[str, str] = {}
  for name, directories in runs.items():
    other = seen.setdefault(directories[0], name)
    if other != name:
      raise UserError(
        f'{other} and {name} of the table {table} are one run, '
        f'{directories[0]}: let `tables` show one of them, or leave one out.'
      )


def _folder_of_seeds(study: Study, variant: Variant, game: str) -> str:
  """Returns the folder of a variant's seeds in a game."""
  parts = [variant.agent]
  for binding in variant.bindings:
    name, value = binding.split(' = ', 1)
    parts.append(f'{name.rsplit(".", 1)[-1]}_{value}')
  if variant.teacher != next(iter(study.teachers), None):
    parts.append(f'from_{variant.teacher}')
  if variant.teacher_checkpoint is not None:
    parts.append(f'teacher_{variant.teacher_checkpoint}')
  place = f'{variant.runs}/{_name("-".join(parts))}/{_name(game)}'
  if variant.one_program:
    place += f'/seeds_{min(study.seeds)}_to_{max(study.seeds)}'
  return place


def _name(text: str) -> str:
  """Returns a folder's name for a text."""
  name = re.sub(r'[^\w.+-]+', '_', text).strip('_.')
  if len(name.encode()) > _LONGEST:
    raise UserError(
      f'A folder cannot be named {name[:40]}...: move some `bindings` of that '
      'variant to a file of its `gin_files`, and give it `runs` of its own.'
    )
  return name


def _in_a_row(seeds: Sequence[int]) -> tuple[int, ...]:
  """Returns the seeds of one program, sorted."""
  found = tuple(sorted(seeds))
  if found != tuple(range(found[0], found[-1] + 1)):
    raise UserError(
      f'one_program is true, and seeds are {list(seeds)}: give seeds that '
      'follow one another, or leave it out.'
    )
  return found


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
  seeds: tuple[int, ...] = (),
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
  if seeds:
    flags.append(f'--num_seeds={len(seeds)}')
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
    seeds,
  )
