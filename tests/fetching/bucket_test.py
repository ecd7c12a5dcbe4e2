import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import pytest

from reincarnating_rl.fetching import bucket, destination, storage
from reincarnating_rl.fetching.errors import (
  DamagedDownloadError,
  DestinationError,
  FetchError,
  MissingError,
  OccupiedError,
  RefusedError,
  UnreachableError,
  UnsafeNameError,
)
from reincarnating_rl.fetching.listing import BucketTeacher
from tests.fetching.conftest import CHECKPOINT, FOLDER, QUICK_RETRIES, SIZE
from tests.fetching.faulty_proxy import Fault, cut, end, flip, replace, status

BREAKOUT = BucketTeacher('Breakout', 1)


def fetch(wanted=BREAKOUT, **options):
  options = {'policy': QUICK_RETRIES, 'show_progress': False} | options
  return bucket.fetch_bucket(wanted, **options)


def tree(directory):
  """Returns the bytes of all files below a folder by relative name."""
  root = pathlib.Path(directory)
  return {
    p.relative_to(root).as_posix(): p.read_bytes()
    for p in root.rglob('*')
    if p.is_file()
  }


def expected(cloud, folder='DQN_400/'):
  return {
    name.removeprefix(folder): content
    for name, content in cloud.contents.items()
    if name.startswith(folder)
  }


def download(cloud, name):
  """Returns the requests for an object and the bytes sent."""
  last = f'%2F{name.rpartition("/")[2]}?'
  return [request for request in cloud.proxy.downloads if last in request.path]


def test_a_run_is_laid_out_as_in_the_bucket(cloud, tmp_path):
  cloud.put('DQN_400/Breakout/2/checkpoints/ckpt.399', b'another run')
  cloud.put('DQN_400/BreakoutOther/1/ckpt.399', b'another game')
  report = fetch()
  teachers = tmp_path / 'teachers'
  assert tree(teachers / 'Breakout' / '1') == expected(cloud, f'{FOLDER}/')
  assert os.listdir(teachers) == ['Breakout']
  assert os.listdir(teachers / 'Breakout') == ['1']
  assert report.directory == str(teachers / 'Breakout' / '1')
  assert sorted(report.files) == sorted(
    str(teachers / 'Breakout' / '1' / name)
    for name in expected(cloud, f'{FOLDER}/')
  )
  assert (report.bytes_fetched, report.bytes_kept) == (2 * SIZE, 0)


def test_all_runs_of_a_game_into_a_chosen_folder(cloud, tmp_path):
  cloud.put('DQN_400/Breakout/2/checkpoints/ckpt.399', b'another run')
  cloud.put('DQN_400/Breakout/', b'')  # Stands for the folder.
  report = fetch(BucketTeacher('Breakout'), destination=str(tmp_path / 'here'))
  del cloud.contents['DQN_400/Breakout/']
  assert tree(tmp_path / 'here') == expected(cloud)
  assert report.directory == str(tmp_path / 'here' / 'Breakout')


def test_another_bucket_and_no_prefix(cloud, tmp_path):
  other = cloud.bucket.client.create_bucket('download-dopamine-rl', project='t')
  other.blob('jax/dqn/Pong/3/ckpt.199').upload_from_string(b'jax')
  other.blob('Pong/3/ckpt.199').upload_from_string(b'top')
  for prefix, content in (('/jax/dqn/', b'jax'), ('', b'top')):
    wanted = BucketTeacher('Pong', 3, 'download-dopamine-rl', prefix)
    place = tmp_path / (content.decode())
    fetch(wanted, destination=str(place))
    assert tree(place) == {'Pong/3/ckpt.199': content}


@pytest.mark.parametrize(
  'contents, folder', [('checkpoint', 'checkpoints'), ('replay', 'replay_logs')]
)
def test_only_checkpoints_or_replays(cloud, contents, folder):
  report = fetch(BREAKOUT._replace(contents=contents))
  assert {p.split('/')[-2] for p in report.files} == {folder}


def test_a_plan_writes_nothing_and_counts_missing_bytes(cloud, tmp_path):
  plan = bucket.plan_bucket(BREAKOUT, policy=QUICK_RETRIES)
  assert not (tmp_path / 'teachers').exists()
  assert (plan.bytes_total, plan.bytes_missing) == (2 * SIZE, 2 * SIZE)
  assert plan.origin == f'gs://rl_checkpoints/{FOLDER}/'
  os.remove(fetch().files[0])
  plan = bucket.plan_bucket(BREAKOUT, policy=QUICK_RETRIES)
  assert plan.bytes_missing == SIZE
  assert [file.is_finished for file in plan.files] == [False, True, True]


