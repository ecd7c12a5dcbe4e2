"""`Run`: what was trained, its scores, and how it goes on; `load_run`."""

from __future__ import annotations

import functools
import os
import pathlib
import shutil
import weakref
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from reincarnating_rl.api import games
from reincarnating_rl.api.callbacks import AnyCallback, all_of
from reincarnating_rl.api.games import AnyGame
from reincarnating_rl.api.students import Student
from reincarnating_rl.api.teachers import Teacher, as_teacher
from reincarnating_rl.envs import facts
from reincarnating_rl.evaluation import finding, summary
from reincarnating_rl.support import files, json_file, new_folder
from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
  UserError,
)
from reincarnating_rl.teachers.kinds import NetworkFactory

if TYPE_CHECKING:
  import pandas as pd
  from matplotlib.figure import Figure

  from reincarnating_rl.api.launching import Ended


class Run:
  """A run in a folder.

  Attributes:
    base_dir: the folder.
    was_stopped: whether a callback ended it; False for one that was loaded.
  """

  def __init__(
    self,
    base_dir: str,
    *,
    game: AnyGame | None = None,
    teacher: Teacher | None = None,
    network: NetworkFactory | None = None,
    ended: Ended | None = None,
    objects: Mapping[str, Any] | None = None,
    is_temporary: bool = False,
  ) -> None:
    """Takes a folder, and what its files do not hold.

    Args:
      base_dir: of the run.
      game: as it was given; None for what the files name.
      teacher: as it was given; None for what the files name.
      network: makes the student's network, if it is not one of the package.
      ended: how it ended; None if it was loaded.
      objects: settings that are objects, by gin's names.
      is_temporary: whether the folder goes with the last reference to the run.
    """
    self.base_dir = base_dir
    self.was_stopped = ended is not None and ended.was_stopped
    self._network = network or (ended and ended.network)
    self._teacher, self._objects = teacher, dict(objects or {})
    self._remove = lambda: None
    if is_temporary:
      self._remove = weakref.finalize(self, shutil.rmtree, base_dir, True)
    self._is_temporary = is_temporary
    name = self.lineage.get('game')
    self._game = name if game is None and games.may_be_made(name) else game

  def __repr__(self) -> str:
    """Returns what it is, and where."""
    agent = (self.lineage.get('started_as') or {}).get('agent')
    return f'Run({agent!r}, {self.lineage.get("game")!r}, {self.base_dir!r})'

  @property
  def lineage(self) -> dict[str, Any]:
    """What `lineage.json` says: scores, settings, versions, its teacher's."""
    return json_file.read_json(
      pathlib.Path(self.base_dir, finding.LINEAGE_FILE)
    )

  @property
  def scores(self) -> pd.DataFrame:
    """The evaluations of the student, one a row.

    Columns: iteration, phase ('offline' or 'online'), score (mean return),
    stderr (None for one episode), episodes, normalized (0 for the random
    policy, 1 for the teacher; None without one), online_steps, updates (offline
    and online), teacher_steps, seconds (since the start).
    """
    return summary.frame(self.lineage['scores'])

  @property
  def teacher_score(self) -> float | None:
    """Mean return of the teacher; None if it was not measured."""
    teacher = self.lineage['scores']['teacher']
    return teacher and teacher['mean']

  @functools.cached_property
  def student(self) -> Student:
    """The student, as the newest checkpoint has it.

    Raises:
      UserError: there is no checkpoint yet, or its network is not one of the
        package: give it to `load_run`.
    """
    told = self.lineage.get('played')
    try:
      known = facts.from_json(told)
    except (KeyError, TypeError, ValueError) as error:
      raise DamagedFileError(
        f'{self.base_dir} does not tell what its student sees: it is of an '
        'earlier version, and can be a teacher.'
      ) from error
    return Student(
      self.base_dir, game=self._game, known=known, network=self._network
    )

  def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draws the learning curve, with the teacher's and the random score.

    Args:
      path: of a picture to write, too; its ending says the format.

    Raises:
      UserError: no picture has such an ending, or it cannot be written.
    """
    lineage = self.lineage
    figure = summary.figure(lineage['scores'], title=lineage['game'])
    if path is not None:
      path = files.given_path(path, 'path')
      known = figure.canvas.get_supported_filetypes()
      ending = os.path.splitext(path)[1].removeprefix('.').lower()
      if ending and ending not in known:
        raise UserError(f'{path} is no picture: end its name in .png or .svg.')
      with files.writing(path, 'choose another path'):
        figure.savefig(path, dpi=150)
    return figure

  def save(self, path: str | os.PathLike[str] | None = None) -> str:
    """Keeps the run in a folder, which is its own from now on.

    Args:
      path: of the folder, which must not exist; None: where it is.

    Returns:
      The folder. It can be a teacher, and `load_run` takes it.

    Raises:
      UserError: the run is in a temporary folder, and no other is given; or
        that exists or cannot be written, and then is not there.
    """
    if path is None:
      if self._is_temporary:
        raise UserError(
          f'{self.base_dir} is a temporary folder: give another, save(PATH).'
        )
      return self.base_dir
    folder = os.path.abspath(files.given_path(path, 'path'))
    if os.path.exists(folder):
      raise UserError(f'{folder} exists: give a folder that does not.')
    own = os.path.realpath(self.base_dir)
    if os.path.commonpath([own, os.path.realpath(folder)]) == own:
      raise UserError(f'{folder} is in the run: give a folder beside it.')
    new_folder.copy(own, folder, 'folder')
    self._remove()
    self.base_dir, self._is_temporary = folder, False
    return folder

  def resume(
    self,
    online_steps: int | None = None,
    *,
    teacher: Any = None,
    game: AnyGame | None = None,
    callbacks: Iterable[AnyCallback] = (),
    **settings: Any,
  ) -> Run:
    """Goes on with the run, in its folder, with the settings that it had.

    Args:
      online_steps: of the student in all, those that it has taken included,
        rounded up to whole iterations; None for as many as were planned.
      teacher: the same as before, if it was given as an object.
      game: the same as before, if it was given as an object.
      callbacks: see `reincarnate`.
      **settings: that may change on resume, such as `evaluation_episodes`, and
        those that were given as objects; see `reincarnate`.

    Returns:
      This run.

    Raises:
      UserError: fewer steps are asked for than were taken, a setting is
        another, or an object is missing.
      KeyboardInterrupt: see `reincarnate`.
    """
    from reincarnating_rl.api import launching, resuming

    game = self._game if game is None else game
    taught = as_teacher(teacher, game) or self._teacher
    request = resuming.request(
      self.base_dir,
      self.lineage,
      online_steps=online_steps,
      teacher=taught,
      game=game,
      objects=self._objects,
      settings=settings,
      callbacks=all_of(callbacks),
    )
    ended = launching.execute(request, self.base_dir)
    self.was_stopped, self._network = ended.was_stopped, ended.network
    self._game, self._teacher, self._objects = game, taught, request.objects
    vars(self).pop('student', None)
    return self


def load_run(
  path: str | os.PathLike[str],
  *,
  game: AnyGame | None = None,
  network: NetworkFactory | None = None,
) -> Run:
  """Loads a run that this package has trained, by command or by program.

  Args:
    path: its `base_dir`.
    game: if it was given as an object; only to play and to resume.
    network: makes the student's network, if it is not one of the package.

  Raises:
    UserError: there is no run, or it is damaged.
  """
  folder = os.path.abspath(files.given_path(path, 'path'))
  if not os.path.isfile(os.path.join(folder, finding.LINEAGE_FILE)):
    raise MissingFileError(
      f'{folder} holds no run: give the base_dir of one, which has a '
      f'{finding.LINEAGE_FILE}.'
    )
  return Run(folder, game=game, network=network)
