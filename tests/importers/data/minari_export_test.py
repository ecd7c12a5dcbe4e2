"""Replays as datasets of Minari, which Minari itself reads."""

import minari
import numpy as np
import pytest

from reincarnating_rl.importers import data_summary, external_replay
from reincarnating_rl.importers.data import export, minari_export
from reincarnating_rl.learner.actions import Discrete
from tests.importers.data import export_test, written


@pytest.mark.parametrize('actions', [Discrete(3), written.BOX])
def test_minari_reads_it_and_so_do_we(actions, tmp_path):
  store = export_test.fill(written.store(actions))
  made = export.of_store(store)
  minari_export.write(tmp_path, made, 'game/mine-v0')
  dataset = minari.MinariDataset(tmp_path / 'data')
  assert dataset.spec.dataset_id == 'game/mine-v0'
  assert (dataset.total_episodes, dataset.total_steps) == (3, 9)
  assert dataset.observation_space.shape == (3,)
  episodes = [*dataset.iterate_episodes()]
  assert [len(e.observations) for e in episodes] == [5, 4, 3]
  for name in ('observations', 'actions', 'rewards', 'terminations'):
    ours = np.concatenate(
      [getattr(e, name)[: len(e.rewards)] for e in episodes]
    )
    np.testing.assert_array_equal(ours, made.arrays[name])
  if isinstance(actions, Discrete):
    assert dataset.action_space.n == 3
  else:
    np.testing.assert_array_equal(
      dataset.action_space.high, np.float32(actions.high)
    )
  assert episodes[0].terminations[-1] and not episodes[0].truncations.any()
  assert episodes[1].truncations[-1] and not episodes[1].terminations.any()
  replay = external_replay.choose(tmp_path)
  assert replay.inspect().actions == actions
  other = written.store(actions)
  assert replay.load(other).steps == 9
  for name, column in store.columns.items():
    np.testing.assert_allclose(other.columns[name], column, atol=1e-6)
  # What is under way is no whole episode.
  assert len(data_summary.whole_returns(replay.read_columns())) == 2


def test_images_are_kept_bit_for_bit(tmp_path):
  store = written.store(shape=(8, 8), dtype='u1', stack_size=2)
  frames = np.random.default_rng(0).integers(0, 256, (4, 8, 8)).astype('u1')
  store.add_episode(
    frames, np.zeros(4, int), np.zeros(4, np.float32), terminal=True
  )
  minari_export.write(tmp_path, export.of_store(store), 'mine-v0')
  (episode,) = minari.MinariDataset(tmp_path / 'data').iterate_episodes()
  np.testing.assert_array_equal(episode.observations[:-1], frames)


@pytest.mark.parametrize(
  ('folder', 'name'),
  [
    ('/x/pong-v0', 'pong-v0'),
    ('/x/pong', 'pong-v0'),
    ('/x/my data.2/', 'my-data-2-v0'),
  ],
)
def test_names_are_minaris(folder, name):
  assert minari_export.dataset_id(folder) == name
  minari.dataset.minari_dataset.parse_dataset_id(name)


def test_actions_that_nobody_tells(tmp_path):
  np.savez(tmp_path / 'x.npz', **written.steps())
  made = export.of_steps(external_replay.choose(tmp_path).inspect())
  assert not minari_export.knows_actions(made)
  (tmp_path / 'out').mkdir()
  minari_export.write(tmp_path / 'out', made, 'mine-v0')
  dataset = minari.MinariDataset(tmp_path / 'out' / 'data')
  assert dataset.action_space.n == made.arrays['actions'].max() + 1
  assert minari_export.knows_actions(export.of_store(written.store()))
