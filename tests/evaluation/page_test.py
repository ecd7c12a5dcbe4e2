import html.parser
import os
import re

import pytest

from reincarnating_rl.evaluation import (
  page,
  results,
)
from reincarnating_rl.support.errors import UserError
from tests.evaluation import run_directories as made

EVIL = '<img src=x onerror=alert(1)>"\'&</style></script><script>alert(2)'
VOID = ('img', 'meta', 'source', '!doctype')


class Elements(html.parser.HTMLParser):
  """Names and attributes of the elements, all closed in the right order."""

  def __init__(self, text):
    super().__init__()
    self.open, self.elements, self.texts = [], [], []
    self.feed(text)
    assert self.open == []

  def handle_starttag(self, tag, attrs):
    self.elements.append((tag, dict(attrs)))
    if tag not in VOID:
      self.open.append(tag)

  def handle_endtag(self, tag):
    assert self.open.pop() == tag

  def handle_data(self, data):
    self.texts.append(data)


def write(paths, out, **settings):
  settings = {'reps': 20} | settings
  page.write(results.load_runs(paths), str(out), **settings)
  return (out / page.PAGE_FILE).read_text()


@pytest.fixture(scope='module')
def comparison(tmp_path_factory):
  """A comparison of three methods in three games, and its report."""
  root = tmp_path_factory.mktemp('comparison')
  runs = made.write_comparison(root / 'runs')
  return runs, root / 'out', write([runs], root / 'out', title='A & B')


def test_everything_is_in_one_page_and_nothing_is_fetched(comparison):
  _, _, text = comparison
  found = Elements(text)
  assert {tag for tag, _ in found.elements}.isdisjoint(
    {'script', 'link', 'iframe', 'a', 'object', 'form'}
  )
  sources = [
    attributes.get('src') or attributes.get('srcset')
    for tag, attributes in found.elements
    if tag in ('img', 'source')
  ]
  assert len(sources) == 10
  assert all(s.startswith('data:image/png;base64,') for s in sources)
  assert 'http' not in re.sub(r'http-equiv|base64,[^"]+', '', text)
  assert not re.search(r'url\(|@import', text)


def test_all_parts_are_there(comparison):
  _, _, text = comparison
  found = Elements(text)
  assert '<title>A &amp; B</title>' in text
  for part in (
    *('Methods', 'Learning curves, all games', 'Aggregates'),
    *('Score distributions', 'Probability of improvement', 'Game by game'),
    *('Learning curves, game by game', 'What it took', 'Runs'),
    'How this was computed',
  ):
    assert part in found.texts
  # How to repeat each run, and where its student comes from.
  assert text.count('--base_dir runs/qdagger_dqn/Pong/3 ') == 1
  assert found.texts.count('dqn, NatureDQNNetwork') == 27
  assert '20 draws, seed 0' in text


def test_files_are_beside_it(comparison):
  _, out, _ = comparison
  pictures = ['game_curves', 'improvements', 'intervals', 'iqm_curves']
  numbers = ['aggregates', 'curves', 'evaluations', 'improvements', 'profiles']
  assert sorted(os.listdir(out)) == sorted(
    [
      'index.html',
      *(f'{name}.png' for name in (*pictures, 'profiles')),
      *(f'{name}.csv' for name in numbers),
    ]
  )


def test_the_same_runs_and_seed_make_the_same_files(comparison, tmp_path):
  runs, out, text = comparison
  assert write([runs], tmp_path, title='A & B') == text
  for name in os.listdir(out):
    assert (tmp_path / name).read_bytes() == (out / name).read_bytes()


def test_what_a_run_says_is_text(tmp_path):
  lineage = made.lineage_of('m', 'Pong', 1)
  teacher = lineage['teacher'] | {'network': EVIL, 'checkpoint': EVIL}
  lineage |= {
    'started_as': {'agent': EVIL, 'command': EVIL},
    'game': EVIL,
    'gin': EVIL,
    'versions': {EVIL: EVIL},
    'backend': [EVIL],
    'teacher': teacher | {'described_as': {'training': {'from': EVIL}}},
  }
  rows = [made.row(1.0, steps=5)]
  made.write(
    tmp_path / 'r', rows, lineage=lineage, random_source=EVIL, seconds={EVIL: 1}
  )
  text = write([str(tmp_path / 'r')], tmp_path / 'out', title=EVIL)
  found = Elements(text)
  tags = [tag for tag, _ in found.elements]
  assert 'script' not in tags
  assert tags.count('img') == 1  # The picture of the game.
  names = {name for _, attributes in found.elements for name in attributes}
  assert not any(name.startswith('on') for name in names)
  assert found.texts.count(EVIL) >= 3


def test_a_single_run_says_what_cannot_be_computed(tmp_path):
  made.write_curve(tmp_path / 'runs', 'Pong', 1, [2.0, 5.0])
  text = write([str(tmp_path / 'runs')], tmp_path / 'out')
  assert 'no interval can be given' in text
  assert 'there is nothing to compare it with' in text
  assert 'Probability of improvement' not in Elements(text).texts
  assert text.count('<img') == 1


def test_without_a_teacher_nothing_is_compared(tmp_path):
  made.write(tmp_path / 'r', [made.row(40.0, steps=5)], teacher=None)
  text = write([str(tmp_path / 'r')], tmp_path / 'out')
  assert 'no scores could be compared' in text
  assert 'no run has a teacher, so its returns stay raw' in text
  assert 'Methods' not in Elements(text).texts


def test_an_older_run_has_no_command(tmp_path):
  rows = [made.row(1.0, steps=5)]
  made.write(tmp_path / 'r', rows, lineage={'started_as': None})
  text = write([str(tmp_path / 'r')], tmp_path / 'out')
  assert 'Its command was not recorded.' in text


def test_where_nothing_can_be_written_is_named(tmp_path):
  made.write_curve(tmp_path / 'runs', 'Pong', 1, [2.0])
  (tmp_path / 'file').write_text('')
  with pytest.raises(UserError, match=f'--out {tmp_path}/file/x cannot be'):
    write([str(tmp_path / 'runs')], tmp_path / 'file' / 'x')
