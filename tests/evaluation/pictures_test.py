import io

import numpy as np
import pytest
from matplotlib import image

from reincarnating_rl.evaluation import (
  analysis,
  comparison_plots,
  curve_plots,
  pictures,
  plot_style,
  results,
)
from reincarnating_rl.evaluation.plot_style import DARK, LIGHT, plt
from tests.evaluation import run_directories as made

# What matplotlib would take for mathematics, or leave out of a legend.
ODD = '_a $\\frac{1}$'


def analyse(root):
  return analysis.analyse(results.load_runs([str(root)]), reps=20)


@pytest.fixture(scope='module')
def numbers(tmp_path_factory):
  tmp_path = tmp_path_factory.mktemp('runs')
  for game in 'AB':
    for seed in (1, 2):
      ours = [4.0, 8.0 + seed]
      made.write_curve(tmp_path, game, seed, ours, offline=[5.0], method=ODD)
      made.write_curve(tmp_path, game, seed, [0.0, 1.0 + seed], method='b')
  return analyse(tmp_path)


def draw(function, numbers, theme=LIGHT):
  with plot_style.themed(theme):
    looks = plot_style.looks(numbers.runs.methods, theme)
    figure = function(numbers, looks, theme)
    figure.canvas.draw()
  plt.close(figure)
  return figure, looks


def lines(axis, color):
  return [line for line in axis.lines if line.get_color() == color]


def levels(axis, color):
  """Heights of the lines across an axis."""
  ends = [line.get_ydata() for line in lines(axis, color)]
  return sorted(y[0] for y in ends if len(y) == 2 and y[0] == y[1])


def test_curves_of_both_phases(numbers):
  figure, looks = draw(curve_plots.iqm_curves, numbers)
  offline, online = figure.axes
  (line,) = lines(offline, looks[ODD].color)
  assert line.get_xydata().tolist() == [[10.0, 0.5]]
  assert lines(offline, looks['b'].color) == []
  (line,) = lines(online, looks[ODD].color)
  np.testing.assert_allclose(
    line.get_xydata(), [[0, 0.5], [101.5, 0.4], [201.5, 0.95]]
  )
  (line,) = lines(online, looks['b'].color)
  np.testing.assert_allclose(line.get_xydata(), [[101.5, 0], [201.5, 0.25]])
  assert levels(online, LIGHT.teacher) == [0.0, 1.0]
  assert levels(offline, LIGHT.teacher) == [0.0, 1.0]
  assert len(online.collections) == 2  # A band a method.


def test_names_are_text_and_all_are_in_the_legend(numbers):
  figure, _ = draw(curve_plots.iqm_curves, numbers)
  (legend,) = figure.legends
  shown = [entry.get_text() for entry in legend.get_texts()]
  assert shown == [ODD, 'b', 'teacher', 'random policy']


def test_a_panel_a_game(numbers):
  figure, looks = draw(curve_plots.game_curves, numbers)
  titles = [panel.get_suptitle() for panel in figure.subfigs]
  assert titles == ['A', 'B']
  for panel in figure.subfigs:
    _, online = panel.axes
    (line,) = lines(online, looks[ODD].color)
    np.testing.assert_allclose(line.get_ydata(), [0.5, 0.4, 0.95])


def test_a_method_that_is_not_compared_is_in_the_legend_too(tmp_path):
  made.write_curve(tmp_path, 'A', 1, [2.0], method='ours')
  made.write_curve(tmp_path, 'A', 1, [], offline=[3.0], method='offline')
  figure, _ = draw(curve_plots.game_curves, analyse(tmp_path))
  (legend,) = figure.legends
  shown = [entry.get_text() for entry in legend.get_texts()]
  assert shown == ['ours', 'offline', 'teacher', 'random policy']


