import pytest

from reincarnating_rl.evaluation import results, run
from reincarnating_rl.support.errors import MissingFileError, UserError
from tests.evaluation import run_directories as made


def write(root, name, *, rows=(2.0, 5.0), seed=1, **lineage):
  rows = [
    made.row(mean, steps=100 * (i + 1)) if isinstance(mean, float) else mean
    for i, mean in enumerate(rows)
  ]
  teacher = lineage.pop('score', 10.0)
  return made.write(
    root / name,
    rows,
    teacher=teacher,
    lineage={'seed': seed} | lineage,
  )


def test_runs_are_grouped_by_method_and_game(tmp_path):
  made.write_comparison(tmp_path, seeds=2)
  runs = results.load_runs([str(tmp_path)])
  assert runs.methods == ('dqn', 'kickstarting', 'qdagger_dqn')
  assert runs.games == ('Asterix', 'Breakout', 'Pong')
  assert len(runs.runs) == 18
  assert [r.seed for r in runs.of('dqn', 'Pong')] == [1, 2]
  # Two seeds evaluated a teacher of 12 with errors of one and two percent.
  assert runs.scales['Pong'].teacher == pytest.approx(12.0 * 1.015)
  assert runs.notes == ()


def test_all_runs_of_a_game_have_one_scale(tmp_path):
  write(tmp_path, 'a', seed=1, score=8.0)
  write(tmp_path, 'b', seed=2, score=12.0)
  runs = results.load_runs([str(tmp_path)])
  for r in runs.runs:
    assert runs.scores(r, run.ONLINE).tolist() == [0.2, 0.5]
    assert runs.scores(r, run.OFFLINE).tolist() == []


def test_a_game_without_a_teacher_stays_raw_and_says_so(tmp_path):
  write(tmp_path, 'a', score=None)
  runs = results.load_runs([str(tmp_path)])
  assert runs.scores(runs.runs[0], run.ONLINE).tolist() == [2.0, 5.0]
  assert runs.scales == {}
  assert runs.notes == (
    'Pong: no run has a teacher, so returns are not normalised.',
  )


def test_a_method_that_sets_the_scale_and_is_not_there_yet(tmp_path):
  write(tmp_path, 'a')
  runs = results.load_runs([str(tmp_path)], scale_of='strong')
  assert runs.scales == {}
  assert runs.notes == (
    'Pong: no run of strong has a teacher, so returns are not normalised.',
  )


def test_scratch_is_normalised_by_the_teacher_of_the_others(tmp_path):
  write(tmp_path, 'a', seed=1)
  write(tmp_path, 'b', seed=2, score=None)
  runs = results.load_runs([f'x={tmp_path / "a"}', f'dqn={tmp_path / "b"}'])
  assert runs.scores(runs.runs[1], run.ONLINE).tolist() == [0.2, 0.5]
  assert runs.notes == (
    "Pong: dqn has no teacher, so the other runs' teacher sets its scale.",
  )


def test_a_run_without_evaluations_is_left_out_by_name(tmp_path):
  write(tmp_path, 'a')
  empty = write(tmp_path, 'b', rows=(), seed=2)
  runs = results.load_runs([str(tmp_path)])
  assert len(runs.runs) == 1
  assert runs.notes == (f'{empty} has no evaluation yet.',)
  with pytest.raises(MissingFileError, match=f'{empty} has no evaluation yet'):
    results.load_runs([empty])


def test_runs_that_cannot_be_told_apart_are_an_error(tmp_path):
  a, b = write(tmp_path, 'a'), write(tmp_path, 'b')
  with pytest.raises(
    UserError, match=f'{b} and {a} are both seed 1 of qdagger'
  ):
    results.load_runs([a, b])
  assert len(results.load_runs([f'x={a}', b]).runs) == 2


def test_one_game_has_one_teacher(tmp_path):
  a = write(tmp_path, 'a')
  b = write(tmp_path, 'b', seed=2, teacher={'fingerprint': 'other'})
  with pytest.raises(UserError, match=f'{b} has another teacher than {a}'):
    results.load_runs([str(tmp_path)])


def test_the_teachers_of_one_method_may_be_everyones_scale(tmp_path):
  strong = write(tmp_path, 'a', rows=(5.0,))
  weak = write(
    tmp_path, 'b', rows=(5.0,), score=2.0, teacher={'fingerprint': 'other'}
  )
  runs = results.load_runs(
    [f'weak={weak}', f'strong={strong}'], scale_of='strong'
  )
  assert runs.scales['Pong'].teacher == 10.0
  assert [list(runs.scores(r, run.ONLINE)) for r in runs.runs] == [[0.5], [0.5]]


def test_other_games_have_other_teachers(tmp_path):
  write(tmp_path, 'a')
  write(tmp_path, 'b', game='Qbert', teacher={'fingerprint': 'other'})
  assert set(results.load_runs([str(tmp_path)]).scales) == {'Pong', 'Qbert'}
