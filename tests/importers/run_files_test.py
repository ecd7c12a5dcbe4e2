"""Finds replays of our own runs by their manifests."""

import json

import pytest

from reincarnating_rl.importers import run_files
from reincarnating_rl.support.errors import DamagedFileError, MissingFileError
from tests.importers import saved
from tests.importers.saved import write


def numbers(folder):
  return [replay.number for replay in run_files.find(folder)]


def played(folder, *steps):
  """Writes a checkpoint after each of some numbers of steps."""
  store = saved.make(capacity=50)
  for number, count in enumerate(steps):
    saved.fill(store, count - store.next_step)
    write(folder, store, number)
  return store


def test_only_students_replays_are_listed(tmp_path):
  (tmp_path / 'ckpt.1.json').write_text('{"format": "reincarnating_rl"}')
  (tmp_path / 'ckpt.2.json').write_text('{"replays": {"teacher": {}}}')
  (tmp_path / 'ckpt.03.json').write_text('{"replays": {"student": {}}}')
  (tmp_path / 'ckpt.4.json.tmp').write_text('{"replays": {"student": {}}}')
  assert run_files.find(tmp_path) == []
  (tmp_path / 'ckpt.5.json').write_text('{')
  (broken,) = run_files.find(tmp_path)
  with pytest.raises(DamagedFileError, match=r'ckpt\.5\.json'):
    run_files.inspect(broken)


def test_a_student_that_has_not_played_has_no_replay(tmp_path):
  played(tmp_path, 0, 40)
  assert numbers(tmp_path) == [1]
  with pytest.raises(MissingFileError, match=r'ckpt\.0\.json holds no step'):
    run_files.inspect(run_files.RunReplay(str(tmp_path), 0))


def test_a_segment_that_is_missing_is_named(tmp_path):
  played(tmp_path, 40, 45)
  (last,) = (tmp_path / 'replay_student').glob('steps-40-45-*')
  last.unlink()
  first, second = run_files.find(tmp_path)
  assert (first.missing, second.missing) == ([], [str(last)])
  with pytest.raises(MissingFileError, match=last.name):
    run_files.inspect(second)


def test_a_run_that_was_copied_without_its_steps(tmp_path):
  played(tmp_path, 40, 45)
  assert not any(replay.is_left_out for replay in run_files.find(tmp_path))
  (tmp_path / 'replay_student').rename(tmp_path / 'elsewhere')
  assert all(replay.is_left_out for replay in run_files.find(tmp_path))


def test_overwritten_segments_may_be_missing(tmp_path):
  """A run deletes them, but a hand-written manifest may name them."""
  store = played(tmp_path, 20, 70)
  (old,) = (tmp_path / 'replay_student').glob('steps-0-20-*')
  path = tmp_path / 'ckpt.1.json'
  manifest = json.loads(path.read_text())
  segments = manifest['replays']['student']['segments']
  segments.insert(0, segments[0] | {'file': old.name, 'start': 0, 'stop': 20})
  path.write_text(json.dumps(manifest))
  old.unlink()
  replay = run_files.find(tmp_path)[1]
  assert run_files.inspect(replay).steps == range(20, store.next_step)
