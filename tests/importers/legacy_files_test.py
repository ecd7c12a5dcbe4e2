import re

import numpy as np
import pytest

from reincarnating_rl.importers import external_replay, legacy_files
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
  UserError,
)
from tests.importers import legacy_dumps

FULL = legacy_dumps.arrays('00xxT00xx?')
PARTIAL = legacy_dumps.arrays('00xxT?????')


def choose(folder):
  return legacy_files.choose(legacy_files.find(folder))


def found(folder):
  return [(r.prefix, r.number, r.has_ends) for r in legacy_files.find(folder)]


def test_what_incomplete_replays_lack(tmp_path):
  legacy_dumps.write(tmp_path, FULL, 10)
  legacy_dumps.write(tmp_path, FULL, 9, prefix='tf_ckpt')
  for number, missing in enumerate(legacy_dumps.ATTRIBUTES):
    rest = {name: a for name, a in FULL.items() if name != missing}
    legacy_dumps.write(tmp_path, rest, 20 + number)
  path = legacy_dumps.path(tmp_path, 'add_count', 20)
  (tmp_path / 'ckpt.10').write_bytes(b'')
  for name in ('add_count_ckpt.20.gz.tmp', 'x' + path.name, 'notes'):
    (tmp_path / name).write_bytes(path.read_bytes())
  replays = {(r.prefix, r.number): r for r in legacy_files.find(tmp_path)}
  assert not replays.pop(('tf_ckpt', 9)).missing
  assert not replays.pop(('ckpt', 10)).missing
  assert sorted(number for _, number in replays) == list(range(20, 27))
  for number, missing in enumerate(legacy_dumps.ATTRIBUTES):
    replay = replays['ckpt', 20 + number]
    path = str(legacy_dumps.path(tmp_path, missing, replay.number))
    assert replay.missing == [path]
    with pytest.raises(MissingFileError, match=re.escape(path)):
      legacy_files.inspect(replay)


def test_old_versions_saved_no_list_of_ends(tmp_path):
  old = {name: a for name, a in FULL.items() if name != 'episode_end_indices'}
  legacy_dumps.write(tmp_path, old, 1)
  legacy_dumps.write(tmp_path, FULL, 2)
  legacy_dumps.write(tmp_path, old, 3, 'other')
  assert found(tmp_path) == [
    *(('ckpt', 1, False), ('ckpt', 2, True), ('other', 3, False))
  ]
  assert not any(replay.missing for replay in legacy_files.find(tmp_path))


def test_single_observations_need_a_list_of_ends(tmp_path):
  one = legacy_dumps.arrays('xxTxxExxT?', stack_size=1)
  legacy_dumps.write(tmp_path, one)
  replay = external_replay.choose(tmp_path)
  assert replay.inspect().stack_size == 1
  legacy_dumps.path(tmp_path, 'episode_end_indices').unlink()
  replay = external_replay.choose(tmp_path)
  for read in (replay.inspect, replay.read_columns):
    with pytest.raises(UserError, match='nobody knows where they were cut'):
      read()


def test_a_run_has_checkpoints_and_logs(tmp_path):
  assert legacy_files.find(tmp_path) == []
  legacy_dumps.write(tmp_path / 'replay_logs', FULL, 3)
  legacy_dumps.write(tmp_path / 'checkpoints', PARTIAL, 1)
  assert found(tmp_path) == [('ckpt', 1, True), ('ckpt', 3, True)]
  assert found(tmp_path / 'replay_logs') == [('ckpt', 3, True)]
  for number, folder in ((1, 'checkpoints'), (3, 'replay_logs')):
    assert legacy_files.find(tmp_path / folder)[0].number == number


@pytest.mark.parametrize('count', [1, 10])
def test_the_last_full_log_is_chosen(tmp_path, count):
  """The official code took log (N + 1) // 4, which is partial here."""
  for number in range(count):
    add_count = 10 * number + 9
    log = FULL | {'add_count': np.array(add_count)}
    legacy_dumps.write(tmp_path, log, number)
  legacy_dumps.write(tmp_path, PARTIAL, count)
  assert choose(tmp_path).number == count - 1


