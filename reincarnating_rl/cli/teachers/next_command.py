"""The command to run next, as it can be copied into a shell."""

import argparse
import os
import re
from collections.abc import Collection, Iterator

from reincarnating_rl.cli.teachers import flags
from reincarnating_rl.cli.teachers.settings import Settings
from reincarnating_rl.teachers.loaded import LoadedTeacher

_CARRIED = (
  *('teacher_agent', 'teacher_checkpoint_number'),
  *('teacher_checkpoint_file_prefix', 'game', 'gin_files', 'gin_bindings'),
  'atari_roms_path',
)
_DEFAULTS = (None, 'auto')
# Settings of a teacher's file that are in what `convert` writes of it. A
# function of its actions is not.
_WRITTEN = ('action_meanings', 'layers', 'observation_statistics')
_IS_WRITTEN = re.compile(
  r'(?!.*action_meanings\s*=\s*@)'
  rf'\s*(create_teacher\.({"|".join(_WRITTEN)})|Layers\.)'
)


def path(value: str | os.PathLike[str]) -> str:
  """Returns a path as an argument that is not taken for a flag."""
  text = os.fspath(value)
  return os.path.join(os.curdir, text) if text.startswith('-') else text


def flags_of(
  args: argparse.Namespace, without: Collection[str] = ()
) -> list[str]:
  """Returns what a user has said of a teacher, for another command.

  Args:
    args: of `inspect`, `evaluate` or `convert`.
    without: names of flags that the other command does not need.
  """
  return [
    word
    for name in _CARRIED
    if name not in without
    for word in _words(name, getattr(args, name))
  ]


def _words(name: str, value: object) -> Iterator[str]:
  for each in value if isinstance(value, list) else [value]:
    if each not in _DEFAULTS:
      text = str(each)
      # A value that begins with a dash would be taken for a flag.
      joined = text.startswith('-')
      yield from [f'--{name}={text}'] if joined else [f'--{name}', text]


def evaluate(
  where: list[str], args: argparse.Namespace, chosen: Settings
) -> str:
  """Returns the line that says how to have a teacher play.

  Args:
    where: the teacher's path, or the flags that stand for one.
    args: of the command that has looked at the teacher.
    chosen: what they say; where they name no game that is known here, the
      module of the teacher's own game is named, which its user may import.
  """
  given = flags_of(args)
  if chosen.game is None:
    told = chosen.told
    name = f'{told.module}:{told.game}'
    if told.module is None or not name.isprintable():
      return (
        'Its game is not known here: name it with --game to evaluate the '
        'teacher.'
      )
    given += ['--game', name]
  return f'next: {flags.command("evaluate", *where, *given)}'


def of_converted(
  args: argparse.Namespace, chosen: Settings, loaded: LoadedTeacher
) -> argparse.Namespace:
  """Returns the flags for what `convert` has written, which says the rest.

  Args:
    args: of the command.
    chosen: what they say.
    loaded: the teacher.
  """
  bindings = [b for b in args.gin_bindings if not _IS_WRITTEN.match(b)]
  if args.gin_files:
    bindings += [
      f'create_teacher.{name} = None'
      for name in _WRITTEN
      if name in chosen.options
    ]
  kind = loaded.candidate.kind.name
  return argparse.Namespace(
    **vars(args)
    | {
      'teacher_agent': 'auto' if loaded.description else kind,
      'teacher_checkpoint_number': None,
      'teacher_checkpoint_file_prefix': None,
      'gin_bindings': bindings,
    }
  )
