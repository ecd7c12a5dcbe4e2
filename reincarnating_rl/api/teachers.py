"""`load_teacher`: a teacher of any source, for one game."""

import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from reincarnating_rl.api import foreign_objects, games, teacher_options
from reincarnating_rl.api.games import AnyGame
from reincarnating_rl.api.players import Player
from reincarnating_rl.envs import facts
from reincarnating_rl.envs.facts import GameFacts
from reincarnating_rl.fetching.errors import FetchError
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import MissingFileError, UserError, name_of
from reincarnating_rl.teachers import clone, factory, recognition, sources
from reincarnating_rl.teachers.base import AnyTeacher
from reincarnating_rl.teachers.callable_teacher import fingerprint_of
from reincarnating_rl.teachers.data_teacher import DataTeacher
from reincarnating_rl.teachers.foreign import base
from reincarnating_rl.teachers.foreign import files as foreign_files
from reincarnating_rl.teachers.sources import TeacherSettings

_REPOSITORY_PARTS = 2  # Of the hub: OWNER/NAME.


class Teacher(Player):
  """A teacher, and how a run finds it.

  Attributes:
    settings: which teacher it is, for the runs that it takes part in.
    options: settings of `create_teacher`, by their names.
    is_object: whether it was given as an object, which no file holds.
  """

  def __init__(
    self,
    made: AnyTeacher,
    *,
    game: AnyGame,
    known: GameFacts,
    settings: TeacherSettings,
    options: dict[str, Any],
    holds: Any = None,
  ) -> None:
    """Takes what `load_teacher` has made; `holds` is kept for as long."""
    super().__init__(made, game=game, known=known)
    self.settings, self.options = settings, options
    self.is_object, self._holds = holds is not None, holds

  def bound(self) -> dict[str, Any]:
    """Returns its options by gin's names."""
    owner = 'Clone' if self.is_clone else 'create_teacher'
    return {f'{owner}.{name}': x for name, x in self.options.items()}

  @property
  def is_clone(self) -> bool:
    """Whether a run is to clone it from data, and nobody is there before."""
    return self.settings.agent == clone.NAME

  def _check_asked(self) -> None:
    if self.is_clone:
      raise UserError(
        'The clone is not there yet: a run makes it before all else. Then it '
        'is load_teacher(BASE_DIR/clone, game=...).'
      )
    super()._check_asked()

  def given(self) -> list[str]:
    """Returns its own name, if a run that is resumed has to be given it."""
    from reincarnating_rl.api import arguments  # It is slow to import.

    is_plain = all(map(arguments.is_plain, self.options.values()))
    return ['teacher'] if self.is_object or not is_plain else []


def load_teacher(
  source: Any = None,
  *,
  game: AnyGame,
  kind: str | None = None,
  checkpoint_number: int | None = None,
  checkpoint_file_prefix: str = 'ckpt',
  replay_dir: str | os.PathLike[str] | None = None,
  **options: Any,
) -> Teacher:
  """Loads a teacher.

  Args:
    source: one of these:
      a path: a run, a checkpoint, or a file of CleanRL, Stable-Baselines3 or
      PyTorch; `OWNER/NAME` of the Hugging Face hub, which is downloaded; the
      name of a teacher that needs no file, such as 'random'; 'clone', which a
      run makes of the data in `replay_dir`; a model of Stable-Baselines3; a
      module of PyTorch, with `layers`; a function `states[B, *O, S] ->
      logits[B, A]`, `-> actions[B]`, or, of vectors, `-> actions[B, D]` within
      the game's bounds; None for data alone.
    game: that it plays: a name, a `gymnasium.Env` or what makes one.
    kind: of a path, such as 'rainbow'; None: what the file says.
    checkpoint_number: which checkpoint; None for the newest.
    checkpoint_file_prefix: of the checkpoints' names.
    replay_dir: data that students learn from; None: those beside the file.
    **options: of `teachers.factory.create_teacher`: `temperature`, `acts`,
      `layers`, `network`, `vmax`, `action_meanings`, `observation_map`,
      `policy_epsilon`, `policy_fingerprint`, `observation_statistics`; for a
      clone, of `teachers.clone.CloneSettings`.

  Returns:
    The teacher.

  Raises:
    UserError: there is none, it is damaged or unsafe, or does not fit the game.
  """
  made_game = games.create(game)
  known = facts.of_game(made_game)
  settings, more, holds = _settings(source, kind)
  settings = settings._replace(
    checkpoint_number=checkpoint_number,
    checkpoint_file_prefix=checkpoint_file_prefix,
    replay_dir=files.given_path(replay_dir, 'replay_dir'),
  )
  options = {
    name: os.fspath(value) if isinstance(value, os.PathLike) else value
    for name, value in options.items()
  }
  teacher_options.check(options, settings)
  foreign_objects.check_activations(source, options.get('layers'))
  options = more | options
  if 'policy' in more and not options.get('policy_fingerprint'):
    options['policy_fingerprint'] = fingerprint_of(source)
  if settings.is_data_alone or settings.agent == clone.NAME:
    made = _of_data(settings, known)
  else:
    made = _create(settings, known, options)
  for note in base.notes(made.lineage):
    warnings.warn(note, stacklevel=2)
  return Teacher(
    made,
    game=game,
    known=known,
    settings=settings,
    options=options,
    holds=holds,
  )


