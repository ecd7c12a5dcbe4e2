import numpy as np
import pytest

from reincarnating_rl.evaluation import matrices, results, run
from tests.evaluation.run_directories import write_curve as write


def load(root):
  return results.load_runs([str(root)])


def test_a_matrix_is_runs_by_games_by_evaluations(tmp_path):
  write(tmp_path, 'A', 1, [1.0, 2.0, 3.0])
  write(tmp_path, 'A', 2, [4.0, 5.0, 6.0])
  write(tmp_path, 'B', 1, [7.0, 8.0, 9.0])
  write(tmp_path, 'B', 2, [10.0, 11.0, 12.0])
  found = matrices.curve(load(tmp_path), 'm', ('A', 'B'), run.ONLINE)
  assert found.scores.tolist() == [
    [[0.1, 0.2, 0.3], [0.7, 0.8, 0.9]],
    [[0.4, 0.5, 0.6], [1.0, 1.1, 1.2]],
  ]
  assert found.steps.tolist() == [101.5, 201.5, 301.5]
  assert found.updates.tolist() == [25.0, 50.0, 75.0]
  assert found.teacher_steps.tolist() == [0.0, 0.0, 0.0]
  assert matrices.gaps(load(tmp_path), 'm', ('A', 'B')) == []


def test_online_curves_begin_with_what_offline_ended_with(tmp_path):
  write(tmp_path, 'A', 1, [6.0], offline=[2.0, 5.0])
  runs = load(tmp_path)
  offline = matrices.curve(runs, 'm', ('A',), run.OFFLINE)
  assert offline.scores.tolist() == [[[0.2, 0.5]]]
  assert offline.updates.tolist() == [10.0, 20.0]
  assert offline.teacher_steps.tolist() == [1e6, 1e6]
  online = matrices.curve(runs, 'm', ('A',), run.ONLINE)
  assert online.scores.tolist() == [[[0.5, 0.6]]]
  assert online.steps.tolist() == [0.0, 101.0]
  assert online.updates.tolist() == [20.0, 45.0]
  assert matrices.offline_scores(runs, 'm', ('A',)).tolist() == [[0.5]]


def test_a_phase_that_no_run_has_makes_no_curve(tmp_path):
  write(tmp_path, 'A', 1, [1.0])
  runs = load(tmp_path)
  assert matrices.curve(runs, 'm', ('A',), run.OFFLINE) is None
  assert matrices.offline_scores(runs, 'm', ('A',)) is None
  assert matrices.curve(runs, 'm', ('B',), run.ONLINE) is None
  assert matrices.scores_at(runs, 'm', (), 100) is None


def test_what_is_left_of_a_ragged_method_is_told(tmp_path):
  for seed in (1, 2, 3):
    write(tmp_path, 'A', seed, [1.0, 2.0, 3.0])
  write(tmp_path, 'B', 1, [4.0, 5.0, 6.0])
  write(tmp_path, 'B', 2, [7.0, 8.0])
  runs = load(tmp_path)
  found = matrices.curve(runs, 'm', ('A', 'B'), run.ONLINE)
  assert found.scores.tolist() == [
    [[0.1, 0.2], [0.4, 0.5]],
    [[0.1, 0.2], [0.7, 0.8]],
  ]
  path = tmp_path / 'm' / 'B' / '2'
  assert matrices.gaps(runs, 'm', ('A', 'B')) == [
    'm: aggregates use 2 seeds per game, the fewest of any game; these games '
    'have more: A (3).',
    f'm: the online curve ends after 2 of 3 evaluations, where {path} ends.',
  ]


@pytest.mark.parametrize(
  ('steps', 'expected'), [(0, 0.1), (149, 0.1), (153, 0.2), (290, 0.3)]
)
def test_the_nearest_evaluation_counts(tmp_path, steps, expected):
  write(tmp_path, 'A', 1, [1.0, 2.0, 3.0], offline=[9.0])
  runs = load(tmp_path)
  scores = matrices.scores_at(runs, 'm', ('A',), steps)
  np.testing.assert_allclose(scores, [[expected]])
