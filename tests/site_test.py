"""The site: it has every page, and pages that it shows as GitHub does."""

import collections
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

import reincarnating_rl as rrl

ROOT = pathlib.Path(__file__).parents[1]
DOCS = ROOT / 'docs'
OUTSIDE = 'repository/'  # See docs/theme/hook.py.
PAGES = [
  *sorted(DOCS.glob('*.md')),
  *(ROOT / name for name in ('CHANGELOG.md', 'CONTRIBUTING.md')),
  ROOT / 'teacher_ckpts' / 'README.md',
]
_CODE = re.compile(r'^```.*?^```$', re.M | re.S)
# A list right after a line of text is text to Python's Markdown.
_LATE_LIST = re.compile(r'^(?![-*#|>\s]|\d+\. )\S.*\n(?:[-*]|\d+\.) .*', re.M)
# So is a list within a list, unless it is indented by four.
_NESTED_LIST = re.compile(r'^ {1,3}(?:[-*]|\d+\.) .*', re.M)


@pytest.fixture(scope='module')
def settings():
  return yaml.safe_load((ROOT / 'mkdocs.yml').read_text())


def leaves(nav):
  if isinstance(nav, str):
    yield nav
  else:
    for inner in nav.values() if isinstance(nav, dict) else nav:
      yield from leaves(inner)


def test_the_navigation_has_each_page_once(settings):
  told = collections.Counter(leaves(settings['nav']))
  own = [p.relative_to(DOCS).as_posix() for p in PAGES if DOCS in p.parents]
  others = [
    OUTSIDE + p.relative_to(ROOT).as_posix()
    for p in PAGES
    if DOCS not in p.parents
  ]
  assert told == collections.Counter([*own, *others])


def test_what_the_settings_name_is_there(settings):
  for name in settings['hooks']:
    assert (ROOT / name).is_file()
  for name in settings['extra_css']:
    assert (DOCS / name).is_file()


@pytest.mark.soak
def test_it_builds_without_a_warning(tmp_path):
  build = ('-m', 'mkdocs', 'build', '--strict', '--site-dir', str(tmp_path))
  subprocess.run([sys.executable, *build], cwd=ROOT, check=True)
  assert (tmp_path / 'which_method.html').is_file()


def test_the_site_fetches_no_fonts(settings):
  assert settings['theme']['font'] is False


def test_the_reference_has_each_name_of_the_api_once():
  told = re.findall(
    r'^::: reincarnating_rl\.(\w+)$', (DOCS / 'reference.md').read_text(), re.M
  )
  assert sorted(told) == sorted(rrl.__all__)


@pytest.mark.parametrize(
  'path', PAGES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_lists_are_lists_on_github_and_in_the_site(path):
  text = _CODE.sub('', path.read_text())
  assert not _LATE_LIST.findall(text)
  assert not _NESTED_LIST.findall(text)
