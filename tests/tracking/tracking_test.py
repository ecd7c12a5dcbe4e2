"""What a run does with a tracker, whatever that does."""

import json

import pytest

from reincarnating_rl.support.errors import UserError
from reincarnating_rl.tracking import table, tracking
from reincarnating_rl.tracking.table import TRACKERS, Entry, Row
from reincarnating_rl.tracking.tracking import Tracking
from tests.tracking.recorder import Recorder, recorder  # noqa: F401

pytestmark = pytest.mark.usefixtures('recorder')


def begin(tmp_path, resumed=False):
  return Tracking(
    'recorder',
    str(tmp_path),
    resumed=resumed,
    config={'a': 1},
    lineage={'agent': 'x'},
  )


def rows(*steps):
  return [Row('m', step, float(step)) for step in steps]


def test_all_is_told(tmp_path):
  found = begin(tmp_path / '..' / tmp_path.name)
  found.log(rows(0, 1))
  assert Recorder.made.rows == []
  found.finish({'s': 1.0}, {'agent': 'y'}, done=True)
  story = Recorder.made.story
  assert (story.id, story.config) == (None, {'a': 1})
  assert story.name.endswith(tmp_path.name)
  assert Recorder.made.rows == rows(0, 1)
  assert Recorder.made.ended == ({'s': 1.0}, {'agent': 'y'}, True)
  kept = json.loads((tmp_path / tracking.FILE).read_text())
  assert kept == {'recorder': {'id': 'first', 'steps': {'m': 1}}}


def test_many_rows_are_not_kept_back(tmp_path):
  begin(tmp_path).log(rows(*range(1000)))
  assert len(Recorder.made.rows) == 1000


def test_a_resumed_run_goes_on_and_tells_nothing_twice(tmp_path):
  found = begin(tmp_path)
  found.log(rows(0, 1, 2))
  found.flush()
  found = begin(tmp_path, resumed=True)
  found.log(rows(1, 2, 3))
  found.flush()
  assert Recorder.made.story.id == 'first'
  assert Recorder.made.rows == rows(3)


def test_a_run_that_begins_anew_is_another(tmp_path):
  begin(tmp_path).log(rows(5))
  found = begin(tmp_path)
  found.log(rows(0))
  found.flush()
  assert Recorder.made.story.id is None and Recorder.made.rows == rows(0)


def test_one_that_cannot_start_is_refused(tmp_path, monkeypatch):
  monkeypatch.setattr(Recorder, 'fails', 'start')
  with pytest.raises(UserError) as error:
    begin(tmp_path)
  assert str(error.value) == (
    '--track recorder cannot start (no answer): ask it, or leave out --track.'
  )


def test_one_that_breaks_later_is_left_alone(tmp_path, monkeypatch, capsys):
  found = begin(tmp_path)
  monkeypatch.setattr(Recorder, 'fails', 'log')
  for step in range(3):
    found.log(rows(step))
    found.flush()
  found.finish({}, {}, done=True)
  assert capsys.readouterr().err == (
    'warning: --track recorder has stopped (gone); training goes on without '
    'it.\n'
  )
  assert Recorder.made.ended is None
  # What it did not take, it is told after a resume.
  monkeypatch.setattr(Recorder, 'fails', '')
  found = begin(tmp_path, resumed=True)
  found.log(rows(0, 1, 2))
  found.flush()
  assert Recorder.made.rows == rows(0, 1, 2)


def test_names():
  with pytest.raises(UserError, match='Unknown tracker .* mean wandb'):
    table.check('wandbb')
  with pytest.raises(UserError, match='takes one run .* leave out --num_seeds'):
    table.check('recorder', many=True)
  with pytest.raises(UserError, match=r"not installed: pip install -e '\.\[mi"):
    TRACKERS['missing'] = Entry('M', 'no_such_package', '', '')
    try:
      table.check('missing')
    finally:
      del TRACKERS['missing']
