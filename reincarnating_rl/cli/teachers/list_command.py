"""`list`: the teachers of a folder, and where more are."""

import argparse
import contextlib
import pathlib

from reincarnating_rl.cli import text
from reincarnating_rl.cli.teachers import flags, survey
from reincarnating_rl.cli.teachers.survey import Found
from reincarnating_rl.fetching import destination
from reincarnating_rl.importers import external_replay
from reincarnating_rl.support.errors import (
  EmptyReplayError,
  MissingFileError,
  UserError,
)
from reincarnating_rl.teachers import perciatelli

_COLUMNS = ('path', 'format', 'teacher', 'game', 'checkpoints', 'replay')
_MOST_NUMBERS = 4
_MORE = (
  ('fetch', '--game', 'Breakout', '--run', '1', '--dry_run'),
  (
    *('fetch', '--game', 'Breakout', '--bucket', 'download-dopamine-rl'),
    *('--prefix', 'jax/dqn'),
  ),
  ('fetch', '--hub', 'cleanrl/PongNoFrameskip-v4-dqn_atari_jax-seed1'),
)


def run(args: argparse.Namespace) -> None:
  """Prints a table; what cannot be read is said so in it.

  Raises:
    UserError: there is no such folder.
  """
  root = pathlib.Path(destination.choose(args.directory))
  if not root.is_dir():
    raise MissingFileError(
      f'There is no directory {root}: name another, or fetch a teacher into it.'
    )
  rows = [_row(root, found) for found in survey.walk(root)]
  if rows:
    text.print_table((*_COLUMNS, 'bytes'), rows, right=('bytes',))
  else:
    print(f'{root} has no teachers yet.')
  print('More teachers, and replays:')
  more = _MORE
  with contextlib.suppress(MissingFileError):
    perciatelli.find()
    more += (('inspect', '--teacher_agent', perciatelli.NAME),)
  for words in more:
    print(f'  {flags.command(*words)}')


def _row(root: pathlib.Path, found: Found) -> tuple[str, ...]:
  number = found.newest()
  told = survey.Told()
  try:
    told = survey.read_told(found.manifest(number), str(found.path))
    teacher = ' '.join(filter(None, (told.kind, told.network)))
  except UserError:
    teacher = 'damaged manifest'
  return (
    str(found.path.relative_to(root)),
    found.format_of(number),
    teacher,
    told.game or '',
    _numbers(found),
    _replay(found),
    destination.size_text(survey.size(found.path)),
  )


def _numbers(found: Found) -> str:
  numbers = [
    f'{number}' if number in found.complete else f'{number}?'
    for number in found.numbers
  ]
  if len(numbers) > _MOST_NUMBERS:
    numbers = [numbers[0], '…', *numbers[2 - _MOST_NUMBERS :]]
  return ' '.join(numbers)


def _replay(found: Found) -> str:
  if not found.replays:
    return ''
  try:
    replay = external_replay.choose(found.replays[0].folder)
    number = '' if replay.is_data else f' {replay.number}'
    steps = f'{replay.kind}{number}: {replay.inspect().entries:,} steps'
  except EmptyReplayError:
    return f'{found.replays[0].kind}: empty'
  except MissingFileError:
    return f'{found.replays[0].kind}: incomplete'
  except UserError:
    return f'{found.replays[0].kind}: damaged'
  more = len(found.replays) - 1
  return steps + (f' (and {more} more)' if more else '')
