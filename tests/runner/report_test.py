"""Reports read what runs write."""

import pytest

from reincarnating_rl.evaluation import analysis, results, run
from tests.runner import experiments


@pytest.mark.slow
def test_a_run_is_read_as_it_was_measured(tmp_path):
  runner = experiments.make_runner(tmp_path, seed=3)
  runner.run_experiment()
  found = results.load_runs([str(tmp_path)])
  (read,) = found.runs
  assert found.notes == ()  # It is finished, say.
  assert (read.method, read.seed) == (type(runner._agent).__name__, 3)
  assert read.game == runner._game.name
  assert read.planned == {'PRETRAIN': 2, 'ONLINE': 2}
  assert read.fingerprint == runner._teacher.fingerprint
  assert read.seconds == runner.record.seconds
  assert len(read.evaluations) == 4
  for evaluation, row in zip(read.evaluations, runner.record.rows, strict=True):
    assert evaluation.phase == row['phase']
    assert evaluation.score.mean == row['score']['mean']
    assert evaluation.steps == row['training_steps']
    assert evaluation.updates == (
      row['pretraining_updates'] + row['online_updates']
    )
    assert evaluation.teacher_steps == row['teacher_steps'] > 0
  scores = [*found.scores(read, run.OFFLINE), *found.scores(read, run.ONLINE)]
  expected = [row['normalized'] for row in runner.record.rows]
  assert scores == pytest.approx(expected)
  numbers = analysis.analyse(found)
  assert numbers.final[read.method].point[0] == pytest.approx(expected[-1])


@pytest.mark.slow
def test_an_unfinished_run_is_read_and_named(tmp_path):
  runner = experiments.make_runner(tmp_path)
  for iteration in runner.plan[:-1]:
    runner._run_one_iteration(iteration.number)
    runner._checkpoint_experiment(iteration.number)
  found = results.load_runs([str(tmp_path)])
  assert found.notes == (f'{tmp_path} is unfinished: it lacks 1 evaluation.',)
  assert len(found.runs[0].evaluations) == 3
