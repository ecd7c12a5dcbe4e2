import pytest

from reincarnating_rl.evaluation import comparison, results
from reincarnating_rl.support.errors import UserError
from tests.evaluation import run_directories as made
from tests.evaluation.run_directories import write_curve as write


def compare(root, at=None):
  return comparison.compare(results.load_runs([str(root)]), at)[1]


def test_the_point_is_the_most_that_every_run_has_made(tmp_path):
  write(tmp_path, 'A', 1, [1.0, 2.0], method='x')
  write(tmp_path, 'A', 2, [1.0, 4.0], method='x')
  write(tmp_path, 'A', 1, [3.0, 5.0, 6.0, 7.0], method='y', every=50)
  found = compare(tmp_path)
  assert found.steps == 201
  assert found.games == ('A',)
  assert {m: s.tolist() for m, s in found.final.items()} == {
    'x': [[0.2], [0.4]],
    'y': [[0.7]],
  }
  assert found.offline == {}
  assert found.notes == ()


def test_who_stopped_early_is_named(tmp_path):
  write(tmp_path, 'A', 1, [1.0], method='x')
  write(tmp_path, 'A', 1, [3.0, 5.0], method='y')
  found = compare(tmp_path)
  assert found.final['y'].tolist() == [[0.3]]
  assert found.notes == (
    f'Scores are taken after 101 online steps, where {tmp_path}/x/A/1 ends; '
    'the longest run has 201. --at STEPS leaves shorter runs out.',
  )


def test_evaluations_that_are_far_off_are_named(tmp_path):
  write(tmp_path, 'A', 1, [1.0, 2.0], method='x', every=1000)
  write(tmp_path, 'A', 1, [3.0, 5.0], method='y', every=2000)
  write(tmp_path, 'A', 2, [3.0, 5.0], method='y', every=1000)
  (*_, note) = compare(tmp_path, at=1000).notes
  assert note == (
    'y: 1 of 2 runs have no evaluation near 1,000 online steps; the nearest is '
    'taken, after 2,001.'
  )


def test_shorter_runs_can_be_left_out(tmp_path):
  write(tmp_path, 'A', 1, [1.0], method='x')
  write(tmp_path, 'A', 2, [2.0, 4.0], method='x')
  write(tmp_path, 'A', 1, [3.0, 5.0], method='y')
  found = compare(tmp_path, at=200)
  assert found.steps == 200
  assert {m: s.tolist() for m, s in found.final.items()} == {
    'x': [[0.4]],
    'y': [[0.5]],
  }
  assert found.notes == (
    f'{tmp_path}/x/A/1 is left out: it has 101 online steps.',
  )
  with pytest.raises(UserError, match='No run has reached --at 300 online'):
    compare(tmp_path, at=300)


def test_only_games_of_all_methods_count(tmp_path):
  for game in 'AB':
    write(tmp_path, game, 1, [1.0], method='x')
  write(tmp_path, 'A', 1, [2.0], method='y')
  found = compare(tmp_path)
  assert found.games == ('A',)
  assert found.final['x'].tolist() == [[0.1]]
  assert found.notes == ('B is not in the aggregates: y has no run in it.',)


def test_without_a_common_game_nothing_is_compared(tmp_path):
  write(tmp_path, 'A', 1, [1.0], method='x')
  write(tmp_path, 'B', 1, [2.0], method='y')
  found = compare(tmp_path)
  assert (found.games, found.final) == ((), {})
  assert found.notes[-1] == (
    'No game has runs of all methods: there are no aggregates.'
  )


def test_offline_methods_are_compared_among_themselves(tmp_path):
  for method, mean in (('x', 1.0), ('y', 2.0)):
    write(tmp_path, 'A', 1, [], offline=[0.5, mean], method=method)
  found = compare(tmp_path)
  assert found.steps is None
  assert {m: s.tolist() for m, s in found.final.items()} == {
    'x': [[0.1]],
    'y': [[0.2]],
  }
  assert found.notes == ()


def test_offline_and_online_methods_are_not_compared(tmp_path):
  write(tmp_path, 'A', 1, [], offline=[5.0], method='x')
  write(tmp_path, 'A', 1, [2.0], offline=[1.0], method='y')
  found = compare(tmp_path)
  assert {m: s.tolist() for m, s in found.final.items()} == {'y': [[0.2]]}
  assert found.notes == (
    'x has no online evaluation, so it is not compared with the others.',
  )


def test_a_run_that_is_still_offline_does_not_hide_its_method(tmp_path):
  write(tmp_path, 'A', 1, [2.0], offline=[1.0], method='x')
  write(tmp_path, 'A', 2, [], offline=[5.0], method='x')
  write(tmp_path, 'A', 1, [3.0], method='y')
  found = compare(tmp_path)
  assert {m: s.tolist() for m, s in found.final.items()} == {
    'x': [[0.2]],
    'y': [[0.3]],
  }
  assert found.notes == (
    f'{tmp_path}/x/A/2 is left out: it has no online evaluation yet.',
  )


def test_raw_returns_are_not_compared(tmp_path):
  made.write(tmp_path / 'run', [made.row(1.0, steps=5)], teacher=None)
  assert compare(tmp_path).final == {}
