"""What the comparison runs: a pure function of games, seeds and methods."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reincarnating_rl.support.errors import UserError, did_you_mean

GAMES = ('asterix', 'breakout', 'freeway', 'seaquest', 'space_invaders')
TEACHERS = 'teachers'
MAIN = 'methods'
_GAME = "create_minatar_environment.game_name = '{}'"
_TEACHER = 'minatar/pvrl_teacher.gin'
_TEACHERS_SEED = 0


class Variant(NamedTuple):
  """One row of a table: an agent, and how it differs from the others."""

  agent: str
  bindings: tuple[str, ...] = ()
  teacher_checkpoint: int | None = None  # of the teacher's run; None: the last


class Study(NamedTuple):
  """A table: variants that share games, seeds and budget."""

  title: str
  variants: dict[str, Variant]
  budget: str = 'minatar/pvrl.gin'  # of the students, a shipped configuration
  runs: str = 'students'  # where they are; studies of one budget share them
  scale_of: str | None = None  # the variant whose teachers score 1


class Choice(NamedTuple):
  """What a user chose to compare."""

  games: Sequence[str]  # of `GAMES`; each has one teacher, whatever the seed
  methods: Sequence[str]  # keys of `METHODS`, for the study of methods
  studies: Sequence[str]  # keys of `STUDIES`
  seeds: int  # runs of each variant in each game, numbered from 1


class Job(NamedTuple):
  """One run: its directory, its flags, and the job it depends on."""

  directory: str  # below the comparison's, `study/variant/game/seed`
  flags: tuple[str, ...]  # of `reincarnating_rl.train`, without `--base_dir`
  teacher: str | None = None  # directory of the job that trains it
  teacher_checkpoint: int | None = None


METHODS = {
  'QDagger': Variant('qdagger_dqn'),
  'Kickstarting': Variant('kickstarting_dqn'),
  'Pretraining': Variant('pretrained_dqn'),
  'DQfD': Variant('dqfd_dqn'),
  'Rehearsal': Variant('rehearsal_dqn'),
  'JSRL': Variant('jsrl_dqn'),
  'Fine-tuning': Variant('reloaded_dqn'),
  'Tabula rasa': Variant('dqn'),
}
_N_STEP = 3  # that of the budget's file
N_STEPS = (1, 3, 5, 10)
# Iterations of the teachers' runs, of 20,000 steps each; those are ten.
STRENGTHS = {'weak': 1, 'middling': 3, 'strong': None}

# The rate of MinAtar's students before they are weaned; the paper's falls to a
# tenth of it.
_RATE = 2.5e-4
_KEPT = (f'FINAL_LEARNING_RATE = {_RATE}',)
# Each differs from 'rate kept' in one thing. A target period is in steps, four
# an update.
RECIPES = {
  'rate kept': (),
  'teacher comes back': ('QDagger.distill_latch = False',),
  'teacher comes back below 0.8': ('QDagger.distill_recall_below = 0.8',),
  'mean of 3 evaluations': ('QDagger.distill_evaluations = 3',),
  'target each 62 updates': ('JaxDQNAgent.target_update_period = 248',),
  'target each 1000 updates': ('JaxDQNAgent.target_update_period = 4000',),
  'Adam eps 1.5e-4': ('create_optimizer.eps = 1.5e-4',),
  'Adam eps 1e-8': ('create_optimizer.eps = 1e-8',),
  '1-step': ('JaxDQNAgent.update_horizon = 1',),
  '5-step': ('JaxDQNAgent.update_horizon = 5',),
  '10-step': ('JaxDQNAgent.update_horizon = 10',),
  'two updates in 4 steps': (
    'JaxDQNAgent.update_period = 2',
    'JaxDQNAgent.target_update_period = 500',
  ),
}

STUDIES = {
  MAIN: Study('Methods, from the same teachers and their data', METHODS),
  'n_step': Study(
    'QDagger with n-step returns',
    {
      f'{n}-step': Variant(
        'qdagger_dqn',
        () if n == _N_STEP else (f'JaxDQNAgent.update_horizon = {n}',),
      )
      for n in N_STEPS
    },
  ),
  'teachers': Study(
    'QDagger from checkpoints of different strength',
    {
      name: Variant('qdagger_dqn', teacher_checkpoint=number)
      for name, number in STRENGTHS.items()
    },
    scale_of='strong',
  ),
  'weaning': Study(
    'Distillation alone, distillation that stays, and weaning',
    {
      'Dagger': Variant('dagger_dqn'),
      'QL + Dagger': Variant('ql_dagger_dqn'),
      'QDagger': Variant('qdagger_dqn'),
    },
  ),
  'recipe': Study(
    'What a student of small budgets needs after it is weaned',
    {
      'rate a tenth': Variant('qdagger_dqn'),
      'rate a third': Variant(
        'qdagger_dqn', (f'FINAL_LEARNING_RATE = {_RATE / 3:.3g}',)
      ),
      **{
        name: Variant('qdagger_dqn', (*_KEPT, *bindings))
        for name, bindings in RECIPES.items()
      },
    },
    budget='minatar/recipe.gin',
    runs='recipes',
  ),
}


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
        job = _student(STUDIES[study], variant, game, seed, bindings)
        jobs.setdefault(job.directory, job)
  return list(jobs.values())


def runs_of(study: str, choice: Choice) -> dict[str, list[str]]:
  """Returns the directories that a study compares.

  Args:
    study: a key of `STUDIES`.
    choice: which runs.

  Returns:
    By variant, directories below the comparison's.
  """
  return {
    name: [
      _directory(STUDIES[study], variant, *place) for place in _places(choice)
    ]
    for name, variant in _variants(study, choice).items()
  }


def _variants(study: str, choice: Choice) -> dict[str, Variant]:
  variants = STUDIES[study].variants
  return {
    name: variant
    for name, variant in variants.items()
    if study != MAIN or name in choice.methods
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
  study: Study, variant: Variant, game: str, seed: int, bindings: Sequence[str]
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


def _directory(study: Study, variant: Variant, game: str, seed: int) -> str:
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
