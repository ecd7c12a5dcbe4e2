"""The plan of a study: who learns from whom, and what is shared."""

import pytest

from reincarnating_rl.studies import part, plan, study_file
from reincarnating_rl.studies.study import Stored, Variant
from reincarnating_rl.support.errors import UserError

PAPER = study_file.read(study_file.find('paper'))
RECIPE = study_file.read(study_file.find('recipe'))


def of_paper(**chosen):
  chosen = {'games': 'breakout', 'seeds': 1, 'tables': 'methods'} | chosen
  return part.of(PAPER, **chosen)


def directories(study):
  return [job.directory for job in plan.make_plan(study)]


def test_one_method_literally():
  teacher, student = plan.make_plan(of_paper(variants='qdagger'))
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


def test_one_recipe_literally():
  """Runs of this name and these flags exist, and are not to be run again."""
  chosen = part.of(RECIPE, games='breakout', seeds=1, variants='Adam eps 1e-8')
  student = plan.make_plan(chosen)[1]
  assert student.directory == 'recipes/qdagger_dqn-eps_1e-8/breakout/1'
  assert student.flags[4:] == (
    '--gin_bindings=create_optimizer.eps = 1e-8',
    '--run_number=1',
  )


@pytest.mark.parametrize('name', study_file.shipped_names())
def test_what_a_job_needs_comes_before_it(name):
  seen = set()
  for job in plan.make_plan(study_file.read(study_file.find(name))):
    assert job.teacher in seen | {None}
    assert job.directory not in seen
    seen.add(job.directory)


def test_a_run_of_several_tables_is_one_job():
  alone = directories(of_paper(seeds=2))
  both = directories(of_paper(seeds=2, tables='methods,weaning'))
  assert set(both) - set(alone) == {
    f'students/{agent}/breakout/{seed}'
    for agent in ('dagger_dqn', 'ql_dagger_dqn')
    for seed in (1, 2)
  }


def test_tables_come_one_after_the_other_and_so_do_seeds():
  chosen = of_paper(
    games='breakout,freeway',
    seeds=2,
    variants='qdagger,jsrl,dagger,ql dagger'.replace('ql dagger', 'QL+Dagger'),
    tables='methods,weaning',
  )
  assert [d.split('/')[1:] for d in directories(chosen)[2:]] == [
    [agent, game, seed]
    for agents in (('qdagger_dqn', 'jsrl_dqn'), ('dagger_dqn', 'ql_dagger_dqn'))
    for seed in '12'
    for game in ('breakout', 'freeway')
    for agent in agents
  ]


def test_variants_differ_in_directory_and_in_what_sets_them_apart():
  jobs = plan.make_plan(of_paper(tables='n_step,teachers'))
  jobs = {job.directory: job for job in jobs}
  ten = jobs['students/qdagger_dqn-update_horizon_10/breakout/1']
  assert '--gin_bindings=JaxDQNAgent.update_horizon = 10' in ten.flags
  weak = jobs['students/qdagger_dqn-teacher_1/breakout/1']
  assert weak.teacher_checkpoint == 1


def test_a_table_names_the_directories_of_its_jobs():
  chosen = of_paper(tables='all', games='all', seeds=2)
  named = {
    directory
    for table in chosen.tables
    for found in plan.runs_of(chosen, table).values()
    for directory in found
  }
  made = {job.directory for job in plan.make_plan(chosen) if job.teacher}
  assert named == made == plan.compared(chosen)


def test_a_part_has_the_teachers_that_it_needs():
  teachers = study_file.read(study_file.find('teachers'))
  teachers = teachers._replace(tables={})
  chosen = part.of(teachers, games='asterix', variants='rainbow', seeds=1)
  assert directories(chosen) == [
    'teachers/Rainbow/asterix',
    'comparison/qdagger_dqn-from_Rainbow/asterix/seeds_1_to_1',
  ]


