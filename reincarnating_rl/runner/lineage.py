"""Lineage: where a student comes from, written beside it."""

import os
from typing import Any

from reincarnating_rl.runner.record import OTHER_BASE_DIR
from reincarnating_rl.support import json_file

LINEAGE_FILE = 'lineage.json'


def describe(
  *,
  agent: str,
  seed: int,
  teacher: dict[str, Any] | None,
  spent: dict[str, float],
  scores: dict[str, Any],
  stretches: list[dict[str, Any]],
  game: str | None = None,
  planned: dict[str, int] | None = None,
  started_as: dict[str, Any] | None = None,
  torso: dict[str, Any] | None = None,
) -> dict[str, Any]:
  """Describes a run.

  Args:
    agent: class of the student.
    seed: of the run.
    teacher: its fingerprint and its own lineage, or None.
    spent: environment steps, updates and seconds so far.
    scores: random, teacher and last student.
    stretches: what each part of the run was trained with, oldest first; see
      `identity.stretch`.
    game: that is played.
    planned: evaluations of the student, by phase, in the whole run.
    started_as: the student's name for `--agent` and the command.
    torso: where the student's torso began, if not anew.

  Returns:
    JSON-able lineage. Configuration and versions stand at the top as well, of
    the newest stretch.
  """
  newest = {n: x for n, x in stretches[-1].items() if n != 'from'}
  newest.pop('command')
  return {
    'agent': agent,
    'started_as': started_as,
    'game': game,
    'seed': seed,
    'planned': planned,
    'teacher': teacher,
    **({} if torso is None else {'torso': torso}),
    'spent': spent,
    'scores': scores,
    **newest,
    'stretches': stretches,
  }


def write(base_dir: str, lineage: dict[str, Any]) -> None:
  """Writes `lineage.json`, whole or not at all.

  Raises:
    UnwritableError: it cannot be written.
  """
  path = os.path.join(base_dir, LINEAGE_FILE)
  json_file.write(path, lineage, OTHER_BASE_DIR)
