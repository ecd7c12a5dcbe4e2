"""Replays as plain arrays: what is read of them is what was there."""

import errno
import json
import os
import pathlib

import numpy as np
import pytest

from reincarnating_rl.importers import (
  data_summary,
  external_replay,
  run_replay,
)
from reincarnating_rl.importers.data import export, minari_export
from reincarnating_rl.importers.data.steps import DataError
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.support.errors import UserError
from tests.importers import dopamine41_played
from tests.importers.data import stable_baselines3_test, written

BUFFERS = stable_baselines3_test.BUFFERS


def read_again(tmp_path, made):
  path = tmp_path / 'out.npz'
  export.write(str(path), made, 'choose another')
  assert [p.name for p in tmp_path.iterdir()] == ['out.npz']
  return external_replay.choose(path)


def fill(store):
  """Plays an end, a cut episode and one that is under way."""
  rng = np.random.default_rng(0)
  for length, terminal in ((4, True), (3, False), (2, False)):
    action = rng.integers(0, 3, length)
    if store.settings.actions.shape:
      action = rng.uniform(-1.0, 1.0, (length, 2)).astype('f4')
    store.add_episode(
      rng.normal(size=(length, 3)).astype('f4'),
      action,
      rng.normal(size=length).astype('f4'),
      terminal=terminal,
    )
  return store


@pytest.mark.parametrize('actions', [Discrete(3), written.BOX])
def test_a_replay_of_ours(actions, tmp_path):
  store = fill(written.store(actions))
  made = export.of_store(store)
  assert made.left_out == 0
  replay = read_again(tmp_path, made)
  assert replay.inspect().actions == actions
  other = written.store(actions)
  assert replay.load(other).steps == 9
  for name, column in store.columns.items():
    np.testing.assert_allclose(other.columns[name], column, atol=1e-6)
  np.testing.assert_array_equal(other.element_keys(), store.element_keys())
  # What is under way is no whole episode.
  assert len(data_summary.whole_returns(replay.read_columns())) == 2


def test_an_episode_whose_start_is_gone(tmp_path):
  store = fill(written.store())
  store.columns['episode_step'][:4] += 5
  made = export.of_store(store)
  assert made.left_out == 4
  assert read_again(tmp_path, made).inspect().entries == 5


@pytest.mark.parametrize('name', stable_baselines3_test.ACTIONS)
def test_data_of_another_tool(name, tmp_path):
  source = external_replay.choose(BUFFERS / f'{name}.pkl')
  replay = read_again(tmp_path, export.of_steps(source.inspect()))
  np.testing.assert_array_equal(
    data_summary.whole_returns(replay.read_columns()),
    data_summary.whole_returns(source.read_columns()),
  )
  actions = stable_baselines3_test.ACTIONS[name]
  assert replay.inspect().actions == actions
  written.loaded(tmp_path, actions)


def run_of(path, source, **settings):
  """Reads a replay into a run, as `convert OUT` does, and again from there."""
  (path / 'checkpoints').mkdir(parents=True)
  folder = path / 'checkpoints'
  for replay in (source, folder):
    store = written.store(**settings)
    external_replay.choose(replay).load(store)
    told = {'replays': run_replay.save(str(folder), store)}
    (folder / 'ckpt.0.json').write_text(json.dumps(told))
  return store


def gap(path, **flags):
  """Writes a file of D4RL without the steps after its ninth."""
  arrays = written.steps(**flags)
  following = np.roll(arrays['observations'], -1, axis=0)
  following[8] += 1.0
  written.d4rl(path, arrays | {'next_observations': following})
  return arrays


def whole(path):
  return data_summary.whole_returns(
    external_replay.choose(path).read_columns()
  ).tolist()


@pytest.mark.parametrize('through', ['file', 'run', 'minari'])
@pytest.mark.parametrize('ends', [(4,), (4, 11)])
def test_no_episode_beside_a_gap_is_whole(ends, through, tmp_path):
  source = tmp_path / 'x.hdf5'
  arrays = gap(source, ends=ends, cuts=())
  first = pytest.approx([arrays['rewards'][:5].sum()])
  assert whole(source) == first
  if through == 'run':
    made = export.of_store(run_of(tmp_path / 'run', source))
    assert whole(tmp_path / 'run') == first and not made.left_out
  else:
    made = export.of_steps(external_replay.choose(source).inspect())
    assert made.left_out == 3  # After the gap.
  (out := tmp_path / 'out').mkdir()
  if through == 'minari':
    minari_export.write(out, made, 'mine-v0')
  else:
    export.write(str(out / 'out.npz'), made, '')
  assert whole(out) == first
  assert export.count_partial(made) == 1 + (through == 'run')


