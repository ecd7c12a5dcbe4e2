"""What the picture of flights shows."""

import numpy as np
import pytest

from reincarnating_rl.balloon import flight_plot
from reincarnating_rl.evaluation import plot_style
from tests.balloon import fakes


def figure_of(flights):
  looks = plot_style.looks(list(flights), plot_style.LIGHT)
  with plot_style.themed(plot_style.LIGHT):
    figure = flight_plot._figure(flights, looks, plot_style.LIGHT)
  plot_style.plt.close(figure)  # It can be read all the same.
  return figure, looks


def texts(figure):
  return [t.get_text() for box in figure.legends for t in box.get_texts()]


@pytest.fixture
def flights():
  """The second ends before the first, and farther than the near map goes."""
  ended = fakes.record(3, 10, time_within=0.25, end='out_of_power')
  return {'teacher': fakes.record(0, 8, return_=7.4), 'student': ended}


def test_each_policy_has_its_colour_in_every_panel(flights):
  figure, looks = figure_of(flights)
  near, far, distance, altitude, battery, power = figure.axes
  for name, record in flights.items():
    color = looks[name].color
    for axis in (near, far):
      line = next(x for x in axis.lines if x.get_color() == color)
      np.testing.assert_array_equal(line.get_xdata(), record['path']['x_km'])
    for axis, first in ((distance, record['path']['x_km'][0]), (battery, 50)):
      line = next(x for x in axis.lines if x.get_color() == color)
      # Three minutes are a twentieth of an hour.
      assert (line.get_xdata()[0], line.get_ydata()[0]) == (0.05, first)
    assert color in [line.get_color() for line in altitude.lines]
  assert len(power.collections) == 2


def test_the_legend_has_the_numbers(flights):
  figure, _ = figure_of(flights)
  assert texts(figure) == [
    'teacher: TWR50 50%, return 7',
    'student: TWR50 25%, return 8, out of power',
    *('station', 'after 3 minutes', 'end', '50 km from the station', 'night'),
  ]


def test_maps_go_as_far_as_the_flights(flights):
  near, far = figure_of(flights)[0].axes[:2]
  assert near.get_xlim() == (-125.0, 125.0)
  assert far.get_xlim() == pytest.approx((-432.0, 432.0))  # 1.08 * 400 km.
  (alone, *panels) = figure_of({'teacher': flights['teacher']})[0].axes
  assert alone.get_xlim() == (-125.0, 125.0) and len(panels) == 4


def test_nights_are_those_of_the_longest_flight(flights):
  axis = figure_of(flights)[0].axes[-1]
  (night,) = axis.patches  # Of ten steps, the last five.
  assert (night.get_x(), night.get_width()) == pytest.approx((0.25, 0.25))
