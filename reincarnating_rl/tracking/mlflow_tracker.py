"""MLflow, on a server or a local store; `MLFLOW_TRACKING_URI` says where."""

import os
import time
from collections.abc import Sequence
from typing import Any

from reincarnating_rl.tracking.table import Row, Story

# A server that has gone holds up the training no longer than it must.
os.environ.setdefault('MLFLOW_HTTP_REQUEST_MAX_RETRIES', '2')
os.environ.setdefault('MLFLOW_HTTP_REQUEST_TIMEOUT', '20')

import mlflow  # noqa: E402
from mlflow.entities import Metric, Param, RunTag  # noqa: E402

_MOST_METRICS, _MOST_PARAMS = 1000, 100  # That it takes at a time.
_LONGEST = 6000  # Characters of a value that it takes.


class MlflowTracker:
  """A run of MLflow."""

  def __init__(self, story: Story) -> None:
    """Begins, or goes on; see `table.Tracker`."""
    self._client = mlflow.MlflowClient()
    if story.id is None:
      self.id = self._begin(story)
    else:
      self.id = story.id
      self._client.update_run(self.id, status='RUNNING')
    self._tell(story.config)
    self._client.log_dict(self.id, story.lineage, 'lineage.json')

  def _begin(self, story: Story) -> str:
    project = os.environ.get('MLFLOW_EXPERIMENT_NAME', story.project)
    found = self._client.get_experiment_by_name(project)
    number = (
      found.experiment_id if found else self._client.create_experiment(project)
    )
    run = self._client.create_run(
      number, run_name=story.name, tags={'group': story.group}
    )
    return run.info.run_id

  def _tell(self, config: dict[str, Any]) -> None:
    """Tells settings; a parameter never changes there, so a tag has changes."""
    told = self._client.get_run(self.id).data.params
    params, tags = [], []
    for name, value in config.items():
      text = str(value)[:_LONGEST]
      if name not in told:
        params.append(Param(name, text))
      elif told[name] != text:
        tags.append(RunTag(f'resumed with {name}', text))
    for i in range(0, len(params), _MOST_PARAMS):
      self._client.log_batch(self.id, params=params[i : i + _MOST_PARAMS])
    if tags:
      self._client.log_batch(self.id, tags=tags[:_MOST_PARAMS])

  def log(self, rows: Sequence[Row]) -> None:
    """Takes numbers."""
    now = int(time.time() * 1000)
    metrics = [Metric(row.name, row.value, now, row.step) for row in rows]
    for i in range(0, len(metrics), _MOST_METRICS):
      self._client.log_batch(self.id, metrics=metrics[i : i + _MOST_METRICS])

  def finish(
    self, scores: dict[str, float], lineage: dict[str, Any], *, done: bool
  ) -> None:
    """Takes the final scores, and ends."""
    self.log([Row(name, 0, value) for name, value in scores.items()])
    self._client.log_dict(self.id, lineage, 'lineage.json')
    self._client.set_terminated(self.id, 'FINISHED' if done else 'KILLED')
