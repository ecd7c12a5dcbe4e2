"""What a user says of a teacher: flags, and gin as `train` takes it."""

import argparse
import os
import pathlib
from typing import Any, NamedTuple

from reincarnating_rl.cli.teachers import survey
from reincarnating_rl.cli.teachers.survey import Found, Told
from reincarnating_rl.envs import games, rollouts
from reincarnating_rl.envs.games import Game
from reincarnating_rl.teachers import (
  balloon_facts,
  checkpoint_files,
  factory,
  perciatelli,
  recognition,
)
from reincarnating_rl.teachers.kinds import KINDS
from reincarnating_rl.teachers.loaded import TeacherSource

_NETWORK = 'create_teacher.network'
# What the commands ask gin for, besides the settings of the game's kind.
_READ = (
  *('create_game', 'create_teacher', 'JaxDQNAgent.stack_size'),
  'Runner.max_steps_per_episode',
)
_OF_SOURCE = (
  *('network', 'layers', 'vmax', 'action_meanings'),
  *('observation_statistics', 'observation_map'),
)


class Settings(NamedTuple):
  """A teacher to look at, and the game that it is for."""

  found: list[Found]  # what its path has
  number: int | None
  prefix: str
  agent: str
  options: dict[str, Any]  # of `create_teacher`
  told: Told  # by the manifest
  game: Game | None  # of which the environment can be made
  max_steps: int | None = None  # an episode's, if gin sets it
  play: dict[str, Any] = {}  # how the game is played, as far as gin sets it

  @property
  def chosen(self) -> Found | None:
    """What has the checkpoints of the prefix, or the only file."""
    numbered = [f for f in self.found if f.prefix == self.prefix]
    return next(iter(numbered or self.found), None)

  def source(self, path: str | None) -> TeacherSource:
    """Returns what `loading.load` takes."""
    given = {k: v for k, v in self.options.items() if k in _OF_SOURCE}
    return TeacherSource(path, self.agent, self.number, self.prefix, **given)


def read(args: argparse.Namespace) -> Settings:
  """Reads what the flags of `inspect`, `evaluate` or `convert` say.

  Args:
    args: parsed; `path` may be None.

  Returns:
    The settings; nothing but manifests has been read of the teacher.

  Raises:
    UserError: there is no such path, kind, game, gin file or binding.
  """
  told_by_gin = _gin(args)
  path = os.path.expanduser(args.path or '')
  given = args.teacher_checkpoint_file_prefix
  prefixes = (given,) if given else checkpoint_files.PREFIXES
  found = survey.look(pathlib.Path(path), prefixes) if path else []
  settings = Settings(
    found,
    args.teacher_checkpoint_number,
    next((f.prefix for f in found if f.prefix), prefixes[0]),
    args.teacher_agent,
    told_by_gin.teacher,
    _told_by_name(args.teacher_agent),
    None,
  )
  chosen = settings.chosen
  if chosen is not None:
    number = chosen.newest() if settings.number is None else settings.number
    manifest = chosen.manifest(number)
    told = survey.read_told(manifest, str(chosen.path))
    settings = settings._replace(told=told)
  name, play = _game_and_play(args, told_by_gin, settings.told.game)
  return settings._replace(
    game=_game(args, told_by_gin, name, play),
    max_steps=told_by_gin.max_steps,
    play=play,
  )


def _told_by_name(agent: str) -> Told:
  return Told(game=balloon_facts.GAME) if agent in factory.BALLOON else Told()


def check_kind(agent: str) -> None:
  """Refuses what is no kind of a teacher that has a network.

  Raises:
    TeacherError: with the nearest right name.
  """
  factory.check_agent(agent, (recognition.AUTO, *KINDS, perciatelli.NAME))


class _Gin(NamedTuple):
  """What gin sets."""

  teacher: dict[str, Any] = {}
  game: str | None = None  # its name
  play: dict[str, dict[str, Any]] = {}  # how games are, by kind
  stack_size: int | None = None
  max_steps: int | None = None  # an episode's


def _gin(args: argparse.Namespace) -> _Gin:
  if not args.gin_files and not args.gin_bindings:
    return _Gin()  # Gin's names are Dopamine's, which is slow to import.
  import gin

  from reincarnating_rl.runner import factories  # noqa: F401  (their names)
  from reincarnating_rl.settings import gin_names, gin_parsing

  gin_parsing.load(
    args.gin_files, args.gin_bindings, network_parameter=_NETWORK
  )
  kind = gin.get_bindings('create_game').get('kind', games.DEFAULT)
  family = games.family_named(kind)
  gin_names.roles(family)
  with gin.config_scope(gin_names.TEACHER):
    play = {
      each.name: dict(gin.get_bindings(each.gin_name))
      for each in games.GAMES.values()
    }
  names = {kind: given.pop('game_name', None) for kind, given in play.items()}
  return _Gin(
    dict(gin.get_bindings('create_teacher')),
    family.full_name(names[family.name]),
    play,
    gin.get_bindings('JaxDQNAgent').get('stack_size'),
    gin.get_bindings('Runner').get('max_steps_per_episode'),
  )


def check_bindings(args: argparse.Namespace, chosen: Settings) -> None:
  """Refuses bindings that no command reads, once the teacher is made.

  Files may bind more: they are for training.

  Args:
    args: parsed.
    chosen: what they say.

  Raises:
    UserError: naming the first such binding.
  """
  if not args.gin_bindings:
    return
  from reincarnating_rl.settings import gin_parsing

  read = {*_READ}
  if chosen.game is not None:
    read.add(games.family_of(chosen.game.name).gin_name)
  gin_parsing.check_bindings_were_read(args.gin_bindings, read)


def _game_and_play(
  args: argparse.Namespace, told_by_gin: _Gin, told: str | None
) -> tuple[str | None, dict[str, Any]]:
  """Returns the game that a flag, gin or else the teacher names, and how."""
  name = args.game or told_by_gin.game
  if name is None and told is not None and games.is_known(told):
    name = told
  if name is None:
    return None, {}
  return name, told_by_gin.play.get(games.family_of(name).name, {})


def _game(
  args: argparse.Namespace,
  told_by_gin: _Gin,
  name: str | None,
  play: dict[str, Any],
) -> Game | None:
  if name is None:
    return None
  lanes = min(rollouts.LANES, getattr(args, 'episodes', rollouts.LANES))
  play = {'num_vector_environments': lanes} | play
  game = games.create_game(name, atari_roms_path=args.atari_roms_path, **play)
  return game._replace(stack_size=told_by_gin.stack_size or game.stack_size)
