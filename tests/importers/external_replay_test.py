import pathlib
import re
import shutil

import numpy as np
import pytest

from reincarnating_rl.importers import external_replay
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.support.errors import DamagedFileError, MissingFileError
from tests.importers import legacy_dumps, saved
from tests.importers.dopamine41_played import Played


def own(folder, steps, number):
  store = saved.make()
  saved.fill(store, steps)
  saved.write(folder, store, number)


@pytest.fixture
def found(tmp_path):
  legacy_dumps.write(tmp_path / 'replay_logs', legacy_dumps.DUMP)
  own(tmp_path / 'checkpoints', 30, 4)
  Played([(9, False)], frame=lambda _, t: np.array([t + 1, 0], np.uint8)).save(
    tmp_path / 'checkpoints'
  )
  return external_replay.find(str(tmp_path))


def test_each_kind_is_found_described_and_loaded(tmp_path, found):
  assert [(r.kind, r.number) for r in found] == [
    ('run', 4),
    ('dopamine41', 7),
    ('legacy', 7),
  ]
  assert [r.describe() for r in found] == [
    f'replay 4 of a run of reincarnating_rl, {tmp_path}/checkpoints',
    f'replay 7 of a JAX agent of Dopamine 4.1, {tmp_path}/checkpoints',
    f'replay 7 of Dopamine up to 4.0, {tmp_path}/replay_logs',
  ]
  told = []
  for replay, entries, steps in zip(
    found, (30, 8, 13), (30, 9, 7), strict=True
  ):
    info = replay.inspect()
    assert (info.entries, info.observation_shape) == (entries, (2,))
    store = saved.make(stack_size=3)
    report = replay.load(store, progress=lambda *at: told.append(at))
    assert report.steps == store.next_step == steps and told.pop()
    assert replay.load(store, newest=5).steps == 5


@pytest.mark.parametrize('error', [BrokenPipeError, ValueError, LookupError])
def test_errors_of_the_progress_callback_pass_through(found, error):
  """They are not errors of the replay, even if they look like it."""

  def fail(done, total):
    raise error('of the terminal')

  for replay in found:
    with pytest.raises(error, match='of the terminal'):
      replay.load(saved.make(), progress=fail)
    if external_replay.KINDS[replay.kind].read_columns:
      with pytest.raises(error, match='of the terminal'):
        replay.read_columns(fail)


def test_the_newest_of_the_first_kind_is_chosen(tmp_path):
  for number, text in ((1, '00xxT00xx?'), (2, '00xxT?????')):
    legacy_dumps.write(tmp_path, legacy_dumps.arrays(text), number)
  assert external_replay.choose(tmp_path).number == 1  # Which is full.
  assert external_replay.choose(tmp_path, 2).number == 2
  for number in (9, 10):
    own(tmp_path, 30, number)
  assert external_replay.choose(tmp_path)[:1] == ('run',)
  assert external_replay.choose(tmp_path).number == 10
  assert external_replay.choose(tmp_path, 9).number == 9
  assert external_replay.choose(tmp_path, 2).kind == 'legacy'


def test_replays_that_lack_files_are_passed_over_and_named(tmp_path):
  for number in (1, 2):
    legacy_dumps.write(tmp_path, legacy_dumps.DUMP, number)
  paths = [replay.files.paths[0] for replay in external_replay.find(tmp_path)]
  for path in reversed(paths):
    pathlib.Path(path).unlink()
    if path == paths[1]:
      chosen = external_replay.choose(tmp_path)
      assert chosen.number == 1
      assert f'(not replay 2, which lacks {path})' in chosen.describe()
      assert external_replay.choose(tmp_path, 1).passed_over == ()
    with pytest.raises(MissingFileError, match=re.escape(path)):
      external_replay.choose(tmp_path, 2 if path == paths[1] else 1)
  with pytest.raises(MissingFileError, match=re.escape(paths[1])):
    external_replay.choose(tmp_path)
  with pytest.raises(MissingFileError, match=re.escape(paths[1])):
    external_replay.beside(tmp_path)


def test_another_kind_in_place_of_one_that_lacks_a_file(tmp_path):
  own(tmp_path, 30, 4)
  legacy_dumps.write(tmp_path, legacy_dumps.DUMP, 7)
  (segment,) = (tmp_path / 'replay_student').glob('steps-*')
  segment.unlink()
  chosen = external_replay.choose(tmp_path)
  assert chosen.kind == 'legacy' and segment.name in chosen.describe()


def test_a_run_without_its_steps_is_one_only_where_it_is_asked_for(tmp_path):
  own(tmp_path, 30, 4)
  shutil.rmtree(tmp_path / 'replay_student')
  assert external_replay.find(tmp_path) == []
  assert external_replay.beside(tmp_path) is None
  with pytest.raises(MissingFileError, match='replay_student/steps-0-30'):
    external_replay.choose(tmp_path)


def test_nothing_found(tmp_path):
  with pytest.raises(MissingFileError, match='no directory'):
    external_replay.choose(tmp_path / 'missing')
  with pytest.raises(MissingFileError, match='no replay in .* of Dopamine'):
    external_replay.choose(tmp_path)
  own(tmp_path, 30, 4)
  with pytest.raises(MissingFileError, match='no replay 5 in .* there are: 4'):
    external_replay.choose(tmp_path, 5)


@pytest.mark.parametrize('value', [np.nan, -np.inf])
def test_observations_that_are_not_finite(tmp_path, value):
  store = saved.make(observation_dtype=np.float32)
  for step in range(20):
    frame = np.array([0.0, value if step == 7 else 1.0], np.float32)
    store.add(Transition(frame, 1, 0.0, False))
  saved.write(tmp_path, store)
  (replay,) = external_replay.find(tmp_path)
  into = saved.make(observation_dtype=np.float32)
  with pytest.raises(DamagedFileError) as caught:
    replay.load(into)
  assert str(caught.value) == (
    f'Replay file in {tmp_path} holds an observation that is not finite: step '
    '7: copy it again from its source.'
  )
  assert into.next_step == 0
  assert replay.load(into, newest=12).steps == 12


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_rewards_that_are_not_finite(tmp_path, value):
  store = saved.make()
  for step in range(9):
    reward = value if step == 4 else 0.0
    store.add(Transition(np.zeros(2, np.uint8), 1, reward, False))
  saved.write(tmp_path, store)
  (replay,) = external_replay.find(tmp_path)
  told = f'holds a reward that is not finite, {value} at step 4'
  for read in (lambda: replay.load(saved.make()), replay.read_columns):
    with pytest.raises(DamagedFileError, match=told):
      read()
