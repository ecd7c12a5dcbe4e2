import html.parser
import os
import pathlib
import re
import urllib.parse

import pytest

from reincarnating_rl.evaluation import analysis, logs, page, results
from reincarnating_rl.evaluation.pictures import Picture
from reincarnating_rl.support.errors import UserError
from tests.evaluation import run_directories as made

EVIL = '<img src=x onerror=alert(1)>"\'&</style></script><script>alert(2)'
ROWS = [made.row(1.0, steps=5)]
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


def render(paths, title='Title'):
  """Returns the page with one picture, which is not drawn for it."""
  runs = results.load_runs([str(path) for path in paths])
  picture = Picture('name', title, 'caption', bytes(24), bytes(24))
  return page.render(analysis.analyse(runs, reps=10), [picture], title)


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
    *('Learning curves, game by game', 'Cost', 'Runs'),
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
      *(f'{name}.csv' for name in (*numbers, 'steps_to_teacher')),
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
  made.write(
    tmp_path / 'r', ROWS, lineage=lineage, random_source=EVIL, seconds={EVIL: 1}
  )
  text = write([str(tmp_path / 'r')], tmp_path / 'out', title=EVIL)
  found = Elements(text)
  tags = [tag for tag, _ in found.elements]
  assert 'script' not in tags
  assert tags.count('img') == 1  # The picture of the game.
  names = {name for _, attributes in found.elements for name in attributes}
  assert not any(name.startswith('on') for name in names)
  assert found.texts.count(EVIL) >= 3


@pytest.mark.parametrize(
  'name',
  [
    *('<script>alert(1)<script>', '<style><b>', '"\'><img src=x>', '&lt;'),
    *('{{ 7 * 7 }}{% raw %}', 'naïve 中文', 'x" onload="alert(1)', '-->'),
  ],
)
def test_names_stay_text_and_change_no_element(tmp_path, name):
  def page_of(name):
    run = made.write(
      *(tmp_path / name, ROWS),
      lineage={
        'game': name,
        'started_as': {'agent': name, 'command': name},
        'stretches': [{'command': name, 'gin': name, 'versions': {name: name}}],
      },
    )
    return Elements(render([run], title=name))

  found, plain = page_of(name), page_of('plain')
  shapes = [
    [(tag, sorted(attributes)) for tag, attributes in elements]
    for elements in (found.elements, plain.elements)
  ]
  assert shapes[0] == shapes[1]
  assert [x.replace(name, 'plain') for x in found.texts] == plain.texts
  (image,) = (a for tag, a in found.elements if tag == 'img')
  assert image['alt'] == name


def test_text_cannot_turn_text_around(tmp_path):
  lineage = {'game': 'a\u202eb\x00c', 'gin': 'A.x = 1\nA.y = \u202e'}
  made.write(tmp_path / 'r', ROWS, lineage=lineage)
  text = render([tmp_path])
  assert 'a\ufffdb\ufffdc, seed 1' in text
  assert 'A.x = 1\nA.y = \ufffd</pre>' in text
  assert not {'\u202e', '\x00'} & set(text)


def test_scripts_and_the_network_are_forbidden(tmp_path):
  made.write(tmp_path / 'r', ROWS)
  (policy,) = (
    attributes['content']
    for tag, attributes in Elements(render([tmp_path])).elements
    if attributes.get('http-equiv') == 'Content-Security-Policy'
  )
  rules = dict(rule.split(maxsplit=1) for rule in policy.split(';'))
  assert rules == {
    'default-src': "'none'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'img-src': 'data:',
    'style-src': "'unsafe-inline'",
  }


