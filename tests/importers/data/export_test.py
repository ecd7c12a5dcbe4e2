"""Replays as plain arrays: what is read of them is what was there."""

import errno
import os
import pathlib

import numpy as np
import pytest

from reincarnating_rl.importers import data_summary, external_replay
from reincarnating_rl.importers.data import export
from reincarnating_rl.importers.data.steps import DataError
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.support.errors import UserError
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