def test_the_width_of_a_picture_is_its_size_in_inches(numbers):
  for picture in pictures.draw(numbers):
    pixels = image.imread(io.BytesIO(picture.light)).shape[1]
    assert picture.width == round(pixels / plot_style.DPI * 96)


def test_raw_returns_have_no_scale(tmp_path):
  made.write(tmp_path / 'a', [made.row(40.0, steps=10)], teacher=None)
  figure, looks = draw(curve_plots.game_curves, analyse(tmp_path))
  (axis,) = figure.subfigs[0].axes
  assert axis.get_ylabel() == 'mean return'
  assert levels(axis, LIGHT.teacher) == []
  (line,) = lines(axis, looks['qdagger_dqn'].color)
  assert line.get_ydata().tolist() == [40.0]


def test_intervals_have_the_best_on_top(numbers):
  figure, looks = draw(comparison_plots.intervals, numbers)
  iqm, *_, gap = figure.axes
  assert [t.get_text() for t in iqm.get_yticklabels()] == ['b', ODD]
  (mark,) = lines(iqm, looks[ODD].color)
  assert mark.get_xydata().tolist() == [[pytest.approx(0.95), 1.0]]
  bar = iqm.patches[1]
  assert bar.get_x() == pytest.approx(numbers.final[ODD].low[0])
  assert bar.get_x() + bar.get_width() == pytest.approx(
    numbers.final[ODD].high[0]
  )
  assert len(lines(iqm, LIGHT.teacher)) == 2
  assert lines(gap, LIGHT.teacher) == []


def test_profiles(numbers):
  figure, looks = draw(comparison_plots.profiles, numbers)
  (axis,) = figure.axes
  (line,) = lines(axis, looks['b'].color)
  np.testing.assert_array_equal(line.get_xdata(), numbers.thresholds)
  np.testing.assert_array_equal(line.get_ydata(), numbers.profiles['b'].point)


def test_the_best_method_wins_in_the_first_row(numbers):
  figure, _ = draw(comparison_plots.improvements, numbers)
  (axis,) = figure.axes
  shown = [(*text.get_position(), text.get_text()) for text in axis.texts]
  # Columns from left to right, rows from above.
  assert (1, 0, '1.00') in shown
  assert (0, 1, '0.00') in shown
  assert [t.get_text() for t in axis.get_yticklabels()] == [ODD, 'b']


@pytest.mark.parametrize('theme', [LIGHT, DARK])
def test_ten_methods_are_told_apart(theme):
  looks = plot_style.looks([f'm{i}' for i in range(10)], theme).values()
  assert len({look.color for look in looks}) == 10
  assert len({look.marker for look in looks}) == 10


def test_a_look_follows_from_the_place():
  few = plot_style.looks(['a', 'b'], LIGHT)
  many = plot_style.looks(['a', 'b', *map(str, range(40))], LIGHT)
  assert (few['a'], few['b']) == (many['a'], many['b'])
  assert len(set(many.values())) == 30


def brightness(png):
  return image.imread(io.BytesIO(png))[..., :3].mean()


def test_both_themes_of_every_picture(numbers):
  drawn = pictures.draw(numbers)
  assert [p.name for p in drawn] == [
    *('iqm_curves', 'intervals', 'profiles', 'improvements', 'game_curves'),
  ]
  for picture in drawn:
    assert brightness(picture.light) > 0.5
    assert brightness(picture.light) > brightness(picture.dark) + 0.1
  assert not plt.get_fignums()


def test_what_cannot_be_drawn_is_not(tmp_path):
  made.write_curve(tmp_path, 'A', 1, [1.0])
  assert [p.name for p in pictures.draw(analyse(tmp_path))] == ['game_curves']


def test_ticks_are_short():
  values = (0, 950, 250e3, 1.5e6, 1e9)
  shown = [plot_style.thousands(value) for value in values]
  assert shown == ['0', '950', '250k', '1.5M', '1000M']
  assert plot_style.shorten('x' * 40) == 'x' * 31 + '…'
