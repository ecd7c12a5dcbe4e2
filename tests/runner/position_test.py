import json

from reincarnating_rl.runner.position import Position


def test_work_adds_up_and_metrics_weigh_by_steps():
  start = Position(number=4)
  first = start.after(10, seconds=1.0, metrics={'loss': 1.0})
  second = first.after(
    30, seconds=0.5, episodes=2, sum_returns=5.0, metrics={'loss': 3.0}
  )
  assert start == Position(number=4)
  assert first.means == {'loss': 1.0}
  assert second.means == {'loss': 2.5}  # (10 * 1 + 30 * 3) / 40
  assert second[:6] == (4, 40, 2, 5.0, 1.5, False)


def test_no_metrics_leave_the_sums_alone():
  position = Position().after(5, metrics={'loss': 2.0})
  assert position.after(0, episodes=1).means == {'loss': 2.0}
  assert Position().sums == {}


def test_nothing_done_has_no_averages():
  assert Position().means == {}


def test_an_unfinished_iteration_is_the_next():
  assert Position(3).next_number == 3
  assert Position(3, finished=True).next_number == 4


def test_survives_json():
  position = Position(2, finished=True).after(
    7, seconds=0.1, sum_returns=0.3, metrics={'loss': 0.7}
  )
  data = json.loads(json.dumps(position._asdict()))
  assert Position(**data) == position
