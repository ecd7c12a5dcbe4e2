"""Shipped names: what they are composed of, and where they are understood."""

import pathlib
import re
import runpy

import gin
import pytest
import setuptools

from reincarnating_rl.envs import games
from reincarnating_rl.methods.table import METHODS
from reincarnating_rl.runner import factories
from reincarnating_rl.settings import shipped_configs
from reincarnating_rl.students import STUDENTS
from reincarnating_rl.studies import study_file
from reincarnating_rl.support.errors import UserError


def load(name):
  factories.load_settings(pathlib.Path(name).stem, [name], [])


def bound():
  """Returns what gin binds, macros looked up, by `Class.parameter`."""
  names = re.findall(r'^(\w+)\.(\w+) =', gin.config_str(), re.M)
  return {
    f'{name}.{parameter}': gin.get_bindings(name)[parameter]
    for name, parameter in names
  }


@pytest.mark.parametrize('family', games.GAMES)
def test_every_composed_name_parses(family):
  names = [n for n in shipped_configs.composed() if n.startswith(f'{family}/')]
  fit = [
    (method.name, kind.name)
    for method in METHODS.values()
    for kind in STUDENTS.values()
    if kind.actions in method.actions
    and kind.actions in games.GAMES[family].actions
  ]
  assert len(names) == len(fit) >= len(METHODS)
  for name in names:
    load(name)
    assert gin.query_parameter('Runner.num_iterations') is not None
    binds_final = 'Student.final_learning_rate' in bound()
    method = factories.AGENTS[pathlib.Path(name).stem].method
    is_weaned = method.schedule != 'constant' and method.name != 'dqfd'
    assert binds_final == is_weaned, name


def test_a_file_of_the_official_code_is_what_its_name_composes():
  files = shipped_configs.files() & shipped_configs.composed().keys()
  assert len(files) == 7
  for name in files:
    text = shipped_configs.read(name)
    includes = re.findall(r"^include '(.+)'", text, re.M)
    assert tuple(includes) == shipped_configs.composed()[name]
    assert '=' not in text.replace('==', '')


@pytest.mark.parametrize(
  'name',
  [
    *('qdagger_dqn', 'dqfd_rainbow', 'atari/dqfd_rainbow'),
    *('minatar/jsrl_dqn', 'minatar/pvrl', 'balloon/demo'),
    *('base/minatar', 'base/student', 'students/dqn'),
  ],
)
@pytest.mark.parametrize(
  'prefix', ['', 'configs/', 'reincarnating_rl/configs/']
)
def test_a_users_file_includes_shipped_names(
  name, prefix, tmp_path, monkeypatch
):
  # Folders of these names are no packages: gin's own reader fails on them.
  monkeypatch.chdir(tmp_path)
  monkeypatch.syspath_prepend(tmp_path)
  for folder in ('configs', 'minatar', 'base'):
    (tmp_path / folder).mkdir()
  path = tmp_path / 'own.gin'
  text = "include 'configs/qdagger_dqn.gin'\n" * (name == 'minatar/pvrl')
  path.write_text(f"{text}include '{prefix}{name}.gin'\nStudent.batch_size = 7")
  agent = name.split('/')[-1] if '_' in name else 'qdagger_dqn'
  factories.load_settings(agent, [str(path)], [])
  included = bound()
  assert included.pop('Student.batch_size') == 7
  factories.load_settings(
    agent, ['qdagger_dqn.gin'] * bool(text) + [f'{prefix}{name}.gin'], []
  )
  found = bound()
  found.pop('Student.batch_size', None)
  assert len(included) > 3 and found == included


def test_a_file_of_the_users_counts_before_a_shipped_one(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'dqn.gin').write_text('Student.batch_size = 7')
  load('dqn.gin')
  assert bound() == {'Student.batch_size': 7}


def test_no_name_leads_out_of_the_shipped_folder():
  outside = '../setup.py'
  assert (shipped_configs.SHIPPED / outside).is_file()
  assert not shipped_configs.is_shipped(outside)


