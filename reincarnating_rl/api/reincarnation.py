"""`reincarnate`: a run, by keyword arguments or by gin."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.api import arguments, games, launching, networks
from reincarnating_rl.api.callbacks import AnyCallback, all_of
from reincarnating_rl.api.games import AnyGame
from reincarnating_rl.api.launching import Request
from reincarnating_rl.api.runs import Run
from reincarnating_rl.api.teachers import as_teacher
from reincarnating_rl.envs.games import family_of
from reincarnating_rl.runner import factories
from reincarnating_rl.settings import gin_values
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import UserError, name_of
from reincarnating_rl.support.setting_types import Seed
from reincarnating_rl.teachers.sources import TeacherSettings


def reincarnate(
  agent: str,
  *,
  game: AnyGame | None = None,
  teacher: Any = None,
  pretraining_updates: int | None = None,
  online_steps: int | None = None,
  evaluations: int | None = None,
  seed: int = 1,
  base_dir: str | os.PathLike[str] | None = None,
  callbacks: Iterable[AnyCallback] = (),
  gin_files: Sequence[str] | None = None,
  gin_bindings: Sequence[str] = (),
  atari_roms_path: str | None = None,
  **settings: Any,
) -> Run:
  """Trains a student, taught by a teacher.

  The result is that of the command `train` with the same settings, bit for bit.
  One run at a time: a run sets gin anew, for the whole process.

  Args:
    agent: METHOD_STUDENT, such as 'qdagger_dqn'; or a student, 'dqn', for
      tabula rasa.
    game: a name, a `gymnasium.Env`, or what makes one; None: the teacher's, or
      what gin names.
    teacher: from `load_teacher`, or what that takes; None for tabula rasa.
    pretraining_updates: offline, on the teacher's data, in all.
    online_steps: of the student in its game, in all, at least.
    evaluations: in each of the two phases; 10 if a budget is given.
    seed: of everything.
    base_dir: of the run; a run there is resumed. None: a temporary folder,
      which is there for as long as the `Run`; see `Run.save`.
    callbacks: `Callback`s, or functions that are called with each evaluation.
    gin_files: paths, or names of shipped files; None: the configuration of the
      game's family for the agent.
    gin_bindings: such as 'create_optimizer.eps = 1e-4', that override files.
    atari_roms_path: directory of Atari's ROMs; None for ale-py's own.
    **settings: of the method, the student or the run, by their names alone:
      `distill_temperature`, `learning_rate`, `batch_size`, `network`,
      `teacher_steps`, `evaluation_episodes`.

  Returns:
    The run, which has ended, or was stopped by a callback.

  Raises:
    UserError: a setting is wrong, or something does not fit.
    KeyboardInterrupt: the user stopped it; the message says how to go on. The
      folder stays, a temporary one too.
  """
  taught = as_teacher(teacher, game)
  if game is None and taught is not None:
    game = taught.game
  if game is None and gin_files is None:
    raise UserError('game is missing: give a name, such as CartPole-v1.')
  if pretraining_updates and taught is None:
    raise UserError(
      f'pretraining_updates is {pretraining_updates!r}, and there is no '
      'teacher: give one, or leave it out.'
    )
  gin_values.check_value('seed', seed, Seed)
  source = taught.settings if taught else TeacherSettings()
  factories.check_names(agent, source.agent)
  student = AGENTS[agent]
  named, objects = arguments.of_settings(student, settings)
  budget = arguments.of_budget(pretraining_updates, online_steps, evaluations)
  told = [] if game is None else games.bindings(game)
  if gin_files is None:
    gin_files = _files(agent, game)
    if 'network' not in settings:
      told += networks.bindings(student.kind, game)
  request = Request(
    agent=agent,
    seed=seed,
    gin_files=gin_files,
    gin_bindings=[*told, *gin_bindings, *budget, *named],
    objects=objects | (taught.bound() if taught else {}),
    teacher=source,
    atari_roms_path=atari_roms_path,
    given=[*objects, *games.given(game), *(taught.given() if taught else [])],
    command=_call(
      agent,
      game=game,
      teacher=teacher,
      pretraining_updates=pretraining_updates,
      online_steps=online_steps,
      evaluations=evaluations,
      seed=seed,
      gin_files=tuple(gin_files),
      gin_bindings=tuple(gin_bindings),
      **settings,
    ),
    callbacks=all_of(callbacks),
  )
  with _folder(base_dir) as folder:
    ended = launching.execute(request, folder)
  return Run(
    folder,
    game=game,
    teacher=taught,
    ended=ended,
    is_temporary=base_dir is None,
    objects=objects,
  )


def _call(agent: str, **given: Any) -> str:
  """Returns a call as the caller may have written it, for the lineage."""
  told = [
    f'{name}={_written(value)}'
    for name, value in given.items()
    if value is not None and not (isinstance(value, tuple) and not value)
  ]
  return f'reincarnating_rl.reincarnate({", ".join([repr(agent), *told])})'


def _written(value: Any) -> str:
  if isinstance(value, os.PathLike):
    value = os.fspath(value)
  return repr(value) if arguments.is_plain(value) else f'<{name_of(value)}>'


def _files(agent: str, game: AnyGame) -> list[str]:
  """Returns the configuration of a game's family for an agent."""
  family = family_of(games.name_of_game(game)).name
  return [f'{family}/{agent}.gin']


@contextlib.contextmanager
def _folder(base_dir: str | os.PathLike[str] | None) -> Iterator[str]:
  """Yields the run's folder; an empty temporary one goes with an error."""
  if base_dir is not None:
    yield os.path.abspath(files.given_path(base_dir, 'base_dir'))
    return
  folder = tempfile.mkdtemp(prefix='reincarnating_rl-')
  try:
    yield folder
  except BaseException:
    with contextlib.suppress(OSError):  # It holds what was learnt.
      os.rmdir(folder)
    raise