def test_settings_of_a_game_and_those_of_all_runs():
  study = PAPER._replace(
    games=('a', "b'c"),
    seeds=(3,),
    teachers={'old': Stored({'a': '/x', "b'c": '/y'}, 'cleanrl')},
    variants={
      'v': Variant('s', 'dqn', (), ('A.b = 1',), {'a': ('A.c = 2',)}, 'old')
    },
    tables={},
  )
  first, second = plan.make_plan(study, ('A.d = 3',))
  assert first.flags[2:] == (
    '--gin_bindings=A.b = 1',
    '--gin_bindings=A.c = 2',
    '--gin_bindings=A.d = 3',
    '--run_number=3',
    '--teacher_checkpoint_dir=/x',
    '--teacher_agent=cleanrl',
  )
  assert first.teacher is None
  assert second.flags[1].endswith('game_name = "b\'c"')
  assert second.directory == 's/dqn-A.b_1/b_c/3'.replace('A.b', 'b')


def test_a_teacher_that_has_a_teacher():
  study = PAPER._replace(
    games=('a',),
    seeds=(1,),
    teachers={
      'first': Variant('t/1', 'dqn', ()),
      'second': Variant('t/2', 'qdagger_dqn', (), teacher='first'),
      'unused': Variant('t/3', 'dqn', ()),
    },
    variants={'v': Variant('s', 'qdagger_dqn', (), teacher='second')},
    tables={},
  )
  assert [(j.directory, j.teacher) for j in plan.make_plan(study)] == [
    ('t/1/a', None),
    ('t/2/a', 't/1/a'),
    ('s/qdagger_dqn-from_second/a/1', 't/2/a'),
  ]


def test_different_runs_in_one_folder_are_an_error():
  variant = PAPER.variants['QDagger']
  other = variant._replace(gin_files=('other.gin',))
  study = PAPER._replace(variants={'a': variant, 'b': other}, tables={})
  with pytest.raises(UserError, match='written to students/qdagger_dqn/break'):
    plan.make_plan(study)


def test_one_run_by_two_names_in_a_table_is_an_error():
  variant = PAPER.variants['QDagger']
  table = PAPER.tables['methods']._replace(variants=('a', 'b'))
  study = PAPER._replace(variants={'a': variant, 'b': variant})
  apart = {name: table._replace(variants=(name,)) for name in 'ab'}
  assert plan.make_plan(study._replace(tables=apart))
  with pytest.raises(UserError, match='a and b of the table t are one run, st'):
    plan.make_plan(study._replace(tables={'t': table}))


def test_a_folder_whose_name_would_be_too_long_is_an_error():
  bindings = tuple(f'A.{"b" * 30}_{i} = 1' for i in range(8))
  variant = PAPER.variants['QDagger']._replace(bindings=bindings)
  with pytest.raises(UserError, match=r'qdagger_dqn-b.*: move some `bindings`'):
    plan.make_plan(PAPER._replace(variants={'a': variant}, tables={}))


def test_the_seeds_of_one_program_are_one_job():
  chosen = of_paper(seeds=3, variants='qdagger,jsrl')
  together = chosen.variants['QDagger']._replace(one_program=True)
  study = chosen._replace(variants=chosen.variants | {'QDagger': together})
  jobs = {job.directory: job for job in plan.make_plan(study)}
  folder = 'students/qdagger_dqn/breakout/seeds_1_to_3'
  assert [name for name in jobs if 'qdagger' in name] == [folder]
  assert jobs[folder].flags[-2:] == ('--run_number=1', '--num_seeds=3')
  assert jobs[folder].teacher == 'teachers/breakout'
  runs = tuple(f'{folder}/{seed}' for seed in (1, 2, 3))
  assert jobs[folder].runs == runs
  assert plan.runs_of(study, 'methods')['QDagger'] == list(runs)
  alone = 'students/jsrl_dqn/breakout/2'
  assert jobs[alone].runs == (alone,)


def test_the_seeds_of_one_program_follow_one_another():
  chosen = of_paper(variants='qdagger')
  together = chosen.variants['QDagger']._replace(one_program=True)
  study = chosen._replace(variants={'QDagger': together}, seeds=(1, 3))
  with pytest.raises(UserError, match=r'seeds are \[1, 3\].*follow one'):
    plan.make_plan(study)
