"""Trackio, here or in a Space of the hub: `TRACKIO_SPACE_ID` says where."""

import os
import tempfile
import uuid
from collections.abc import Sequence
from typing import Any

import trackio

from reincarnating_rl.support import json_file
from reincarnating_rl.tracking.table import Row, Story

_SUFFIX = 8  # Letters, by which runs of one name differ.


class TrackioTracker:
  """A run of Trackio, which knows runs by their names."""

  def __init__(self, story: Story) -> None:
    """Begins, or goes on; see `table.Tracker`."""
    self.id = story.id or f'{story.name}-{uuid.uuid4().hex[:_SUFFIX]}'
    self._run = trackio.init(
      project=os.environ.get('TRACKIO_PROJECT', story.project),
      name=self.id,
      group=story.group,
      config=story.config | {'lineage': json_file.dumps(story.lineage)},
      resume='allow',
      embed=False,
    )

  def log(self, rows: Sequence[Row]) -> None:
    """Takes numbers."""
    for row in rows:
      self._run.log({row.name: row.value}, step=row.step)

  def finish(
    self, scores: dict[str, float], lineage: dict[str, Any], *, done: bool
  ) -> None:
    """Takes the final scores, and ends."""
    self._run.log(scores | {'Final/Done': float(done)})
    with tempfile.TemporaryDirectory() as folder:
      path = os.path.join(folder, 'lineage.json')
      with open(path, 'w', encoding='utf-8') as file:
        file.write(json_file.dumps(lineage, indent=1))
      # Of no name that a folder may have and an artifact may not.
      name = f'lineage-{self.id[-_SUFFIX:]}'
      self._run.log_artifact(path, name=name, type='lineage')
    self._run.finish()
