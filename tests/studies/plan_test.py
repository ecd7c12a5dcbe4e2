"""The plan of the comparison: who learns from whom, and what is shared."""

import pytest

from reincarnating_rl.settings import shipped_configs
from reincarnating_rl.studies import plan, table
from reincarnating_rl.support.errors import UserError


def choice(
  games=('breakout',), seeds=1, methods=('QDagger',), studies=(table.MAIN,)
):
  return plan.Choice(games, methods, studies, seeds)


def make(*args, **kwargs):
  return plan.make_plan(choice(*args, **kwargs))


def test_one_method_literally():
  teacher, student = make()
  game = "--gin_bindings=create_minatar_environment.game_name = 'breakout'"
  assert teacher == plan.Job(
    'teachers/breakout',
    (
      '--agent=dqn',
      '--gin_files=minatar/pvrl_teacher.gin',
      game,
      '--run_number=0',
    ),
  )
  assert student == plan.Job(
    'students/qdagger_dqn/breakout/1',
    (
      '--agent=qdagger_dqn',
      '--gin_files=minatar/qdagger_dqn.gin',
      '--gin_files=minatar/pvrl.gin',
      game,
      '--run_number=1',
    ),
    'teachers/breakout',
  )


def test_every_student_of_a_game_has_its_teacher_which_comes_before():
  jobs = make(plan.GAMES, 3, tuple(table.METHODS), tuple(table.STUDIES))
  seen = set()
  for job in jobs:
    if not job.directory.startswith(plan.TEACHERS):
      game = job.directory.split('/')[2]
      assert job.teacher == f'{plan.TEACHERS}/{game}'
      assert job.teacher in seen
    assert job.directory not in seen
    seen.add(job.directory)


def test_a_run_of_several_studies_is_one_job():
  alone = make(seeds=2)
  both = make(seeds=2, studies=(table.MAIN, 'weaning'))
  added = {job.directory for job in both} - {job.directory for job in alone}
  assert added == {
    f'students/{agent}/breakout/{seed}'
    for agent in ('dagger_dqn', 'ql_dagger_dqn')
    for seed in (1, 2)
  }


def test_studies_come_one_after_the_other_and_so_do_seeds():
  games = ('asterix', 'breakout')
  directories = [
    job.directory.split('/')[1:]
    for job in make(games, 2, ('QDagger', 'JSRL'), (table.MAIN, 'weaning'))
    if job.teacher
  ]
  assert directories == [
    [agent, game, seed]
    for agents in (('qdagger_dqn', 'jsrl_dqn'), ('dagger_dqn', 'ql_dagger_dqn'))
    for seed in '12'
    for game in games
    for agent in agents
  ]


def test_variants_differ_in_directory_and_in_what_sets_them_apart():
  jobs = {j.directory: j for j in make(studies=('n_step', 'teachers'))}
  ten = jobs['students/qdagger_dqn-update_horizon_10/breakout/1']
  assert '--gin_bindings=JaxDQNAgent.update_horizon = 10' in ten.flags
  weak = jobs['students/qdagger_dqn-teacher_1/breakout/1']
  assert weak.teacher_checkpoint == 1


def test_a_study_names_the_directories_of_its_jobs():
  chosen = choice(plan.GAMES, 2, ('QDagger', 'JSRL'), tuple(table.STUDIES))
  made = {job.directory for job in plan.make_plan(chosen) if job.teacher}
  named = {
    directory
    for study in table.STUDIES
    for directories in plan.runs_of(study, chosen).values()
    for directory in directories
  }
  assert named == made


def test_names_can_be_labels_of_the_report():
  names = [name for study in table.STUDIES.values() for name in study.variants]
  assert not [name for name in names if '=' in name]


def test_every_agent_has_its_configuration():
  variants = [v for s in table.STUDIES.values() for v in s.variants.values()]
  for agent in {variant.agent for variant in variants}:
    assert shipped_configs.is_shipped(f'minatar/{agent}.gin'), agent


@pytest.mark.parametrize(
  ('names', 'chosen'),
  [
    (['jsrl', 'QDAGGER'], ['QDagger', 'JSRL']),
    (['tabula-rasa'], ['Tabula rasa']),
    (['QDagger', 'qdagger'], ['QDagger']),
  ],
)
def test_names_are_found_however_they_are_written(names, chosen):
  assert plan.choose('method', names, table.METHODS) == chosen


def test_an_unknown_name_is_an_error_with_the_nearest():
  with pytest.raises(UserError, match="'qdager'.*Did you mean QDagger"):
    plan.choose('method', ['qdager'], table.METHODS)