def test_every_folder_of_configurations_is_shipped(monkeypatch):
  root = pathlib.Path(__file__).parents[2]
  given = {}
  monkeypatch.chdir(root)
  monkeypatch.setattr(setuptools, 'setup', lambda **named: given.update(named))
  runpy.run_path(str(root / 'setup.py'))
  studies = {f'studies/{name}.yaml' for name in study_file.shipped_names()}
  for name in shipped_configs.files() | studies:
    folder = '.'.join(pathlib.Path('reincarnating_rl/configs', name).parts[:-1])
    assert folder in given['packages']
    assert given['package_data'][folder] == ['*.gin', '*.yaml']


@pytest.mark.parametrize(
  'name',
  [
    *('qdagger_dqn.gin', 'configs/qdagger_dqn.gin', 'games/atari.gin'),
    'configs/gymnasium/dqn_cartpole.gin',
  ],
)
def test_a_shipped_file_is_found_by_name_from_anywhere(
  name, tmp_path, monkeypatch
):
  monkeypatch.chdir(tmp_path)
  assert pathlib.Path(shipped_configs.find(name)).is_file()


def test_a_missing_file_is_an_error_with_the_nearest_name():
  with pytest.raises(UserError, match=r'Did you mean configs/qdagger_dqn.gin'):
    shipped_configs.find('configs/qdager_dqn.gin')
  with pytest.raises(UserError, match='Did you mean configs/minatar/dqn.gin'):
    shipped_configs.find('configs/minatar/dqm.gin')


def test_a_composed_name_gets_the_nearest_one():
  with pytest.raises(UserError, match='mean configs/balloon/jsrl_rainbow.gin'):
    shipped_configs.find('balloon/jrsl_rainbow.gin')
  with pytest.raises(
    UserError, match='mean configs/rehearsal_quantile.gin'
  ) as e:
    shipped_configs.find('reincarnating_rl/configs/rehearsal_quantil.gin')
  assert '[FAMILY/][METHOD_]STUDENT.gin' in str(e.value)


def test_a_method_without_its_game_is_one_line():
  with pytest.raises(UserError, match=r'_PERIOD has no value. Files of') as e:
    factories.load_settings('qdagger_dqn', ['methods/qdagger.gin'], [])
  assert len(str(e.value).splitlines()) == 1


PAGE = (
  pathlib.Path(__file__).parents[2] / 'docs/configurations.md'
).read_text()


def test_the_tables_of_the_page_name_all_files():
  named = set()
  for folder, cells in re.findall(
    r'^\| `configs/(\w+/)` \| (.+) \|$', PAGE, re.M
  ):
    named |= {folder + name for name in re.findall(r'`([\w.]+\.gin)`', cells)}
  assert len(named) == (4 + 1 + 3 + 1) + (11 + 1) + 5
  for cells in re.findall(r'^\| (`[\w/]+\.gin`.*) \| .+ \|$', PAGE, re.M):
    named |= set(re.findall(r'`([\w/.]+)`', cells))
  special = {name for name in shipped_configs.files() if name.count('/') == 2}
  assert named == shipped_configs.files() - special


def test_the_example_of_the_page_is_what_its_name_stands_for():
  name = re.search(r'--gin_files configs/(\S+) ', PAGE)[1]
  block = re.search(r'stands for\n\n```\n(.+?)```', PAGE, re.S)[1]
  stands_for = tuple(re.findall(r"include '(.+)'", block))
  assert stands_for == shipped_configs.composed()[name]


def test_the_macros_of_the_page_are_those_of_the_files():
  rows = re.findall(r'^\| (`[A-Z_]+`.*?) \|', PAGE, re.M)
  named = {name for row in rows for name in re.findall('[A-Z_]+', row)}
  text = '\n'.join(map(shipped_configs.read, shipped_configs.files()))
  read = set(re.findall(r'= %([A-Z_]+)', text))
  assert named == read


def test_the_users_file_of_the_page(tmp_path):
  text = re.search(r'^# lander.gin.+?(?=^```)', PAGE, re.M | re.S)[0]
  path = tmp_path / 'lander.gin'
  path.write_text(text)
  agent = re.search(r'--agent (\w+)', text)[1]
  factories.load_settings(agent, [str(path)], [])
  assert bound()['QDagger.distill_floor'] == 0.1