def test_the_newest_is_chosen_if_none_is_full(tmp_path):
  for number in (9, 10):
    legacy_dumps.write(tmp_path, PARTIAL, number)
  assert choose(tmp_path).number == 10


def test_prefixes(tmp_path):
  """The alphabetical order of prefixes does not matter."""
  legacy_dumps.write(tmp_path, FULL, 4, 'other')
  assert choose(tmp_path).number == 4
  legacy_dumps.write(tmp_path, FULL, 5, 'another')
  with pytest.raises(
    UserError, match='prefixes another, other: move'
  ) as caught:
    choose(tmp_path)
  assert '\n' not in str(caught.value)
  legacy_dumps.write(tmp_path, FULL, 3)
  assert choose(tmp_path).number == 3


def test_nothing_found(tmp_path):
  with pytest.raises(MissingFileError, match='no directory'):
    legacy_files.find(tmp_path / 'missing')
  assert legacy_files.find(tmp_path) == []


@pytest.mark.parametrize(
  ('capacity', 'add_count', 'stack_size', 'n_step'),
  [(9, 1, 1, 1), (9, 9, 4, 5), (9, 35, 4, 3), (9, 44, 1, 8), (9, 17, 2, 1)],
)
def test_the_description_of_a_replay(
  tmp_path, capacity, add_count, stack_size, n_step
):
  """The invalid range shows the sizes of stack and return."""
  attributes = legacy_dumps.arrays(
    'x' * capacity, add_count=add_count, stack_size=stack_size, n_step=n_step
  )
  legacy_dumps.write(tmp_path, attributes)
  info = legacy_files.inspect(choose(tmp_path))
  assert info[:4] == (add_count, capacity, stack_size, n_step)
  assert info[4:] == ((2,), np.uint8, Discrete(0))


@pytest.mark.parametrize(
  ('attribute', 'value'),
  [
    ('$store$_observation', np.zeros((), np.uint8)),
    ('$store$_observation', np.zeros((0, 2), np.uint8)),
    ('$store$_observation', np.zeros((9, 0), np.uint8)),
    ('$store$_observation', np.zeros((2,) + 8 * (1,), np.uint8)),
    ('$store$_observation', np.zeros(2**24 + 1, np.uint8)),
    ('add_count', np.array(-1)),
    ('add_count', np.array([9])),
    ('add_count', np.array(9.0)),
    ('add_count', np.array(2**63, np.uint64)),
    ('add_count', np.array(8)),
    ('invalid_range', np.arange(4.0)),
    ('invalid_range', np.zeros(0, int)),
    ('invalid_range', np.array(3)),
    ('invalid_range', np.array([9, 0, 1, 3])),
    ('invalid_range', np.array([9, 0, 1])),
    ('invalid_range', np.arange(2000)),
  ],
)
def test_files_that_contradict_one_another(tmp_path, attribute, value):
  legacy_dumps.write(tmp_path, FULL | {attribute: value})
  replay = choose(tmp_path)
  with pytest.raises(DamagedFileError, match='_ckpt.7.gz') as caught:
    legacy_files.inspect(replay)
  assert '\n' not in str(caught.value)


def test_a_full_log_uses_all_slots(tmp_path):
  """Logs of the DQN Replay Dataset are saved one step before they wrap."""
  for number, add_count in enumerate((8, 9, 10, 19)):
    legacy_dumps.write(
      tmp_path, legacy_dumps.arrays('00xxT00xxx', add_count=add_count), number
    )
  infos = map(legacy_files.inspect, legacy_files.find(tmp_path))
  assert [info.entries for info in infos] == [8, 10, 10, 10]


def test_a_replay_without_a_step_is_not_listed(tmp_path):
  empty = {'add_count': np.array(0), 'invalid_range': np.zeros(4)}
  legacy_dumps.write(tmp_path, PARTIAL, 7)
  legacy_dumps.write(tmp_path, FULL | empty, 8)
  assert found(tmp_path) == [('ckpt', 7, True)]
  with pytest.raises(MissingFileError, match='holds no step'):
    legacy_files.inspect(
      legacy_files.LegacyReplay(str(tmp_path), 'ckpt', 8, True)
    )