def as_teacher(given: Any, game: AnyGame | None) -> Teacher | None:
  """Returns a teacher that was given as one, or as `load_teacher` takes it.

  Args:
    given: None for no teacher.
    game: that it plays, where it has to be loaded.

  Raises:
    UserError: see `load_teacher`.
  """
  if given is None or isinstance(given, Teacher):
    return given
  if game is None:
    raise UserError('game is missing: which game does the teacher play?')
  return load_teacher(given, game=game)


def _of_data(settings: TeacherSettings, known: GameFacts) -> DataTeacher:
  if settings.agent == clone.NAME:  # A run makes it.
    if settings.replay_dir is None:
      raise UserError(
        'A clone is made of data: name them with replay_dir, as in '
        "load_teacher('clone', game=..., replay_dir=PATH)."
      )
  replay = sources.find_teacher_replay(settings)
  return DataTeacher(
    replay, known.actions, known.observation_shape, known.stack_size
  )


def _create(
  settings: TeacherSettings, known: GameFacts, options: dict[str, Any]
) -> AnyTeacher:
  return factory.create_teacher(
    settings.agent,
    settings.checkpoint_dir,
    actions=known.actions,
    observation_shape=known.observation_shape,
    stack_size=known.stack_size,
    checkpoint_number=settings.checkpoint_number,
    checkpoint_file_prefix=settings.checkpoint_file_prefix,
    game_actions=known.action_meanings,
    game_name=known.name,
    are_pixels=known.are_pixels,
    **options,
  )


def _settings(
  source: Any, kind: str | None
) -> tuple[TeacherSettings, dict[str, Any], Any]:
  """Returns which teacher it is, its options, and what keeps it in being."""
  plain = TeacherSettings(agent=kind or recognition.AUTO)
  if source is None:
    return plain, {}, None
  if isinstance(source, str | os.PathLike):
    return _of_text(os.fspath(source), plain), {}, None
  written = foreign_objects.write(source)
  if written is not None:
    return plain._replace(checkpoint_dir=written.path), {}, written
  if callable(source):
    options = {'policy': _as_function(source)}
    return plain._replace(agent=factory.CALLABLE), options, source
  raise UserError(
    f'The teacher is {source!r:.80}: give a path, a name of the hub, a model '
    'of Stable-Baselines3, a module of PyTorch, or a function.'
  )


def _of_text(text: str, plain: TeacherSettings) -> TeacherSettings:
  path = files.given_path(text, 'source')
  if os.path.exists(path):
    return plain._replace(checkpoint_dir=path)
  if text in (*factory.PATHLESS, clone.NAME):
    return plain._replace(agent=text)
  parts = text.split('/')
  is_file = text.endswith(foreign_files.SUFFIXES)
  if is_file or len(parts) != _REPOSITORY_PARTS or not all(parts):
    raise MissingFileError(
      f'There is no {text}: give the path of a teacher, or OWNER/NAME of the '
      'Hugging Face hub.'
    )
  from reincarnating_rl.fetching import hub

  try:
    return plain._replace(checkpoint_dir=hub.fetch_hub(text).directory)
  except FetchError as error:
    error.args = (f'There is no folder {text}, and {error}',)
    raise


def _as_function(policy: Callable[..., Any]) -> Callable[..., Any]:
  """Returns a function, which gin does not copy as it would an object."""

  def function(states: np.ndarray) -> Any:
    return policy(states)

  function.__name__ = name_of(policy)
  return function
