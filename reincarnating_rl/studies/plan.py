"""What the comparison runs: a pure function of games, seeds and methods."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reincarnating_rl.studies import table
from reincarnating_rl.support.errors import UserError, did_you_mean

GAMES = ('asterix', 'breakout', 'freeway', 'seaquest', 'space_invaders')
TEACHERS = 'teachers'
_GAME = "create_minatar_environment.game_name = '{}'"
_TEACHER = 'minatar/pvrl_teacher.gin'
_TEACHERS_SEED = 0


class Choice(NamedTuple):
  """What a user chose to compare."""

  games: Sequence[str]  # of `GAMES`; each has one teacher, whatever the seed
  methods: Sequence[str]  # keys of `table.METHODS`, for the study of methods
  studies: Sequence[str]  # keys of `table.STUDIES`
  seeds: int  # runs of each variant in each game, numbered from 1


class Job(NamedTuple):
  """One run: its directory, its flags, and the job it depends on."""

  directory: str  # below the comparison's, `study/variant/game/seed`
  flags: tuple[str, ...]  # of `reincarnating_rl.train`, without `--base_dir`
  teacher: str | None = None  # directory of the job that trains it
  teacher_checkpoint: int | None = None


def choose(what: str, names: Iterable[str], known: Iterable[str]) -> list[str]:
  """Returns the known names that a user chose, in their known order.

  Args:
    what: the names are of, for the error.
    names: as a user wrote them; case and punctuation do not matter.
    known: all names.

  Raises:
    UserError: a name is unknown; the message has the nearest known one.
  """
  folded = {_fold(name): name for name in known}
  chosen = set()
  for name in names:
    if _fold(name) not in folded:
      raise UserError(
        f'There is no {what} {name!r}: choose among '
        f'{", ".join(folded.values())}.'
        f'{did_you_mean(name, folded.values(), cutoff=0.4)}'
      )
    chosen.add(folded[_fold(name)])
  return [name for name in folded.values() if name in chosen]


def _fold(name: str) -> str:
  return ''.join(c for c in name.lower() if c.isalnum())


def make_plan(choice: Choice, *, bindings: Sequence[str] = ()) -> list[Job]:
  """Lays out every run; teachers come before their students.

  Args:
    choice: which runs.
    bindings: gin bindings for every run, such as smaller budgets.

  Returns:
    The jobs. A run that several studies share, such as QDagger's, is one job.
  """
  jobs = {job.directory: job for job in _teachers(choice, bindings)}
  for study in choice.studies:
    # Seed after seed, so a first table comes early.
    for game, seed in _places(choice):
      for variant in _variants(study, choice).values():
        job = _student(table.STUDIES[study], variant, game, seed, bindings)
        jobs.setdefault(job.directory, job)
  return list(jobs.values())


def runs_of(study: str, choice: Choice) -> dict[str, list[str]]:
  """Returns the directories that a study compares.

  Args:
    study: a key of `table.STUDIES`.
    choice: which runs.

  Returns:
    By variant, directories below the comparison's.
  """
  return {
    name: [
      _directory(table.STUDIES[study], variant, *place)
      for place in _places(choice)
    ]
    for name, variant in _variants(study, choice).items()
  }


def _variants(study: str, choice: Choice) -> dict[str, table.Variant]:
  variants = table.STUDIES[study].variants
  return {
    name: variant
    for name, variant in variants.items()
    if study != table.MAIN or name in choice.methods
  }


def _places(choice: Choice) -> list[tuple[str, int]]:
  seeds = range(1, choice.seeds + 1)
  return [(game, seed) for seed in seeds for game in choice.games]


def _teachers(choice: Choice, bindings: Sequence[str]) -> list[Job]:
  return [
    Job(
      f'{TEACHERS}/{game}',
      _flags(
        'dqn', [_TEACHER], [_GAME.format(game), *bindings], _TEACHERS_SEED
      ),
    )
    for game in choice.games
  ]


def _student(
  study: table.Study,
  variant: table.Variant,
  game: str,
  seed: int,
  bindings: Sequence[str],
) -> Job:
  return Job(
    _directory(study, variant, game, seed),
    _flags(
      variant.agent,
      [f'minatar/{variant.agent}.gin', study.budget],
      [_GAME.format(game), *variant.bindings, *bindings],
      seed,
    ),
    f'{TEACHERS}/{game}',
    variant.teacher_checkpoint,
  )


def _directory(
  study: table.Study, variant: table.Variant, game: str, seed: int
) -> str:
  parts = [variant.agent]
  for binding in variant.bindings:
    name, value = binding.split(' = ')
    parts.append(f'{name.rsplit(".", 1)[-1]}_{value}')
  if variant.teacher_checkpoint is not None:
    parts.append(f'teacher_{variant.teacher_checkpoint}')
  return f'{study.runs}/{"-".join(parts)}/{game}/{seed}'


def _flags(
  agent: str, files: Sequence[str], bindings: Sequence[str], seed: int
) -> tuple[str, ...]:
  return (
    f'--agent={agent}',
    *(f'--gin_files={name}' for name in files),
    *(f'--gin_bindings={binding}' for binding in bindings),
    f'--run_number={seed}',
  )
