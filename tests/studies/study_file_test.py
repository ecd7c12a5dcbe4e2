"""Study files: what they may say, and what is said of a mistake."""

import pathlib
import re

import gin
import pytest

from reincarnating_rl.runner import factories
from reincarnating_rl.settings import shipped_configs
from reincarnating_rl.studies import plan, study_file
from reincarnating_rl.studies.study import Resources, Stored, Table
from reincarnating_rl.support.errors import UserError

PAGE = (pathlib.Path(__file__).parents[2] / 'docs/studies.md').read_text()
SMALL = """
title: Two of them
games: [breakout, freeway]
game_setting: create_minatar_environment.game_name
seeds: 2
teachers:
  dqn: {agent: dqn, gin_files: minatar/pvrl_teacher.gin}
variants:
  QDagger: {agent: qdagger_dqn}
  JSRL: {agent: jsrl_dqn}
"""


def read(tmp_path, text, *changes):
  for old, new in changes:
    assert old in text
    text = text.replace(old, new)
  path = tmp_path / 'a.yaml'
  path.write_text(text)
  return study_file.read(path)


ON_ANOTHER = """
title: On another
base: {base}
teachers:
  rainbow: {{agent: rainbow, gin_files: minatar/rainbow.gin}}
variants:
  usual: {{agent: qdagger_dqn}}
  by its own: {{agent: qdagger_dqn, teacher: rainbow}}
"""


def test_a_study_has_what_its_base_does_not_compare(tmp_path):
  (tmp_path / 'base.yaml').write_text(SMALL)
  study = read(tmp_path, ON_ANOTHER.format(base='base.yaml'))
  base = study_file.read(tmp_path / 'base.yaml')
  assert (study.games, study.seeds) == (base.games, base.seeds)
  assert [*study.teachers] == ['dqn', 'rainbow']
  assert study.teachers['dqn'] == base.teachers['dqn']
  assert {n: v.teacher for n, v in study.variants.items()} == {
    'usual': 'dqn',
    'by its own': 'rainbow',
  }
  assert [*study.tables.values()] == [
    Table('On another', ('usual', 'by its own'))
  ]


def test_what_a_study_says_itself_counts(tmp_path):
  text = ON_ANOTHER.format(base='methods')
  study = read(tmp_path, text + 'seeds: 1\ngames: [asterix, breakout]\n')
  assert len(study.seeds) == 1
  assert study.games == ('asterix', 'breakout')
  assert [*study.teachers['strong'].per_game] == ['asterix']


def test_a_mistake_of_a_base_names_its_file(tmp_path):
  (tmp_path / 'base.yaml').write_text(SMALL + 'sedes: 3\n')
  with pytest.raises(UserError, match=r"base.yaml: there is no key 'sedes'"):
    read(tmp_path, ON_ANOTHER.format(base='base.yaml'))
  text = ON_ANOTHER.format(base='methods') + 'sedes: 3\n'
  with pytest.raises(
    UserError, match=r'a.yaml \(with .*methods.yaml\): .*sede'
  ):
    read(tmp_path, text)


def test_a_base_has_no_base(tmp_path):
  with pytest.raises(UserError, match='without a base of its own'):
    read(tmp_path, ON_ANOTHER.format(base='headline'))


@pytest.mark.parametrize('name', study_file.shipped_names())
def test_every_shipped_study_is_whole(name):
  study = study_file.read(study_file.find(name))
  jobs = plan.make_plan(study)
  assert len({job.directory for job in jobs}) == len(jobs)
  assert plan.compared(study) == {
    directory
    for job in jobs
    for directory in job.runs
    if not directory.startswith('teachers/')
  }
  for job in jobs:
    flags = [flag[2:].split('=', 1) for flag in job.flags]
    for flag, value in flags:
      if flag == 'gin_files':
        assert shipped_configs.is_shipped(value), value


def test_shipped_studies_agree_on_the_runs_that_they_share():
  # One --out is for all of them.
  made = {}
  for name in study_file.shipped_names():
    for job in plan.make_plan(study_file.read(study_file.find(name))):
      assert made.setdefault(job.directory, job) == job, name


@pytest.mark.parametrize('name', ['control', 'humanoid'])
def test_students_with_an_actor_have_equal_budgets(name):
  study = study_file.read(study_file.find(name))
  kinds = {
    (variant.agent, variant.gin_files, variant.bindings)
    for variant in study.variants.values()
  }
  budgets = set()
  for agent, gin_files, bindings in kinds:
    factories.load_settings(agent, [*gin_files], [*bindings])
    budgets.add(
      tuple(
        gin.query_parameter(parameter)
        for parameter in (
          *('Runner.num_iterations', 'Runner.training_steps'),
          *('RunnerWithTeacher.teacher_steps', 'SACAgent.min_replay_history'),
        )
      )
    )
    if factories.AGENTS[agent].method.starts_from_teacher:
      assert factories.AGENTS[agent].kind.name == study.teachers['td3'].agent
  assert len(budgets) == 1 and len(kinds) == len(study.variants)


