import copy
import io
import subprocess
import sys

import pytest
from matplotlib import image, pyplot
from rich.console import Console

from reincarnating_rl.evaluation import summary


def score(mean, stderr, episodes):
  std = None if stderr is None else stderr * episodes**0.5
  return {
    'mean': mean,
    'std': std,
    'stderr': stderr,
    'num_episodes': episodes,
    'min': mean,
    'max': mean,
  }


WHOLE = {
  'random': -20.7,
  'random_source': 'published',
  'teacher': score(10.25, 0.51, 12),
  'rows': [
    {
      'phase': 'PRETRAIN',
      'normalized': 0.5,
      'score': score(-5.2, 1.25, 4),
      'teacher_steps': 1_000_000,
      'training_steps': 0,
      'pretraining_updates': 100_000,
      'online_updates': 0,
      'seconds': 59.6,
    },
    {
      'phase': 'ONLINE',
      'normalized': 1.125,
      'score': score(14.0, None, 1),
      'teacher_steps': 1_000_000,
      'training_steps': 250_000,
      'pretraining_updates': 100_000,
      'online_updates': 62_500,
      'seconds': 3661.6,
    },
  ],
  'seconds': {},
  'teacher_steps': 1_000_000,
}


def without_teacher():
  """Tabula rasa: nothing to normalise by."""
  found = copy.deepcopy(WHOLE)
  found |= {'random': None, 'teacher': None, 'rows': found['rows'][1:]}
  found['rows'][0] |= {
    'normalized': None,
    'pretraining_updates': 0,
    'teacher_steps': 0,
  }
  return found


def test_rows_of_a_whole_run():
  offline = ('student, offline', '-5.2 ± 1.2', '4', '0.50')
  online = ('student, online', '14.0', '1', '1.12')
  assert summary.table_rows(WHOLE) == [
    ('random, published', '-20.7', '', '0.00', '', '', ''),
    ('teacher', '10.2 ± 0.5', '12', '1.00', '', '', ''),
    (*offline, '1,000,000', '100,000', '0:01:00'),
    (*online, '250,000', '162,500', '1:01:02'),
  ]


def test_rows_without_a_teacher():
  assert summary.table_rows(without_teacher()) == [
    ('student, online', '14.0', '1', '', '250,000', '62,500', '1:01:02')
  ]


@pytest.mark.parametrize('found', [WHOLE, without_teacher()])
def test_the_table_prints(found):
  console = Console(file=io.StringIO(), width=120)
  summary.print_table(found, console)
  printed = console.file.getvalue()
  for row in summary.table_rows(found):
    (line,) = (x for x in printed.splitlines() if x.strip().startswith(row[0]))
    cells = [cell for cell in row if cell]
    places = [line.find(cell) for cell in cells]
    assert -1 not in places
    assert places == sorted(places)
  assert '0 is random, 1 is the teacher' in printed


@pytest.mark.parametrize('found', [WHOLE, without_teacher()])
def test_the_picture_is_written(found, tmp_path, capsys):
  path = summary.write(found, str(tmp_path), title='Pong')
  assert path == str(tmp_path / summary.PLOT_FILE)
  pixels = image.imread(path)
  assert pixels.shape[:2] == (600, 1050)
  assert pixels[..., :3].std() > 0.01
  assert 'student, online' in capsys.readouterr().out
  assert not pyplot.get_fignums()


def test_what_is_drawn():
  figure = summary.figure(WHOLE, title='Pong')
  (axis,) = figure.axes
  assert axis.get_title() == 'Pong'
  labels = dict(zip(*axis.get_legend_handles_labels()[::-1], strict=True))
  assert set(labels['teacher'].get_ydata()) == {10.25}
  assert set(labels['random policy'].get_ydata()) == {-20.7}
  offline = labels['student, offline on teacher data'].lines
  online = labels['student, online'].lines
  assert offline[0].get_xydata().tolist() == [[100_000, -5.2]]
  assert online[0].get_xydata().tolist() == [[162_500, 14.0]]
  ((low, high),) = offline[2][0].get_segments()
  assert low[1] == pytest.approx(-6.45)
  assert high[1] == pytest.approx(-3.95)


def test_a_program_keeps_its_own_way_to_show_pictures():
  script = (
    'import matplotlib; matplotlib.use("svg")\n'
    'from reincarnating_rl.evaluation import summary\n'
    f'summary.figure({without_teacher()!r}, title="Pong")\n'
    'assert matplotlib.get_backend() == "svg", matplotlib.get_backend()\n'
  )
  subprocess.run([sys.executable, '-c', script], check=True)
