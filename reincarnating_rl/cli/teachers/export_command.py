"""`convert`: the steps of a replay, as `.npz` or Minari's, for other tools."""

import argparse
import os

from reincarnating_rl.importers.data import export, minari_export
from reincarnating_rl.importers.data.export import Export
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.runner import replay_store
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import UserError

SUFFIX, FLAG = '.npz', '--minari'
_OTHER_OUT = 'choose another OUT'


def run(args: argparse.Namespace, replay: ExternalReplay | None) -> None:
  """Writes the steps as plain arrays.

  Args:
    args: of `convert`.
    replay: whose steps; None where there is none.

  Raises:
    UserError: there is none, it is damaged, or the file is there or cannot be
      written.
  """
  out = os.path.expanduser(args.out)
  if os.path.lexists(out):
    raise UserError(f'{out} is there: choose another OUT.')
  replay = _checked(args, replay, f'OUT ends in {SUFFIX}')
  files.check_file(out, 'OUT')
  made = _steps(replay, args.newest)
  export.write(out, made, _OTHER_OUT)
  _print(out, made, replay)


def run_minari(
  args: argparse.Namespace, replay: ExternalReplay | None, out: str, part: str
) -> None:
  """Writes the steps as a dataset of Minari.

  Args:
    args: of `convert`.
    replay: whose steps; None where there is none.
    out: the folder of the dataset.
    part: in which it is written first.

  Raises:
    UserError: there is no replay, it is damaged, or it cannot be written.
  """
  replay = _checked(args, replay, FLAG)
  made = _steps(replay, args.newest)
  with files.writing(out, _OTHER_OUT):
    minari_export.write(part, made, minari_export.dataset_id(out))
  _print(out, made, replay)
  if not minari_export.knows_actions(made):
    most = made.arrays['actions'].max(initial=0)
    print(
      'The replay does not tell how many actions there are: the dataset has '
      f'{most + 1}, up to the largest that was taken.'
    )


def _checked(
  args: argparse.Namespace, replay: ExternalReplay | None, why: str
) -> ExternalReplay:
  """Refuses flags of a teacher, and what has no replay."""
  if args.collect is not None or args.no_replay:
    raise UserError(
      f'{why}, which takes the steps of a stored replay alone: leave out '
      '--collect and --no_replay.'
    )
  if replay is None:
    raise UserError(
      f'{args.path} has no replay: name one with --teacher_replay_dir.'
    )
  return replay


def _print(out: str, made: Export, replay: ExternalReplay) -> None:
  count = len(made.arrays['rewards'])
  left = (
    f'; {made.left_out:,} of episodes whose start is gone, or without an '
    'action, left out'
    if made.left_out
    else ''
  )
  if number := export.count_partial(made):
    left += f'; episodes that are not whole, and are marked so: {number:,}'
  print(f'{out} has {count:,} steps of the {replay.describe()}{left}.')


def _steps(replay: ExternalReplay, newest: int | None) -> Export:
  info = replay.inspect()
  if replay.is_data:
    return export.of_steps(info, newest)
  store = replay_store.read(
    replay,
    observation_shape=info.observation_shape,
    stack_size=info.stack_size,
    actions=info.actions,
    policy_size=0,
    newest=newest,
  )
  return export.of_store(store)
