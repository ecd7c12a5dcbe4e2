import numpy as np
import pytest

from reincarnating_rl.errors import (
  DamagedFileError,
  MissingFileError,
  UserError,
)
from reincarnating_rl.replay import legacy_files
from tests.replay import legacy_dumps

FULL = legacy_dumps.arrays('00xxT00xx?')
PARTIAL = legacy_dumps.arrays('00xxT?????')


def found(folder):
  return [(r.prefix, r.number, r.has_ends) for r in legacy_files.find(folder)]


def test_only_whole_sets_are_replays(tmp_path):
  legacy_dumps.write(tmp_path, FULL, 10)
  legacy_dumps.write(tmp_path, FULL, 9, prefix='tf_ckpt')
  for number, missing in enumerate(legacy_dumps.ATTRIBUTES):
    rest = {name: a for name, a in FULL.items() if name != missing}
    legacy_dumps.write(tmp_path, rest, 20 + number)
  path = legacy_dumps.path(tmp_path, 'add_count', 20)
  (tmp_path / 'ckpt.10').write_bytes(b'')
  for name in ('add_count_ckpt.20.gz.tmp', 'x' + path.name, 'notes'):
    (tmp_path / name).write_bytes(path.read_bytes())
  legacy_dumps.path(tmp_path, '$store$_observation', 20).mkdir()
  # The list of ends came later: what lacks it alone is whole.
  assert found(tmp_path) == [
    ('tf_ckpt', 9, True),
    ('ckpt', 10, True),
    ('ckpt', 26, False),
  ]


def test_a_run_has_checkpoints_and_logs(tmp_path):
  assert legacy_files.find(tmp_path) == []
  legacy_dumps.write(tmp_path / 'replay_logs', FULL, 3)
  legacy_dumps.write(tmp_path / 'checkpoints', PARTIAL, 1)
  assert found(tmp_path) == [('ckpt', 1, True), ('ckpt', 3, True)]
  assert found(tmp_path / 'replay_logs') == [('ckpt', 3, True)]
  assert legacy_files.choose(tmp_path).number == 1
  assert legacy_files.choose(tmp_path, 3).folder.endswith('replay_logs')


@pytest.mark.parametrize('count', [1, 10])
def test_the_last_full_log_is_chosen(tmp_path, count):
  """The official code took log (N + 1) // 4, here the partial one."""
  for number in range(count):
    add_count = 10 * number + 9
    log = FULL | {'add_count': np.array(add_count)}
    legacy_dumps.write(tmp_path, log, number)
  legacy_dumps.write(tmp_path, PARTIAL, count)
  assert legacy_files.choose(tmp_path).number == count - 1
  assert legacy_files.choose(tmp_path, count).number == count


def test_the_newest_is_chosen_while_none_is_full(tmp_path):
  for number in (9, 10):
    legacy_dumps.write(tmp_path, PARTIAL, number)
  assert legacy_files.choose(tmp_path).number == 10


def test_prefixes(tmp_path):
  for prefix, number in (('ckpt', 4), ('other', 5)):
    legacy_dumps.write(tmp_path, FULL, number, prefix)
  assert legacy_files.choose(tmp_path).number == 5
  assert legacy_files.choose(tmp_path, prefix='ckpt').number == 4
  with pytest.raises(MissingFileError, match=r'no replay ckpt\.5 in .*ckpt'):
    legacy_files.choose(tmp_path, 5, 'ckpt')
  with pytest.raises(MissingFileError, match=r'x\.\* in .*ckpt\.4, other\.5'):
    legacy_files.choose(tmp_path, prefix='x')


def test_nothing_there(tmp_path):
  with pytest.raises(MissingFileError, match='no directory'):
    legacy_files.choose(tmp_path / 'missing')
  with pytest.raises(MissingFileError, match=r'add_count.*_ckpt\.N\.gz'):
    legacy_files.choose(tmp_path)
  assert issubclass(MissingFileError, UserError)


@pytest.mark.parametrize(
  ('capacity', 'add_count', 'stack_size', 'n_step'),
  [(9, 1, 1, 1), (9, 9, 4, 5), (9, 35, 4, 3), (9, 44, 1, 8), (9, 17, 2, 1)],
)
def test_what_a_replay_says_of_itself(
  tmp_path, capacity, add_count, stack_size, n_step
):
  """The sizes of stack and return are in the range that is never sampled."""
  attributes = legacy_dumps.arrays(
    'x' * capacity, add_count=add_count, stack_size=stack_size, n_step=n_step
  )
  legacy_dumps.write(tmp_path, attributes)
  info = legacy_files.inspect(legacy_files.choose(tmp_path))
  assert info == (add_count, capacity, stack_size, n_step, (2,), np.uint8)


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
  replay = legacy_files.choose(tmp_path)
  with pytest.raises(DamagedFileError, match='_ckpt.7.gz') as caught:
    legacy_files.inspect(replay)
  assert '\n' not in str(caught.value)


def test_a_replay_without_a_step(tmp_path):
  empty = {'add_count': np.array(0), 'invalid_range': np.zeros(4)}
  legacy_dumps.write(tmp_path, FULL | empty)
  with pytest.raises(MissingFileError, match='holds no step'):
    legacy_files.inspect(legacy_files.choose(tmp_path))
