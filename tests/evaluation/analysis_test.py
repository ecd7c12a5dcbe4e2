import numpy as np
import pytest

from reincarnating_rl.evaluation import aggregate, analysis, results, run
from tests.evaluation import run_directories as made

REPS = 30


@pytest.fixture(scope='module')
def comparison(tmp_path_factory):
  return made.write_comparison(tmp_path_factory.mktemp('comparison'))


def analyse(paths, **settings):
  runs = results.load_runs(paths)
  return analysis.analyse(runs, **{'reps': REPS, **settings})


def same(ours, theirs):
  return all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_the_whole_comparison(comparison):
  found = analyse([comparison])
  assert found.ranking == ('qdagger_dqn', 'kickstarting', 'dqn')
  assert set(found.final) == set(found.ranking)
  assert set(found.offline) == {'qdagger_dqn'}
  qdagger = found.compared.final['qdagger_dqn']
  assert qdagger.shape == (3, 3)
  final = found.final['qdagger_dqn']
  np.testing.assert_array_equal(final.point, aggregate.summary(qdagger))
  assert np.all(final.low <= final.point)
  assert np.all(final.point <= final.high)
  curve, estimate = found.curves['qdagger_dqn', run.ONLINE]
  assert curve.scores.shape == (3, 3, 11)
  assert estimate.point[-1] == pytest.approx(final.point[0])
  offline = found.curves['qdagger_dqn', run.OFFLINE].estimate
  assert estimate.point[0] == offline.point[-1]
  assert offline.point[-1] == pytest.approx(
    found.offline['qdagger_dqn'].point[0]
  )
  assert ('dqn', run.OFFLINE) not in found.curves
  game = found.game_curves['dqn', 'Pong', run.ONLINE]
  expected = game.curve.scores.mean(axis=(0, 1))
  np.testing.assert_array_equal(game.estimate.point, expected)
  assert found.notes == (
    'Fewer than 10 runs in all games together, so intervals are rough.',
  )


def test_profiles_go_from_all_runs_to_none(comparison):
  found = analyse([comparison])
  for estimate in found.profiles.values():
    assert (estimate.point[0], estimate.point[-1]) == (1.0, 0.0)
    assert np.all(np.diff(estimate.point) <= 0.0)
  assert found.thresholds[0] < 0.0 < 1.0 < found.thresholds[-1]


def test_improvements_are_seen_from_both_sides(comparison):
  found = analyse([comparison])
  assert len(found.improvements) == 6
  for (ours, theirs), p in found.improvements.items():
    back = found.improvements[theirs, ours]
    assert back.point == pytest.approx(1.0 - p.point)
    assert back.low == pytest.approx(1.0 - p.high)
    scores = (found.compared.final[m] for m in (ours, theirs))
    assert p.point == pytest.approx(aggregate.improvement(*scores))


def test_equal_seeds_make_equal_numbers(comparison):
  first, again, other = (analyse([comparison], seed=seed) for seed in (3, 3, 4))
  for method in first.ranking:
    assert same(first.final[method], again.final[method])
  assert any(not same(first.final[m], other.final[m]) for m in first.ranking)


def test_a_methods_interval_does_not_depend_on_the_others(comparison):
  alone = analyse([f'dqn={comparison}/dqn'])
  among = analyse([comparison])
  assert same(alone.final['dqn'], among.final['dqn'])
  pong = ('dqn', 'Pong', run.ONLINE)
  assert same(
    alone.game_curves[pong].estimate, among.game_curves[pong].estimate
  )


def test_a_single_run_says_what_cannot_be_computed(tmp_path):
  made.write_curve(tmp_path, 'Pong', 1, [2.0, 5.0])
  found = analyse([str(tmp_path)])
  assert found.final['m'].point[0] == pytest.approx(0.5)
  assert found.final['m'].low is None
  assert found.improvements == {}
  assert found.notes == (
    'One run per game, so no interval can be given.',
    'Only one game, Pong: aggregates say nothing about other games.',
    'Only one method: there is nothing to compare it with.',
  )


def test_without_any_teacher_there_are_only_raw_curves(tmp_path):
  for seed in (1, 2):
    made.write(
      tmp_path / str(seed),
      [made.row(4.0 * seed, steps=10)],
      teacher=None,
      lineage={'seed': seed},
    )
  found = analyse([str(tmp_path)])
  assert (found.ranking, found.final, found.profiles) == ((), {}, {})
  drawn = found.game_curves['qdagger_dqn', 'Pong', run.ONLINE]
  assert drawn.estimate.point.tolist() == [6.0]


def test_methods_of_one_run_are_named_among_others(tmp_path):
  for game in 'AB':
    made.write_curve(tmp_path, game, 1, [2.0], method='one')
    for seed in (1, 2):
      made.write_curve(tmp_path, game, seed, [3.0], method='two')
  assert analyse([str(tmp_path)]).notes == (
    'One run per game, so no interval can be given: one.',
    'Fewer than 10 runs in all games together, so intervals are rough: two.',
  )
