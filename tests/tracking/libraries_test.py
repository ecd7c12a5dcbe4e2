"""Each tracker by its own library, without a network."""

import json
import pathlib
import sys
import time

from reincarnating_rl.tracking import table
from reincarnating_rl.tracking.table import TRACKERS, Row, Story
from tests.tracking import recorded_trackio

CONFIG = {'seed': 3, 'Runner.training_steps': 200, 'command': 'x' * 7000}
LINEAGE = {'agent': 'QDaggerDQNAgent', 'teacher': {'parent': None}}
ROWS = [Row('Eval/Average', 1, 5.0), Row('Train/Loss', 120, float('nan'))]
SCORES = {'Final/Return': 7.5}


def story(tmp_path, run_id=None, **config):
  return Story(
    id=run_id,
    name='runs-pong',
    group='runs',
    project='toys',
    base_dir=str(tmp_path),
    config=CONFIG | config,
    lineage=LINEAGE,
  )


def track(name, tmp_path, pause=0.0):
  """Tracks a run, then another process's part of it; returns its name there."""
  entry = TRACKERS[name]
  tracker = table.start(entry, story(tmp_path))
  tracker.log(ROWS)
  tracker.finish({}, LINEAGE, done=False)
  time.sleep(pause)
  again = table.start(entry, story(tmp_path, tracker.id, seed=4))
  assert again.id == tracker.id
  again.log([Row('Eval/Average', 2, 6.0)])
  again.finish(SCORES, LINEAGE | {'seed': 3}, done=True)
  return tracker.id


def test_mlflow(tmp_path, monkeypatch):
  store = (tmp_path / 'store').as_uri()
  monkeypatch.setenv('MLFLOW_ALLOW_FILE_STORE', 'true')
  monkeypatch.setenv('MLFLOW_TRACKING_URI', store)
  run_id = track('mlflow', tmp_path)
  import mlflow

  client = mlflow.MlflowClient(store)
  run = client.get_run(run_id)
  assert run.info.status == 'FINISHED' and run.info.run_name == 'runs-pong'
  assert client.get_experiment(run.info.experiment_id).name == 'toys'
  history = client.get_metric_history(run_id, 'Eval/Average')
  assert [(m.step, m.value) for m in history] == [(1, 5.0), (2, 6.0)]
  assert run.data.metrics['Final/Return'] == 7.5
  assert run.data.params['Runner.training_steps'] == '200'
  assert run.data.tags['resumed with seed'] == '4'
  told = client.download_artifacts(run_id, 'lineage.json', str(tmp_path))
  assert json.loads(pathlib.Path(told).read_text()) == LINEAGE | {'seed': 3}


def test_wandb(tmp_path, monkeypatch):
  monkeypatch.setenv('WANDB_MODE', 'offline')
  monkeypatch.setenv('WANDB_SILENT', 'true')
  for name in ('WANDB_PROJECT', 'WANDB_DIR'):
    monkeypatch.delenv(name, raising=False)
  # Offline runs have the second of their start in their name.
  run_id = track('wandb', tmp_path, pause=1.0)
  # Its own process still writes the file when a run has ended.
  until = time.monotonic() + 30
  while True:
    files = sorted(tmp_path.glob(f'wandb/offline-run-*/run-{run_id}.wandb'))
    records = [record for file in files for record in wandb_records(file)]
    points = evaluations(records)
    if len(points) > 1 or time.monotonic() > until:
      break
    time.sleep(0.2)
  (run, *_) = (r.run for r in records if r.HasField('run'))
  assert (run.run_id, run.project) == (run_id, 'toys')
  assert run.run_group == 'runs'
  assert points == [(1, 5.0), (2, 6.0)]
  text = b''.join(file.read_bytes() for file in files)
  assert b'Runner.training_steps' in text and b'Final/Return' in text
  lineages = [
    json.loads(path.read_text())
    for path in tmp_path.glob('wandb/*/files/lineage.json')
  ]
  assert LINEAGE | {'seed': 3} in lineages


def evaluations(records):
  """Returns the step and the value of each evaluation."""
  told = [
    {i.key or '/'.join(i.nested_key): i.value_json for i in r.history.item}
    for r in records
    if r.HasField('history')
  ]
  return [
    (float(t['step']), float(t['Eval/Average']))
    for t in told
    if 'Eval/Average' in t
  ]


def wandb_records(path):
  """Yields the records of a file of W&B: LevelDB's log of protocol buffers."""
  from wandb.proto import wandb_internal_pb2

  data, at, whole = path.read_bytes(), 7, b''
  while at + 7 <= len(data):
    rest = 32768 - at % 32768
    if rest < 7:  # Too little for a header: the block is padded.
      at += rest
      continue
    size, kind = int.from_bytes(data[at + 4 : at + 6], 'little'), data[at + 6]
    if at + 7 + size > len(data):
      return  # The rest is not written yet.
    whole += data[at + 7 : at + 7 + size]
    at += 7 + size
    if kind in (1, 4):  # Full, or the last part.
      record = wandb_internal_pb2.Record()
      record.ParseFromString(whole)
      yield record
      whole = b''


def test_trackio(tmp_path, monkeypatch):
  trackio = recorded_trackio.Trackio()
  monkeypatch.setitem(sys.modules, 'trackio', trackio)
  name = 'reincarnating_rl.tracking.trackio_tracker'
  monkeypatch.delitem(sys.modules, name, raising=False)
  run_id = track('trackio', tmp_path)
  monkeypatch.delitem(sys.modules, name)
  (run,) = trackio.runs.values()
  assert run.name == run_id and run_id.startswith('runs-pong-')
  assert run.finished and run.config['Runner.training_steps'] == 200
  assert json.loads(run.config['lineage']) == LINEAGE
  points = [(s, m) for s, m in run.logged if 'Eval/Average' in m]
  assert points == [(1, {'Eval/Average': 5.0}), (2, {'Eval/Average': 6.0})]
  assert run.logged[-1] == (None, {'Final/Return': 7.5, 'Final/Done': 1.0})
  (artifact,) = run.artifacts.values()
  assert artifact == ('lineage', LINEAGE | {'seed': 3})
