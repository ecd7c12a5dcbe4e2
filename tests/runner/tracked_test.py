"""A run and its tracker."""

import pytest

from reincarnating_rl.runner import tracked
from reincarnating_rl.runner.progress import Progress
from reincarnating_rl.support.interrupts import Interrupted
from tests.runner import experiments
from tests.tracking.recorder import Recorder, recorder  # noqa: F401

pytestmark = pytest.mark.usefixtures('recorder')


def run(base_dir, **settings):
  runner = experiments.make_runner(base_dir, **settings)
  tracked.begin('recorder', runner)
  runner.run_experiment()
  return runner


def told(name):
  return [(r.step, r.value) for r in Recorder.made.rows if r.name == name]


def test_a_tracker_has_what_the_log_has(tmp_path):
  runner = run(tmp_path)
  rows = experiments.metrics(tmp_path, timed=True)
  logged = {(r['name'], r['step'], r['value']) for r in rows}
  assert {tuple(row) for row in Recorder.made.rows} == logged
  config = Recorder.made.story.config
  assert config['RunnerWithTeacher.num_pretraining_steps'] == 20
  assert config['Runner.max_steps_per_episode'] == 40
  assert (config['game'], config['seed']) == (runner.lineage['game'], 0)
  scores, lineage, done = Recorder.made.ended
  last = runner.record.rows[-1]
  assert done and scores['Final/Return'] == last['score']['mean']
  assert scores['Final/Normalized_Score'] == last['normalized']
  assert scores['Final/RandomReturn'] == 0.325
  assert lineage == runner.lineage


def test_a_run_that_stops_and_goes_on(tmp_path, monkeypatch):
  advance = Progress.advance

  def stop(self, iteration, steps, **more):
    advance(self, iteration, steps, **more)
    if iteration.number == 4:
      raise Interrupted

  with monkeypatch.context() as patch, pytest.raises(Interrupted):
    patch.setattr(Progress, 'advance', stop)
    run(tmp_path)
  first = Recorder.made
  assert first.ended[2] is False
  run(tmp_path)
  assert Recorder.made is not first and Recorder.made.story.id == first.id
  assert Recorder.made.ended[2] is True
  both = first.rows + Recorder.made.rows
  names = [(row.name, row.step) for row in both]
  assert len(names) == len(set(names)), 'Nothing is told twice.'
  whole = {(r['name'], r['step']) for r in experiments.metrics(tmp_path)}
  assert whole <= set(names)


def test_a_tracker_that_breaks_does_not_break_the_run(
  tmp_path, monkeypatch, capsys
):
  runner = experiments.make_runner(tmp_path)
  tracked.begin('recorder', runner)
  monkeypatch.setattr(Recorder, 'fails', 'log')
  runner.run_experiment()
  assert capsys.readouterr().err.count('has stopped (gone)') == 1
  assert runner._progress.position.next_number == len(runner.plan)


def test_a_run_without_evaluations_has_no_scores():
  record = {'rows': [], 'teacher': None, 'random': None}
  assert tracked.final_scores(record) == {}