def test_complete_files_are_not_fetched_again(cloud):
  fetch()
  cloud.proxy.downloads.clear()
  report = fetch()
  assert cloud.proxy.downloads == []
  assert (report.bytes_fetched, report.bytes_kept) == (0, 2 * SIZE)


def test_a_cut_connection_is_resumed(cloud, tmp_path):
  # More failures than allowed in a row: only those without progress count.
  cloud.proxy.faults = [Fault('ckpt.399?', cut(50_000), times=4)]
  report = fetch()
  assert tree(report.directory) == expected(cloud, f'{FOLDER}/')
  requests = download(cloud, CHECKPOINT)
  starts = [int(r.range.removeprefix('bytes=')[:-1]) for r in requests]
  assert starts == [0, 50_000, 100_000, 150_000, 200_000]
  assert report.bytes_fetched == 2 * SIZE


def test_a_short_answer_of_unknown_length_is_resumed(cloud):
  cloud.proxy.faults = [Fault('ckpt.399?', end(50_000))]
  assert tree(fetch().directory) == expected(cloud, f'{FOLDER}/')
  ranges = [r.range for r in download(cloud, CHECKPOINT)]
  assert ranges == ['bytes=0-', 'bytes=50000-']


@pytest.mark.parametrize('number', [408, 429, 500, 503])
@pytest.mark.parametrize('text', ['/o?', 'ckpt.399?'])
def test_server_errors_are_retried(cloud, number, text):
  cloud.proxy.faults = [Fault(text, status(number), times=2)]
  assert tree(fetch().directory) == expected(cloud, f'{FOLDER}/')


@pytest.mark.parametrize('text', ['/o?', 'ckpt.399?'])
def test_retries_end(cloud, text):
  cloud.proxy.faults = [Fault(text, status(500), times=100)]
  with pytest.raises(UnreachableError, match='rl_checkpoints answers 500'):
    fetch()
  assert cloud.proxy.faults[0].times == 100 - QUICK_RETRIES.attempts


def test_no_server_answers(cloud):
  cloud.proxy.close()
  with pytest.raises(UnreachableError, match='cannot be reached .*network'):
    fetch()


@pytest.mark.parametrize('number', [401, 403])
@pytest.mark.parametrize('text', ['/o?', 'ckpt.399?'])
def test_a_refusal_names_the_alternatives_at_once(cloud, number, text):
  cloud.proxy.faults = [Fault(text, status(number), times=100)]
  with pytest.raises(RefusedError) as caught:
    fetch()
  message = str(caught.value)
  assert message.startswith('gs://rl_checkpoints may not be read')
  for word in ('download-dopamine-rl --prefix', '--hub', 'collects its own'):
    assert word in message
  assert '\n' not in message
  assert cloud.proxy.faults[0].times == 99


def test_a_permanent_error_is_not_retried(cloud):
  cloud.proxy.faults = [Fault('/o?', status(400), times=100)]
  with pytest.raises(FetchError, match='rl_checkpoints answers 400 .*use a'):
    fetch()
  assert cloud.proxy.faults[0].times == 99


def test_no_such_bucket(cloud):
  with pytest.raises(MissingError, match='no bucket gs://rl-checkpoints: use'):
    fetch(BREAKOUT._replace(bucket='rl-checkpoints'))


def test_an_object_that_vanishes_after_the_listing(cloud):
  cloud.proxy.faults = [Fault('ckpt.399?', status(404))]
  with pytest.raises(MissingError, match='ckpt.399 was replaced or removed'):
    fetch()


def test_a_wrong_checksum_is_retried_once(cloud):
  cloud.proxy.faults = [Fault('ckpt.399?', flip)]
  report = fetch()
  assert tree(report.directory) == expected(cloud, f'{FOLDER}/')
  assert [r.range for r in download(cloud, CHECKPOINT)] == ['bytes=0-'] * 2
  assert report.bytes_fetched == 3 * SIZE


def test_two_wrong_checksums_leave_no_file(cloud, tmp_path):
  cloud.proxy.faults = [Fault('ckpt.399?', flip, times=100)]
  with pytest.raises(
    DamagedDownloadError, match=f'{CHECKPOINT} had a wrong .* twice'
  ):
    fetch()
  assert len(download(cloud, CHECKPOINT)) == 2
  assert not (tmp_path / 'teachers/Breakout/1' / CHECKPOINT).exists()
  cloud.proxy.faults.clear()
  assert tree(fetch().directory) == expected(cloud, f'{FOLDER}/')


