"""What is installed: extras by their names, the script, no TensorFlow."""

import importlib
import pathlib
import re
import runpy
import tomllib
from unittest import mock

import pytest
from packaging.requirements import Requirement

ROOT = pathlib.Path(__file__).parents[1]
# Where commands tell which extras to install.
TELLING = [
  ROOT / 'Makefile',
  *ROOT.glob('*.md'),
  *ROOT.glob('docs/**/*.md'),
  *ROOT.glob('configs/**/*.gin'),
  *ROOT.glob('reincarnating_rl/**/*.py'),
]
_EXTRAS = re.compile(r"'\.\[([a-z0-9_,-]+)\]'")


@pytest.fixture(scope='module')
def told():
  """What setup.py tells setuptools."""
  with mock.patch('setuptools.setup') as setup:
    runpy.run_path(str(ROOT / 'setup.py'))
  return setup.call_args.kwargs


@pytest.fixture(scope='module')
def stand_in():
  """What tools/no_tensorflow is."""
  path = ROOT / 'tools' / 'no_tensorflow' / 'pyproject.toml'
  return tomllib.loads(path.read_text())['project']


def test_every_extra_that_is_named_exists(told):
  named = {
    name
    for path in TELLING
    for names in _EXTRAS.findall(path.read_text(encoding='utf-8'))
    for name in names.split(',')
  }
  assert {'video', 'minatar-jax', 'dev'} <= named
  assert named <= told['extras_require'].keys()


def test_exports_have_what_jax_leaves_optional(told):
  required = {Requirement(line).name for line in told['install_requires']}
  assert 'flatbuffers' in required


def test_older_pips_know_the_names_of_extras(told):
  for name in told['extras_require']:
    assert re.fullmatch('[a-z0-9]+(-[a-z0-9]+)*', name)


def test_make_installs_the_suite_where_its_extra_cannot(told):
  suite = Requirement(told['extras_require']['control'][0])
  assert suite.name == 'dm_control'
  assert not suite.marker.evaluate({'python_version': '3.13'})
  makefile = (ROOT / 'Makefile').read_text(encoding='utf-8')
  assert "(3, 13))' || $(PIP) --no-deps dm_control" in makefile


def test_the_script_is_there(told):
  (script,) = told['entry_points']['console_scripts']
  name, _, target = script.partition('=')
  module, _, function = target.partition(':')
  assert name == 'reincarnate'
  assert callable(getattr(importlib.import_module(module), function))


def test_the_empty_tensorflow_is_the_one_that_is_required(told, stand_in):
  required = {r.name: r for r in map(Requirement, told['install_requires'])}
  assert required[stand_in['name']].specifier.contains(stand_in['version'])
  pins = (ROOT / 'constraints.txt').read_text().splitlines()
  pinned = dict(p.split('==') for p in pins if '==' in p)
  assert stand_in['version'] == f'{pinned["tensorflow"]}+none'
  (real,) = map(Requirement, stand_in['optional-dependencies']['cpu'])
  assert real.specifier.contains(pinned[real.name])