@pytest.mark.parametrize('is_full', [True, False])
def test_a_ring_of_one_episode(is_full, tmp_path):
  one = {
    name: x[:, :1] if isinstance(x, np.ndarray) else x
    for name, x in stable_baselines3_test.arrays(full=is_full).items()
  }
  stable_baselines3_test.pickled(tmp_path / 'x.pkl', **one)
  steps = external_replay.choose(tmp_path / 'x.pkl').inspect()
  made = export.of_steps(steps)
  # A start that is gone is left out; an end that is to come is not.
  kept = 0 if is_full else 4
  assert len(made.arrays['rewards']) == kept == steps.entries - made.left_out
  assert not made.arrays['truncations'].any()
  # With a stack of 1, too, is the start of what a store holds gone.
  store = written.store()
  external_replay.choose(tmp_path / 'x.pkl').load(store)
  assert len(export.of_store(store).arrays['rewards']) == kept


@pytest.mark.parametrize('through', ['npz', 'run', 'minari'])
def test_episodes_of_dopamine_41_lack_their_last_step(through, tmp_path):
  """The reward of that one is stored nowhere, so no return is known."""
  played = dopamine41_played.Played(
    [(5, True), (4, False), (6, True)], reward=lambda _, t: 1.0
  )
  settings = {'shape': (3, 1), 'dtype': 'u1', 'stack_size': 4}
  settings['actions'] = Discrete(6)
  played.save(source := tmp_path / 'source')
  store = written.store(**settings)
  external_replay.choose(source).load(store)
  if through == 'run':
    store = run_of(tmp_path / 'run', source, **settings)
    assert whole(tmp_path / 'run') == []
  made = export.of_store(store)
  lengths = [4, 3, 5]
  assert made.left_out == 3 and export.count_partial(made) == 3
  assert made.arrays['actions'].tolist() == [
    played.action(k, t) for k, n in enumerate(lengths) for t in range(n)
  ]
  (out := tmp_path / 'out').mkdir()
  if through == 'minari':
    minari_export.write(out, made, 'mine-v0')
  else:
    export.write(str(out / 'out.npz'), made, '')
  assert whole(out) == []
  again = export.of_steps(external_replay.choose(out).inspect())
  assert again.left_out == 0
  for name, array in made.arrays.items():
    np.testing.assert_array_equal(again.arrays[name], array, name)


def test_a_replay_of_dopamine_whose_start_is_gone(tmp_path, fixtures):
  source = os.path.join(fixtures, 'dopamine_4_0_6_cartpole')
  store = written.store(Discrete(2), (4,), capacity=600)
  external_replay.choose(source).load(store)
  made = export.of_store(store)
  assert made.left_out == 4
  read_again(tmp_path, made)
  assert len(whole(tmp_path)) == 59 and whole(tmp_path) == whole(source)


def test_the_newest_steps_begin_with_an_episode(tmp_path):
  np.savez(tmp_path / 'in.npz', **written.steps())
  made = export.of_steps(external_replay.choose(tmp_path).inspect(), newest=9)
  assert made.left_out == 2 and len(made.arrays['rewards']) == 7
  np.testing.assert_array_equal(
    made.arrays['observations'], written.steps()['observations'][5:]
  )


def test_bounds_that_nobody_tells():
  steps = external_replay.choose(BUFFERS / 'sac.pkl').inspect()
  unknown = steps.__class__(**vars(steps) | {'actions': None})
  with pytest.raises(DataError, match='does not tell the bounds'):
    export.of_steps(unknown)


def test_a_folder_that_is_not_there(tmp_path):
  made = export.of_store(fill(written.store()))
  path = pathlib.Path(tmp_path, 'none', 'out.npz')
  told = f'^{path} cannot be written .*, or choose another OUT'
  with pytest.raises(UserError, match=told):
    export.write(str(path), made, 'choose another OUT')


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
  path = tmp_path / 'out.npz'
  path.write_bytes(b'old')

  def fail(*args, **arrays):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

  monkeypatch.setattr(np, 'savez', fail)
  made = export.of_store(fill(written.store()))
  told = f'^{path} cannot be written .No space .*free some space'
  with pytest.raises(UserError, match=told):
    export.write(str(path), made, 'choose another OUT')
  assert path.read_bytes() == b'old' and os.listdir(tmp_path) == ['out.npz']