def test_an_object_that_has_no_crc32c(cloud):
  cloud.proxy.faults = [
    Fault('/o?', replace(b'"crc32c"', b'"none"'), times=2),
    Fault('ckpt.399?', flip),
  ]
  assert tree(fetch().directory) == expected(cloud, f'{FOLDER}/')
  assert len(download(cloud, CHECKPOINT)) == 2


def test_a_server_without_ranges(cloud):
  cloud.proxy.faults = [
    Fault('ckpt.399?', cut(50_000)),
    Fault('ckpt.399?', lambda answer: None, without_range=True),
  ]
  assert tree(fetch().directory) == expected(cloud, f'{FOLDER}/')


def interrupted(cloud, tmp_path, size=50_000):
  """Leaves a partial file of the checkpoint, and returns its path."""
  cloud.proxy.faults = [
    Fault('ckpt.399?', cut(size)),
    Fault('ckpt.399?', status(500), times=100),
  ]
  with pytest.raises(UnreachableError):
    fetch(BREAKOUT._replace(contents='checkpoint'))
  cloud.proxy.faults.clear()
  cloud.proxy.downloads.clear()
  part = tmp_path / 'teachers/Breakout/1' / f'{CHECKPOINT}.part'
  assert part.stat().st_size == size
  return part


def test_a_new_version_restarts_the_download(cloud, tmp_path):
  interrupted(cloud, tmp_path)
  cloud.put(f'{FOLDER}/{CHECKPOINT}', b'n' * SIZE)
  report = fetch()
  assert tree(report.directory) == expected(cloud, f'{FOLDER}/')
  assert [r.range for r in download(cloud, CHECKPOINT)] == ['bytes=0-']
  assert report.bytes_kept == 0


def test_lost_bytes_of_a_part_are_detected(cloud, tmp_path):
  part = interrupted(cloud, tmp_path)
  part.write_bytes(bytes(50_000))
  assert tree(fetch().directory) == expected(cloud, f'{FOLDER}/')


def test_a_plan_counts_partial_files(cloud, tmp_path):
  interrupted(cloud, tmp_path)
  plan = bucket.plan_bucket(BREAKOUT, policy=QUICK_RETRIES)
  assert plan.bytes_there == 50_000


def test_another_file_in_the_way_is_kept(cloud, tmp_path):
  mine = tmp_path / 'teachers/Breakout/1' / CHECKPOINT
  mine.parent.mkdir(parents=True)
  mine.write_bytes(b'm' * SIZE)
  with pytest.raises(OccupiedError, match='ckpt.399 exists, but is not'):
    fetch()
  assert mine.read_bytes() == b'm' * SIZE
  assert cloud.proxy.downloads == []


