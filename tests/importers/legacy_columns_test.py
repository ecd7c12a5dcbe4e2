"""Errors in a legacy replay are reported and leave the store empty."""

import os
import pickle

import numpy as np
import pytest
from hypothesis import strategies as st

from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.replay.settings import ReplaySettingError
from reincarnating_rl.support.errors import (
  DamagedFileError,
  UnsafeFileError,
  UserError,
)
from tests.fuzzing import fuzz
from tests.importers import legacy_dumps
from tests.importers.legacy_dumps import DUMP, load, make


@pytest.mark.parametrize(
  ('changed', 'message'),
  [
    ({'actions': Discrete(3)}, 'the action 3, but .* are 0 to 2:'),
    ({'observation_shape': (3,)}, r'\(2,\) of uint8'),
    ({'observation_dtype': np.int8}, r'\(2,\) of uint8'),
  ],
)
def test_the_store_of_another_game(tmp_path, changed, message):
  legacy_dumps.write(tmp_path, DUMP)
  store = make(**changed)
  with pytest.raises(ReplaySettingError, match=message):
    load(tmp_path, store)
  assert (len(store), store.next_step) == (0, 0)


def test_actions_that_are_vectors(tmp_path):
  vectors = np.zeros((15, 1), np.float32)
  legacy_dumps.write(tmp_path, DUMP | {'$store$_action': vectors})
  for actions in (Discrete(3), Continuous((-1.0,), (1.0,))):
    with pytest.raises(
      ReplaySettingError, match='are vectors: of such'
    ) as told:
      load(tmp_path, make(actions=actions))
    assert '\n' not in str(told.value) and 'collected' in str(told.value)
  legacy_dumps.write(tmp_path, DUMP)
  with pytest.raises(ReplaySettingError, match='are discrete ones, but those'):
    load(tmp_path, make(actions=Continuous((-1.0,), (1.0,))))


class _Call:
  def __reduce__(self):
    return os.system, ('touch REINCARNATING_RL_PWNED',)


NAN = np.full(15, np.nan, np.float32)
BLANK = DUMP['$store$_reward'] == 0


@pytest.mark.parametrize(
  ('attribute', 'value', 'message'),
  [
    (
      '$store$_action',
      np.where(DUMP['$store$_action'], -1, 0),
      r'action that is not in \[0, 2\*\*31\)',
    ),
    (
      '$store$_action',
      DUMP['$store$_action'].astype(int) << 31,
      r'action that is not in \[0, 2\*\*31\)',
    ),
    ('$store$_action', np.zeros(15, np.float32), 'float32'),
    ('$store$_action', np.zeros(14, np.int32), '14 slots, and .* 15: '),
    ('$store$_terminal', np.zeros(15), 'float64'),
    ('$store$_observation', np.zeros((14, 2), np.uint8), r'ion_.* 14 slots'),
    ('$store$_action', np.zeros((15, 2), np.int32), r'\(15, 2\)'),
    ('$store$_reward', NAN, 'does not match'),
    ('$store$_reward', np.where(BLANK, 0, NAN), 'reward that is not finite'),
    ('$store$_reward', np.zeros(15, bool), 'bool'),
    ('$store$_terminal', np.ones(15, np.uint8), 'does not match'),
    ('$store$_terminal', np.zeros(()), 'has no slots'),
    ('episode_end_indices', b'', 'is cut short'),
    ('episode_end_indices', pickle.dumps([4, 9]), 'not a set'),
    ('episode_end_indices', {4, 15}, 'not a set of the 15 slots'),
    ('episode_end_indices', {4, 'x'}, 'not a set of the 15 slots'),
    ('episode_end_indices', {4, 9.0}, 'not a set of the 15 slots'),
    ('episode_end_indices', {2}, 'does not match'),
    ('episode_end_indices', bytes(50_000_000), 'more than'),
    (
      '$store$_observation',
      legacy_dumps.npy(DUMP['$store$_observation']) + bytes(50_000_000),
      'holds more',
    ),
    (
      '$store$_observation',
      legacy_dumps.npy(DUMP['$store$_observation'])[:-1],
      'is cut short',
    ),
  ],
)
def test_damage_names_the_file(tmp_path, attribute, value, message):
  legacy_dumps.write(tmp_path, DUMP | {attribute: value})
  store = make()
  with pytest.raises(DamagedFileError, match=message) as caught:
    load(tmp_path, store)
  assert str(tmp_path) in str(caught.value) and '\n' not in str(caught.value)
  assert (len(store), store.next_step, store.add_count) == (0, 0, 0)


def test_a_pickle_that_could_run_code(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  hostile = {'episode_end_indices': pickle.dumps(_Call())}
  legacy_dumps.write(tmp_path, DUMP | hostile)
  with pytest.raises(UnsafeFileError, match='system'):
    load(tmp_path)
  assert not (tmp_path / 'REINCARNATING_RL_PWNED').exists()


@pytest.mark.parametrize('attribute', legacy_dumps.ATTRIBUTES)
def test_a_file_cut_anywhere_is_reported(tmp_path, attribute):
  legacy_dumps.write(tmp_path, DUMP)
  path = legacy_dumps.path(tmp_path, attribute)
  data = path.read_bytes()
  for size in range(len(data)):
    path.write_bytes(data[:size])
    store = make()
    with pytest.raises(DamagedFileError) as caught:
      load(tmp_path, store)
    assert path.name in str(caught.value)
    assert store.next_step == 0


def test_errors_between_the_two_readings(tmp_path):
  """An error while filling leaves the store empty too."""
  legacy_dumps.write(tmp_path, DUMP)
  path = legacy_dumps.path(tmp_path, '$store$_observation')
  data = path.read_bytes()

  def cut(done, total):
    if done == total // 2:
      path.write_bytes(data[:-1])

  store = make()
  with pytest.raises(DamagedFileError, match='cannot be read'):
    load(tmp_path, store, progress=cut)
  assert (len(store), store.next_step) == (0, 0)


_edits = st.tuples(
  st.sampled_from(legacy_dumps.ATTRIBUTES),
  st.integers(0, 400),
  st.binary(max_size=4),
  st.booleans(),
)


@fuzz(st.lists(_edits, min_size=1, max_size=3), st.binary(max_size=60))
def test_any_bytes_are_a_replay_or_a_typed_error(tmp_path, edits, other):
  raw = {
    name: pickle.dumps(value)
    if isinstance(value, set)
    else legacy_dumps.npy(value)
    for name, value in DUMP.items()
  }
  for name, at, piece, is_whole in edits:
    data = raw[name]
    at %= len(data) + 1
    edited = data[:at] + piece + data[at + len(piece) :]
    raw[name] = other if is_whole and not piece else edited
  legacy_dumps.write(tmp_path, raw)
  store = make()
  try:
    report = load(tmp_path, store)[1]
  except UserError as error:
    assert '\n' not in str(error) and str(error)
    assert (len(store), store.next_step) == (0, 0)
  else:
    assert 0 < report.steps == store.next_step <= 15
    assert report.steps + sum(report.left_out.values()) == 15
    if len(store):
      batch = store.gather(store.sample_keys(20))
      assert np.isfinite(batch.reward).all() and (batch.action >= 0).all()
