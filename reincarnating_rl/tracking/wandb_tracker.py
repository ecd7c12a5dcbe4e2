"""Weights & Biases; its own environment variables say where and how."""

import os
import uuid
from collections.abc import Sequence
from typing import Any

import wandb

from reincarnating_rl.support import json_file
from reincarnating_rl.tracking.table import Row, Story

_STEP = 'step'  # An axis of each number's own: those of a resume may overlap.
_SECONDS = 60.0  # That the end of a run waits for the network.


class WandbTracker:
  """A run of Weights & Biases."""

  def __init__(self, story: Story) -> None:
    """Begins, or goes on; see `table.Tracker`."""
    self.id = story.id or uuid.uuid4().hex[:8]
    self._run = wandb.init(
      project=os.environ.get('WANDB_PROJECT', story.project),
      id=self.id,
      resume='allow',
      name=story.name,
      group=story.group,
      dir=os.environ.get('WANDB_DIR', story.base_dir),
      reinit='create_new',
      settings=wandb.Settings(console='off', finish_timeout=_SECONDS),
    )
    self._run.define_metric('*', step_metric=_STEP)
    self._run.config.update(story.config, allow_val_change=True)
    self._keep(story.lineage)

  def log(self, rows: Sequence[Row]) -> None:
    """Takes numbers."""
    steps: dict[int, dict[str, float]] = {}
    for row in rows:
      steps.setdefault(row.step, {})[row.name] = row.value
    for step, values in steps.items():
      self._run.log(values | {_STEP: step})

  def finish(
    self, scores: dict[str, float], lineage: dict[str, Any], *, done: bool
  ) -> None:
    """Takes the final scores, and ends."""
    self._run.summary.update(scores)
    self._keep(lineage)
    self._run.finish(exit_code=0 if done else 1)

  def _keep(self, lineage: dict[str, Any]) -> None:
    path = os.path.join(self._run.dir, 'lineage.json')
    with open(path, 'w', encoding='utf-8') as file:
      file.write(json_file.dumps(lineage, indent=1))
    self._run.save(path, base_path=self._run.dir, policy='now')
