"""The table of studies: what each compares, and with which budget."""

from typing import NamedTuple

MAIN = 'methods'


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
