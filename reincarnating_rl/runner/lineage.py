"""Lineage: where a student comes from, written beside it."""

import collections
import os
from typing import Any

from reincarnating_rl.agents import snapshot
from reincarnating_rl.envs import facts
from reincarnating_rl.evaluation.finding import LINEAGE_FILE
from reincarnating_rl.runner.record import OTHER_BASE_DIR
from reincarnating_rl.support import json_file


def describe(
  *,
  agent: str,
  seed: int,
  teacher: dict[str, Any] | None,
  spent: dict[str, float],
  scores: dict[str, Any],
  stretches: list[dict[str, Any]],
  game: str | None = None,
  played: dict[str, Any] | None = None,
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
    played: what the student knows of it; see `envs.facts`.
    planned: evaluations of the student, by phase, in the whole run.
    started_as: the student's name for `--agent`, the command, and what a
      program resumes the run with.
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
    'played': played,
    'seed': seed,
    'planned': planned,
    'teacher': teacher,
    **({} if torso is None else {'torso': torso}),
    'spent': spent,
    'scores': scores,
    **newest,
    'stretches': stretches,
  }


def of(runner: Any) -> dict[str, Any]:
  """Describes the run of a runner, as far as it is.

  Args:
    runner: that is built.
  """
  teacher, agent, record = runner._teacher, runner._agent, runner.record
  game = runner._game.name
  played = facts.of(runner._environment, game, agent.stack_size)
  return describe(
    agent=type(agent).__name__,
    seed=runner._seed,
    teacher=teacher and {'fingerprint': teacher.fingerprint, **teacher.lineage},
    spent=snapshot.counters(agent) | {'teacher_steps': record.teacher_steps},
    scores=record.to_json(),
    stretches=runner._parts.saver.stretches,
    game=game,
    played=played.to_json(),
    planned=collections.Counter(r.phase.name for r in runner.plan if r.trains),
    started_as=runner._started_as,
    torso=agent.torso and agent.torso.told,
  )


def write(base_dir: str, lineage: dict[str, Any]) -> None:
  """Writes `lineage.json`, whole or not at all.

  Raises:
    UnwritableError: it cannot be written.
  """
  path = os.path.join(base_dir, LINEAGE_FILE)
  json_file.write(path, lineage, OTHER_BASE_DIR)