@pytest.mark.parametrize(
  'name',
  ['paper', 'paper.yaml', 'studies/paper', 'configs/studies/paper.yaml'],
)
def test_a_shipped_study_is_found_by_its_name(name, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  assert study_file.find(name) == study_file.FOLDER / 'paper.yaml'
  (tmp_path / 'paper').write_text('')  # A file of the user's comes first.
  assert study_file.find('paper').read_bytes() == b''


def test_a_study_that_is_nowhere():
  with pytest.raises(UserError, match=r'no study file papr, .*mean paper\?'):
    study_file.find('papr')


def test_what_a_small_file_says(tmp_path):
  study = read(tmp_path, SMALL)
  assert study.games == ('breakout', 'freeway') and study.seeds == (1, 2)
  assert study.teachers['dqn'].runs == 'teachers/dqn'
  assert study.variants['JSRL'].gin_files == ('jsrl_dqn.gin',)
  assert study.variants['JSRL'].teacher == 'dqn'
  assert study.tables == {'all': Table('Two of them', ('QDagger', 'JSRL'))}
  assert study.retries == 3


def test_families_budgets_and_settings(tmp_path):
  text = f"""{SMALL}
  other:
    agent: dqn
    bindings: ['A.b=1', "C.d = 'x = y'"]
    per_game: {{freeway: E.f = 2}}
    resources: {{gpus: 0.5, memory: 1.5 GB}}
family: minatar
budget: [x.gin, y.gin]
resources: {{cpus: 2}}
"""
  other = read(tmp_path, text).variants['other']
  assert other.gin_files == ('minatar/dqn.gin', 'x.gin', 'y.gin')
  assert other.bindings == ('A.b = 1', "C.d = 'x = y'")
  assert other.per_game == {'freeway': ('E.f = 2',)}
  assert other.resources == Resources(2, 0.5, 3 * 2**29)


def test_a_grid_is_every_combination(tmp_path):
  text = f"""{SMALL}
grid:
  method: [qdagger, none]
  student: [dqn, rainbow]
  rate:
    slow: {{bindings: A.b = 1}}
    fast: {{bindings: [A.b = 2, A.c = 1]}}
  steps: {{'n = 3'.: {{bindings: A.d = 3}}}}
""".replace("'n = 3'.", 'n3')
  study = read(tmp_path, text)
  assert len(study.variants) == 2 + 8
  fast = study.variants['none rainbow fast']
  assert fast.agent == 'rainbow'
  assert fast.bindings == ('A.b = 2', 'A.c = 1', 'A.d = 3')


def test_what_axes_say_of_a_game_adds_up(tmp_path):
  axes = """
grid:
  a:
    x: {agent: qdagger_dqn, per_game: {breakout: A.b = 1}}
  b:
    u: {per_game: {breakout: [A.c = 1, A.d = 2], freeway: A.c = 2}}
    v: {teacher: none}
"""
  study = read(tmp_path, SMALL + axes)
  assert study.variants['u'].per_game == {
    'breakout': ('A.b = 1', 'A.c = 1', 'A.d = 2'),
    'freeway': ('A.c = 2',),
  }
  assert study.variants['v'].per_game == {'breakout': ('A.b = 1',)}


def test_teachers_of_teachers_and_teachers_that_exist(tmp_path):
  text = SMALL.replace(
    'variants:',
    """  second: {agent: qdagger_dqn, teacher: first}
  first: {agent: dqn, seed: 7}
  old: {folders: {breakout: a/b, freeway: /c}, teacher_agent: cleanrl}
variants:
  alone: {agent: dqn, teacher: none}
  third: {agent: qdagger_dqn, teacher: second, checkpoint: 4}
  fourth: {agent: qdagger_dqn, teacher: old}""",
  )
  study = read(tmp_path, text)
  names = list(study.teachers)
  assert names.index('first') < names.index('second')
  assert study.teachers['first'].seed == 7
  old = Stored({'breakout': 'a/b', 'freeway': '/c'}, 'cleanrl')
  assert study.teachers['old'] == old
  assert study.variants['alone'].teacher is None
  assert study.variants['third'].teacher_checkpoint == 4


@pytest.mark.parametrize(
  ('old', 'new', 'message'),
  [
    ('title:', 'titel:', 'title is missing: .* Is titel a slip'),
    ('seeds: 2', 'seeds: 2\nseds: 3', "no key 'seds'.* Did you mean seeds"),
    ('{agent: jsrl_dqn}', '{agnt: x}', 'agent is missing in variants.JSRL'),
    ('{agent: jsrl_dqn}', '{agent: x, y: 1}', "key 'y' of variants.JSRL"),
    ('seeds: 2', 'seeds: two', "seeds is 'two': it must be how many"),
    ('seeds: 2', 'seeds: true', 'seeds is True'),
    ('seeds: 2', 'seeds: [1, 4294967297]', r'seeds is \[1, 4294967297\]'),
    ('seeds: 2', 'seeds: [1, 1]', 'seeds is '),
    ('seeds: 2', 'seeds: 99999999', 'seeds is 99999999'),
    ('seeds: 2', 'seeds: 2\nseeds: 3', "line 6 .*'seeds' is there twice"),
    ('[breakout, freeway]', '[]', r'games is \[\]'),
    ('[breakout, freeway]', '[2048]', r'games is \[2048\]'),
    ('[breakout, freeway]', '[a, a]', 'different texts'),
    ('{agent: jsrl_dqn}', 'jsrl_dqn', "variants.JSRL is 'jsrl_dqn'"),
    ('{agent: jsrl_dqn}', '{agent: a, teacher: dqm}', 'Did you mean dqn'),
    ('{agent: jsrl_dqn}', '{agent: a, bindings: x}', 'a gin binding `NAME'),
    (
      '{agent: jsrl_dqn}',
      '{agent: a, per_game: {brekout: A.b = 1}}',
      'Did you mean breakout',
    ),
    ('seeds: 2', 'seeds: 2\nruns: ../x', "runs is '../x': .* name of a folder"),
    ('seeds: 2', 'seeds: 2\nruns: reports', "runs is 'reports'"),
    ('seeds: 2', 'seeds: 2\nretries: -1', 'retries is -1'),
    ('seeds: 2', 'seeds: 2\none_program: 3', 'must be true or false'),
    ('seeds: 2', 'seeds: 2\nresources: {gpus: 1.5}', 'resources.gpus is 1.5'),
    ('seeds: 2', 'seeds: 2\nresources: {gpus: .inf}', 'resources.gpus is inf'),
    ('seeds: 2', 'seeds: 2\nresources: {memory: 4}', 'such as 4 GB'),
    ('seeds: 2', 'seeds: 2\nresources: {cpu: 4}', 'Did you mean cpus'),
    ('JSRL:', 'a=b:', 'a name without ='),
    ('variants:', 'tables: {a: {variants: [JRSL]}}\nvariants:', 'mean JSRL'),
    ('variants:', 'tables: {a/b: {}}\nvariants:', 'a name of letters'),
    ('variants:', 'grid: {method: x}\nvariants:', 'grid.method'),
    (
      'variants:',
      'grid: {agent: [JSRL, a]}\nvariants:',
      "grid.JSRL is 'JSRL': .* name that no variant has",
    ),
    (
      'variants:',
      'grid: {agent: [a, a b], budget: [b c, c]}\nvariants:',
      "grid is 'a b c': .* tell all their points apart",
    ),
    (
      'variants:',
      'grid: {agent: [a, b], x: {y: {agent: c}}}\nvariants:',
      "grid.a.agent is 'c': .* one axis alone",
    ),
    (
      '{agent: jsrl_dqn}',
      '{agent: a, bindings: [A.b = 1, A.b = 2]}',
      'a list of different ones',
    ),
    (
      'dqn: {agent: dqn,',
      'a: {agent: a, teacher: b}\n  b: {agent: b, teacher: a}\n'
      '  dqn: {agent: dqn,',
      'teachers of whom one learns without a teacher',
    ),
    (
      'dqn: {agent: dqn,',
      'a: {folders: {breakout: x}}\n  dqn: {agent: dqn,',
      'a folder for freeway, too',
    ),
    ('seeds: 2', 'seeds: &a 2\nretries: *a', 'line 6 .*aliases'),
    ('seeds: 2', 'seeds: [', 'is not YAML'),
    ('seeds: 2', '1: 2', 'write it in quotes'),
    ('seeds: 2', 'seeds: !!python/object:os.x 2', 'line 5 is not YAML'),
  ],
)
def test_a_mistake_is_one_line(tmp_path, old, new, message):
  with pytest.raises(UserError, match=message) as error:
    read(tmp_path, SMALL, (old, new))
  assert '\n' not in str(error.value) and 'a.yaml' in str(error.value)


def test_an_empty_file_and_none(tmp_path):
  with pytest.raises(UserError, match='this file is None'):
    read(tmp_path, '')
  with pytest.raises(UserError, match=r'cannot be read'):
    study_file.read(tmp_path)


def test_the_page_lists_every_shipped_study():
  section = PAGE.partition('## Shipped')[2].partition('## Your')[0]
  rows = re.findall(r'^\| `(\w+)` \| .* \| (\d+) \|$', section, re.M)
  counts = {
    name: sum(
      len(job.runs)
      for job in plan.make_plan(study_file.read(study_file.find(name)))
    )
    for name in study_file.shipped_names()
  }
  assert {name: int(count) for name, count in rows} == counts


def example(name):
  return re.findall(rf'^```\n(# {name}.*?)^```', PAGE, re.M | re.S)[0]


def test_the_examples_of_the_page(tmp_path):
  jobs = plan.make_plan(read(tmp_path, example('gentle')))
  # One of the shipped study's teachers, and two programs of five seeds.
  assert [len(job.runs) for job in jobs] == [1, 5, 5]
  shipped = plan.make_plan(study_file.read(study_file.find('methods')))
  assert set(jobs) - set(shipped) == set(jobs[2:])
  study = read(tmp_path, example('weights'))
  assert len(study.variants) == 3 + 8
  assert 'rainbow ql_dagger lambda 5' in study.variants
  assert len(plan.make_plan(study)) == 2 + 2 * 3 * 11
