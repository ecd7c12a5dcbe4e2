"""`fetch`: a teacher of a bucket or of the hub."""

import argparse
import os
import pathlib

from reincarnating_rl.cli import text
from reincarnating_rl.cli.teachers import flags, next_command, survey
from reincarnating_rl.envs import atari_roms
from reincarnating_rl.fetching import bucket, hub
from reincarnating_rl.fetching.destination import size_text
from reincarnating_rl.fetching.listing import BucketTeacher
from reincarnating_rl.fetching.plan import Plan
from reincarnating_rl.support.errors import UserError

_MOST_FILES = 20  # That a plan shows.


def run(args: argparse.Namespace) -> None:
  """Prints the plan, or fetches and prints what came.

  Raises:
    FetchError: it cannot be fetched, or not to there.
    UserError: flags of a bucket are given for the hub.
  """
  if args.hub is not None:
    _check_hub(args)
  elif _is_game(args.game):
    args.game = atari_roms.canonical_name(args.game)
  if args.dry_run:
    _print_plan(_plan(args), args)
    return
  if args.hub is not None:
    report = hub.fetch_hub(args.hub, args.dest)
  else:
    report = bucket.fetch_bucket(_wanted(args), args.dest, workers=args.workers)
  print(
    f'{report.directory} has {len(report.files)} files, whole and verified: '
    f'{size_text(report.bytes_fetched)} fetched, '
    f'{size_text(report.bytes_kept)} there before.'
  )
  where = next_command.path(report.directory)
  is_one = len(survey.look(pathlib.Path(report.directory))) == 1
  # A game without a run is a folder of them.
  if (args.hub is None and args.run is None) or not is_one:
    print(f'next: {flags.command("list", where)}')
    return
  told = ('--game', args.game) if _is_game(args.game) else ()
  print(f'next: {flags.command("inspect", where, *told)}')


def _is_game(name: str | None) -> bool:
  """Whether a folder of a bucket has the name of an Atari game."""
  return name is not None and atari_roms.is_named(name)


def _check_hub(args: argparse.Namespace) -> None:
  if args.run is not None or args.contents != 'all':
    raise UserError(
      'A repository of the hub is fetched whole: leave out --run, '
      '--checkpoint_only and --replay_only.'
    )


def _wanted(args: argparse.Namespace) -> BucketTeacher:
  return BucketTeacher(
    args.game, args.run, args.bucket, args.prefix, args.contents
  )


def _plan(args: argparse.Namespace) -> Plan:
  if args.hub is not None:
    return hub.plan_hub(args.hub, args.dest)
  return bucket.plan_bucket(_wanted(args), args.dest)


def _print_plan(plan: Plan, args: argparse.Namespace) -> None:
  rows = [
    (
      os.path.relpath(file.path, plan.directory),
      size_text(file.remote.size),
      'there' if file.is_finished else size_text(file.bytes_there),
    )
    for file in plan.files[:_MOST_FILES]
  ]
  text.print_table(('file', 'size', 'there'), rows, right=('size', 'there'))
  if len(plan.files) > _MOST_FILES:
    print(f'… and {len(plan.files) - _MOST_FILES} more files.')
  print(
    f'{text.printable(plan.origin)} → {plan.directory}: {len(plan.files)} '
    f'files of {size_text(plan.bytes_total)}, of which '
    f'{size_text(plan.bytes_missing)} are to be fetched.'
  )
  words = [word for word in args.words if word != '--dry_run']
  print(f'next: {flags.command(*words)}')
