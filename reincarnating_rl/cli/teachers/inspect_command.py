"""`inspect`: what a teacher, its replay and its lineage are."""

import argparse
import os
import pathlib
from collections.abc import Iterator
from typing import Any

from reincarnating_rl.cli import text
from reincarnating_rl.cli.teachers import (
  flags,
  next_command,
  replay_report,
  settings,
  survey,
  teacher_report,
)
from reincarnating_rl.cli.teachers.settings import Settings
from reincarnating_rl.fetching.destination import size_text
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.support import json_file
from reincarnating_rl.support.errors import MissingFileError, UserError
from reincarnating_rl.teachers import perciatelli
from reincarnating_rl.teachers.foreign import files as foreign_files


def run(args: argparse.Namespace) -> None:
  """Prints what there is.

  Raises:
    UserError: there is nothing, or a part is damaged; what is not is printed
      before.
  """
  args.path = args.path and os.path.expanduser(args.path)
  chosen = settings.read(args)
  _check_found(args, chosen)
  report = _report(args, chosen)
  if args.json:
    print(json_file.dumps(report, indent=2))
  else:
    _print(report, args, chosen)
  for part in (report['teacher'], *report['replays'], *report['lineage']):
    if part and 'problem' in part:
      raise UserError(part['problem'])
  settings.check_bindings(args, chosen)


def _check_found(args: argparse.Namespace, chosen: Settings) -> None:
  if args.path is None:
    if args.teacher_agent != perciatelli.NAME:
      raise UserError(
        'PATH is missing: give the directory of a teacher, or --teacher_agent '
        f'{perciatelli.NAME}.'
      )
  elif chosen.chosen is None:
    raise MissingFileError(
      f'{args.path} has no checkpoint, no file of a teacher and no replay; '
      f'{flags.command("list", next_command.path(args.path))} looks below it.'
    )
  elif len(chosen.found) > 1 and not chosen.chosen.prefix:
    foreign_files.choose(chosen.chosen.path.parent)  # Which is to be named.


def _report(args: argparse.Namespace, chosen: Settings) -> dict[str, Any]:
  path = args.path or str(perciatelli.find())
  replays = chosen.chosen.replays if chosen.chosen else ()
  checkpoints = teacher_report.describe_checkpoints(chosen)
  teacher = None
  if checkpoints is not None or args.path is None:
    replay = _first_readable(replays)
    teacher = teacher_report.describe_teacher(args, chosen, replay)
  return {
    'path': path,
    'bytes': survey.size(pathlib.Path(path)),
    'checkpoints': checkpoints,
    'teacher': teacher,
    'replays': replay_report.describe(replays),
    'lineage': teacher_report.describe_lineage(path),
  }


def _first_readable(
  replays: tuple[ExternalReplay, ...],
) -> ExternalReplay | None:
  """Returns a replay that says of what shape its observations are."""
  for replay in replays:
    try:
      replay.inspect()
      return replay
    except UserError:
      continue  # It is reported among the others.
  return None


def _print(
  report: dict[str, Any], args: argparse.Namespace, chosen: Settings
) -> None:
  print(f'{text.printable(report["path"])}, {size_text(report["bytes"])}')
  for name in ('checkpoints', 'teacher'):
    if report[name]:
      print(f'{name}:')
      text.print_fields(_lines(report[name]))
  for replay in report['replays']:
    number = '' if replay['is_data'] else f' {replay["number"]},'
    print(f'replay{number} {replay["description"]}:')
    text.print_fields(_replay_lines(replay))
  for run in report['lineage']:
    print('lineage:')
    text.print_fields(_lines(run))
  if report['teacher'] and 'problem' not in report['teacher']:
    where = [next_command.path(args.path)] if args.path else []
    print(next_command.evaluate(where, args, chosen))


def _lines(part: dict[str, Any]) -> Iterator[tuple[str, object]]:
  """Yields names and values; the entries of an inner object are indented."""
  for name, value in part.items():
    if isinstance(value, dict) and value:
      yield name, ''
      yield from ((f'  {inner}', told) for inner, told in _lines(value))
    elif isinstance(value, list):
      yield name, ' '.join(map(str, value)) or None
    elif value not in (None, {}):
      yield name, value


def _replay_lines(replay: dict[str, Any]) -> Iterator[tuple[str, object]]:
  yield 'file' if replay['is_data'] else 'folder', replay['folder']
  if 'observation_shape' in replay:
    shape = 'x'.join(map(str, replay['observation_shape'])) or 'a number'
    yield 'entries', f'{replay["entries"]:,}, {size_text(replay["bytes"])}'
    yield 'observations', f'{shape} {replay["observation_dtype"]}'
    if replay['is_data']:
      yield 'told actions', replay['told_actions']
    else:
      yield 'stack', replay['stack_size']
      yield 'n-step', replay['n_step']
  elif 'entries' in replay:
    yield 'entries', 'none yet'
  if replay.get('data'):
    yield from _data_lines(replay['data'], replay['actions'])
  yield 'problem', replay.get('problem')


def _data_lines(
  data: dict[str, Any], actions: str
) -> Iterator[tuple[str, object]]:
  ended, cut = data['terminals'], data['episodes'] - data['terminals']
  yield 'steps', f'{data["steps"]:,}'
  yield (
    'episodes',
    f'{data["episodes"]:,} whole ones: {ended:,} ended, {cut:,} cut',
  )
  if data['episodes']:
    yield 'mean return', f'{data["mean_return"]:.2f} of the rewards as stored'
    yield 'mean length', f'{data["mean_length"]:.1f} steps'
  clipped = ': they may be clipped' if data['may_be_clipped'] else ''
  yield (
    'rewards',
    f'{data["least_reward"]:g} to {data["largest_reward"]:g}{clipped}',
  )
  largest = data['largest_action']
  yield 'actions', actions if largest is None else f'0 to {largest}'
  if not data['tells_time_outs']:
    yield 'note', 'no ends are listed: an episode that was cut joins the next'
