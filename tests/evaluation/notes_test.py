import numpy as np

from reincarnating_rl.evaluation import notes, results
from tests.evaluation import run_directories as made


def write(root, name, *, means=(2.0, 5.0), seed=1, **lineage):
  rows = [made.row(mean, steps=100 * (i + 1)) for i, mean in enumerate(means)]
  return made.write(root / name, rows, lineage={'seed': seed} | lineage)


def all_notes(*paths):
  return results.load_runs([str(path) for path in paths]).notes


def test_finished_runs_of_one_setting_need_no_note(tmp_path):
  for seed in (1, 2):
    write(tmp_path, str(seed), seed=seed, planned={'ONLINE': 2}, gin='A.x = 1')
  assert all_notes(tmp_path) == ()


def test_an_unfinished_run_is_named(tmp_path):
  path = write(tmp_path, 'a', planned={'PRETRAIN': 1, 'ONLINE': 4})
  (note,) = all_notes(path)
  assert note == f'{path} is unfinished: it lacks 3 evaluations.'


def test_of_many_unfinished_runs_the_least_far_is_named(tmp_path):
  write(tmp_path, 'a', seed=1, planned={'ONLINE': 3})
  path = write(tmp_path, 'b', seed=2, planned={'ONLINE': 3}, means=(1.0,))
  (note,) = all_notes(tmp_path)
  assert note == (
    f'2 runs of qdagger_dqn are unfinished: {path} lacks most, 2 evaluations.'
  )


def test_settings_that_differ_within_a_method_are_named(tmp_path):
  gin = (
    "create_minatar_environment.game_name = '{0}'\n"
    "JaxDQNAgent.observation_shape = 'of {0}'\n"
    'A.x = {1}\nA.y = \\\n  {2}\n'
  )
  a = write(tmp_path, 'a', gin=gin.format('Pong', 1, 5))
  b = write(tmp_path, 'b', gin=gin.format('Qbert', 1, 6), game='Qbert', seed=2)
  write(tmp_path, 'c', gin='A.z = 1', seed=3)
  (note,) = all_notes(tmp_path)
  assert note == (
    f'Settings differ within qdagger_dqn: A.y is 5 in {a} and 6 in {b}.'
  )


def test_a_game_that_is_not_the_same_in_all_runs_is_named(tmp_path):
  gin = 'x/create_atari_environment.sticky_actions = {}\n'
  a = write(tmp_path, 'a/Pong/1', gin=gin.format(True))
  b = write(tmp_path, 'b/Pong/1', gin=gin.format(False))
  other = {'game': 'Qbert', 'gin': gin.format(False)}
  write(tmp_path, 'c/Qbert/1', **other)
  assert all_notes(tmp_path) == (
    'Pong is not the same in all runs: x/create_atari_environment.'
    f'sticky_actions is True in {a} and False in {b}. Their teachers set one '
    'scale all the same.',
  )
  # With the teacher of one of them, there is nothing to pool.
  notes_of_one = results.load_runs([str(tmp_path)], scale_of='a').notes
  assert notes_of_one[-1].endswith(f'and False in {b}.')


def test_teachers_who_act_in_two_ways_are_named(tmp_path):
  a, b = (
    write(tmp_path, f'{name}/Pong/1', teacher={'fingerprint': '', 'acts': acts})
    for name, acts in (('a', 'greedy'), ('b', 'sample'))
  )
  (note,) = all_notes(tmp_path)
  assert f'teacher.acts is greedy in {a} and sample in {b}. Their' in note


def test_settings_that_change_within_a_run_are_named(tmp_path):
  stretches = [{'gin': f'A.x = {x}\nA.y = 1\n'} for x in (1, 1, 2, 3)]
  path = write(tmp_path, 'a', stretches=stretches)
  assert all_notes(path) == (
    f'Settings differ within qdagger_dqn: A.x changes from 1 to 2 within '
    f'{path}.',
  )


def test_of_many_settings_that_differ_three_are_named(tmp_path):
  for seed in (1, 2):
    gin = ''.join(f'A.{x} = {seed}\n' for x in 'abcde')
    write(tmp_path, str(seed), seed=seed, gin=gin)
  (note,) = all_notes(tmp_path)
  assert note.startswith('Settings differ within qdagger_dqn: A.a is 1 in ')
  assert note.count(' is 1 in ') == 3
  assert note.endswith(
    f'A.c is 1 in {tmp_path}/1 and 2 in {tmp_path}/2; and 2 more.'
  )


def test_sample_sizes():
  one, two, many = np.zeros((1, 2)), np.zeros((2, 2)), np.zeros((5, 2))
  single = 'One run per game, so no interval can be given'
  few = 'Fewer than 10 runs in all games together, so intervals are rough'
  games = ('A', 'B')
  assert notes.on_sample_sizes({'x': many, 'y': many}, games) == []
  assert notes.on_sample_sizes({'x': one, 'y': one}, games) == [f'{single}.']
  assert notes.on_sample_sizes({'x': one, 'y': two, 'z': two}, games) == [
    f'{single}: x.',
    f'{few}: y, z.',
  ]
  assert notes.on_sample_sizes({}, ()) == []
  assert notes.on_sample_sizes({'x': many[:, :1].repeat(2, 0)}, ('A',)) == [
    'Only one game, A: aggregates say nothing about other games.',
    'Only one method: there is nothing to compare it with.',
  ]