# A shell that starts the tests in the background has them ignore Ctrl-C.
_KILLED = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from reincarnating_rl.fetching import bucket, listing
bucket.fetch_bucket(
  listing.BucketTeacher('Breakout', 1, contents='checkpoint'),
  show_progress=False,
)
"""


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGINT])
def test_a_killed_download_is_resumed(cloud, tmp_path, number):
  release = threading.Event()

  def stall(answer):
    answer.pause = (200_000, release)

  cloud.proxy.faults = [Fault('ckpt.399?', stall)]
  part = tmp_path / 'teachers/Breakout/1' / f'{CHECKPOINT}.part'
  process = subprocess.Popen([sys.executable, '-c', _KILLED])
  try:
    deadline = time.monotonic() + 60
    while not part.exists() or part.stat().st_size < 190_000:
      assert process.poll() is None and time.monotonic() < deadline
      time.sleep(0.01)
    process.send_signal(number)
    time.sleep(0.5)  # Until it has told its threads.
  finally:
    release.set()  # A thread that waits for bytes sees only then to stop.
    process.wait(60)
  assert process.returncode == -number
  there = part.stat().st_size
  assert 190_000 <= there < SIZE
  cloud.proxy.downloads.clear()
  report = fetch()
  assert tree(report.directory) == expected(cloud, f'{FOLDER}/')
  (request,) = download(cloud, CHECKPOINT)
  assert (request.range, request.sent) == (f'bytes={there}-', SIZE - there)
  assert report.bytes_kept == there


def test_several_files_at_once(cloud):
  names = [f'{FOLDER}/replay_logs/add_count_ckpt.{n}.gz' for n in range(3)]
  for name in names:
    cloud.put(name, name.encode())
  barrier = threading.Barrier(3, timeout=30)
  # Each answer waits until all three requests have come.
  cloud.proxy.faults = [
    Fault('add_count', lambda answer: barrier.wait() and None, times=3)
  ]
  report = fetch(workers=5)
  assert tree(report.directory) == expected(cloud, f'{FOLDER}/')
  assert not barrier.broken


def test_listings_are_bounded(cloud, monkeypatch):
  monkeypatch.setattr(storage, '_MOST_FILES', 3)
  fetch()
  monkeypatch.setattr(storage, '_MOST_FILES', 2)
  with pytest.raises(FetchError, match='more than 2 files: choose one run'):
    fetch()


def test_one_failure_stops_the_others(cloud, tmp_path):
  for n in range(10):
    cloud.put(f'{FOLDER}/replay_logs/add_count_ckpt.{n}.gz', b'0')
  cloud.proxy.faults = [Fault('ckpt.399?', status(403))]
  with pytest.raises(RefusedError):
    fetch(workers=1)
  assert len(cloud.proxy.downloads) < 3
  # Waiting downloads were never started.
  assert len(list(tmp_path.rglob('*.part'))) < 4


def test_space_is_checked_first(cloud, tmp_path, monkeypatch):
  usage = type('Usage', (), {'free': 50_000_000})
  monkeypatch.setattr(destination.shutil, 'disk_usage', lambda path: usage)
  with pytest.raises(
    DestinationError, match='needs 101MB, .* has only 50.0MB free'
  ):
    fetch()
  assert not (tmp_path / 'teachers').exists()
  assert cloud.proxy.downloads == []


def test_a_file_where_the_folder_should_be(cloud, tmp_path):
  (tmp_path / 'teachers').write_bytes(b'')
  with pytest.raises(DestinationError, match='teachers.* cannot be written'):
    fetch()


@pytest.mark.parametrize(
  'name', ['../../x', '../../../etc/x', '/x', 'a\\\\b', 'a\\u0000b', 'a/./b']
)
def test_hostile_names_are_refused_before_the_download(cloud, tmp_path, name):
  cloud.proxy.faults = [
    Fault('/o?', replace(CHECKPOINT.encode(), name.encode()))
  ]
  with pytest.raises(UnsafeNameError, match='nothing was fetched'):
    fetch()
  assert cloud.proxy.downloads == []
  assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
  'wanted, hint',
  [
    (BucketTeacher('breakout'), r"'breakout'; did you mean 'Breakout'\?"),
    (BucketTeacher('Brekout', 1), r"'Brekout'; did you mean 'Breakout'\?"),
    (BucketTeacher('Zzz'), "'Zzz'; there are Breakout, Pong"),
    (BucketTeacher('Breakout', 7), "Breakout/ has no folder '7'; there are 1"),
    (BucketTeacher('Breakout', prefix='DQN_40'), "did you mean 'DQN_400'"),
    (BucketTeacher('Pong'), 'DQN_400/Pong/ is empty'),
    (
      BucketTeacher('Breakout', 1, contents='replay', prefix='other'),
      'has 1 files, but no replay: fetch all',
    ),
  ],
)
def test_a_wrong_name_gets_a_suggestion(cloud, wanted, hint):
  cloud.put('DQN_400/Pong/', b'')
  cloud.put('other/Breakout/1/ckpt.1', b'')
  with pytest.raises(MissingError, match=hint):
    fetch(wanted)


@pytest.mark.parametrize(
  'wanted, message',
  [
    (BucketTeacher('ALE/Breakout-v5'), 'not a game: write .* like'),
    (BucketTeacher('..'), 'not a game'),
    (BucketTeacher('Pong', bucket='gs://rl_checkpoints'), 'without gs://'),
  ],
)
def test_malformed_names(wanted, message):
  with pytest.raises(FetchError, match=message):
    bucket.plan_bucket(wanted)
  with pytest.raises(FetchError, match=message):
    fetch(wanted)


def test_libraries_are_imported_lazily():
  script = (
    'import sys; from reincarnating_rl.fetching import bucket, hub; '
    'print({"google.cloud.storage", "huggingface_hub"} & set(sys.modules))'
  )
  command = [sys.executable, '-c', script]
  assert subprocess.check_output(command, text=True) == 'set()\n'
