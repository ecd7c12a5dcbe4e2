"""What a run is resumed with: what its files hold, and what they do not."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.api import arguments, games
from reincarnating_rl.api.callbacks import Callback
from reincarnating_rl.api.games import AnyGame
from reincarnating_rl.api.launching import Request
from reincarnating_rl.api.teachers import Teacher
from reincarnating_rl.evaluation.run import ONLINE
from reincarnating_rl.runner import tracked
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.sources import TeacherSettings


def request(
  base_dir: str,
  lineage: Mapping[str, Any],
  *,
  online_steps: int | None,
  game: AnyGame | None,
  teacher: Teacher | None,
  objects: Mapping[str, Any],
  settings: Mapping[str, Any],
  callbacks: Sequence[Callback],
) -> Request:
  """Returns what a run is to go on with.

  Args:
    base_dir: of the run.
    lineage: of the run.
    online_steps: in all; None: as planned.
    game: as it was given; None if files name it.
    teacher: as it was given; None if files name it.
    objects: settings that are objects, by gin's names.
    settings: by their names alone, which count before those of the run.
    callbacks: that hear of it.

  Raises:
    UserError: the run is of an earlier version, or something that no file holds
      is missing.
  """
  started = lineage.get('started_as') or {}
  if 'config' not in started:
    raise UserError(
      f'{base_dir} is of an earlier version, which did not keep its settings: '
      'the command that began it resumes it.'
    )
  if tracked.has_heard_of(base_dir):
    print(
      f'warning: {base_dir} was tracked, and what is resumed from Python is '
      f'not. The command that goes on so: {started["command"]}',
      file=sys.stderr,
    )
  agent = started['agent']
  named, more = arguments.of_settings(AGENTS[agent], settings)
  objects = {**objects, **more}
  own_game = games.given(game)
  have = {*objects, *own_game, *(['teacher'] if teacher is not None else ())}
  for name in started['given']:
    if name not in have:
      short = name.split('.')[-1]
      raise UserError(
        f'{base_dir} had {short} given as an object, which no file holds: give '
        f'it again, resume({short}=...).'
      )
  if own_game:
    named = [*games.bindings(game), *named]
  rows = lineage['scores']['rows']
  return Request(
    agent=agent,
    seed=lineage['seed'],
    gin_bindings=[started['config'], *named],
    objects=objects | (teacher.bound() if teacher is not None else {}),
    teacher=teacher.settings
    if teacher is not None
    else TeacherSettings(**started['teacher']),
    atari_roms_path=started['atari_roms_path'],
    given=started['given'],
    command=started['command'],
    callbacks=callbacks,
    online_steps=online_steps,
    online_iterations=sum(row['phase'] == ONLINE for row in rows),
  )