@pytest.mark.parametrize(
  ('name', 'tag'), [('video.mp4', 'video'), ('video.gif', 'img')]
)
def test_videos_are_shown_from_the_folders_of_runs(tmp_path, name, tag):
  made.write_curve(tmp_path / 'runs & more', 'Pong', 1, [2.0], method='a')
  made.write_curve(tmp_path / 'runs & more', 'Pong', 2, [2.0], method='a')
  run = tmp_path / 'runs & more' / 'a' / 'Pong' / '2'
  (run / name).write_bytes(b'frames')
  text = write([str(tmp_path / 'runs & more')], tmp_path / 'out')
  (source,) = (
    attributes['src']
    for found, attributes in Elements(text).elements
    if found == tag and not attributes['src'].startswith('data:')
  )
  path = tmp_path / 'out' / urllib.parse.unquote(source)
  assert path.read_bytes() == b'frames'
  assert source == f'../runs%20%26%20more/a/Pong/2/{name}'
  assert 'a, Pong, seed 2</figcaption>' in text
  assert "img-src data: 'self'; media-src 'self'; style-src" in text


def test_a_log_has_no_videos(tmp_path):
  made.write_curve(tmp_path / 'runs', 'Pong', 1, [2.0], method='a')
  runs = results.load_runs([str(tmp_path / 'runs')])
  logs.write(runs.runs, str(tmp_path / 'log.jsonl'))
  (tmp_path / 'video.mp4').touch()
  assert '<h2>Videos' not in write([str(tmp_path / 'log.jsonl')], tmp_path)


def test_the_templates_are_shipped():
  setup = pathlib.Path(__file__).parents[2] / 'setup.py'
  assert "'reincarnating_rl.evaluation': ['templates/*']" in setup.read_text()
  templates = pathlib.Path(page.__file__).parent / 'templates'
  assert all(path.is_file() for path in templates.iterdir())


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
  assert 'no run has a teacher, so returns are not normalised' in text
  assert 'Methods' not in Elements(text).texts


def test_an_older_run_has_no_command(tmp_path):
  made.write(tmp_path / 'r', ROWS, lineage={'started_as': None})
  assert 'The command was not recorded.' in render([tmp_path])


def test_a_run_of_several_processes_shows_what_each_changed(tmp_path):
  first = {'command': 'train --x', 'gin': 'A.x = 1', 'versions': {'jax': '1'}}
  stretches = [
    first | {'from': {'training_steps': 0}},
    first | {'from': {'training_steps': 2_000}},
    first | {'from': {'training_steps': 3_000}, 'gin': 'A.x = 2'},
  ]
  made.write(tmp_path / 'r', ROWS, lineage={'stretches': stretches})
  text = render([tmp_path])
  found = [part.strip() for part in Elements(text).texts if part.strip()]
  start = found.index('From the start')
  assert found[start : found.index(f'Read from {tmp_path}/r')] == [
    *('From the start', 'train --x', 'jax 1', 'All settings', 'A.x = 1'),
    'From 2,000 online steps, with the same command, versions and settings',
    *('From 3,000 online steps', 'All settings', 'A.x = 2'),
  ]
  assert 'A.x changes from 1 to 2 within' in text


def test_runs_that_are_not_compared_are_listed(tmp_path):
  made.write_curve(tmp_path, 'Pong', 1, [2.0], method='ours')
  made.write_curve(tmp_path, 'Pong', 1, [], offline=[3.0], method='offline')
  text = render([tmp_path])
  assert 'offline has no online evaluation, so it is not compared' in text
  for method in ('ours', 'offline'):
    assert f'Read from {tmp_path}/{method}/Pong/1' in text
  assert text.count('<td>offline</td>') == 2  # In this game, and its cost.


def test_numbers_are_justified(tmp_path):
  made.write_curve(tmp_path, 'Pong', 1, [2.0], method='ours')
  lines = render([tmp_path]).splitlines()
  for line in (
    *('<th>method</th>', '<th class="number">IQM</th>', '<th>policy</th>'),
    *('<th class="number">seeds</th>', '<td>Pong</td>', '<td>teacher</td>'),
    *('<td class="number">0.20</td>', '<td class="number">10.0</td>'),
  ):
    assert line in lines


def test_where_nothing_can_be_written_is_named(tmp_path):
  made.write_curve(tmp_path / 'runs', 'Pong', 1, [2.0])
  (tmp_path / 'file').write_text('')
  with pytest.raises(UserError, match=f'^{tmp_path}/file/x cannot be'):
    write([str(tmp_path / 'runs')], tmp_path / 'file' / 'x')
