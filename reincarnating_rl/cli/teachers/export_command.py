"""`convert REPLAY OUT.npz`: the steps of a replay, for other tools."""

import argparse
import os

from reincarnating_rl.importers.data import export
from reincarnating_rl.importers.data.export import Export
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.runner import replay_store
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import UserError

SUFFIX = '.npz'


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
  if args.collect is not None or args.no_replay:
    raise UserError(
      f'OUT ends in {SUFFIX}, which takes the steps of a stored replay alone: '
      'leave out --collect and --no_replay.'
    )
  if replay is None:
    raise UserError(
      f'{args.path} has no replay: name one with --teacher_replay_dir.'
    )
  files.check_file(out, 'OUT')
  made = _steps(replay, args.newest)
  export.write(out, made, 'choose another OUT')
  count = len(made.arrays['rewards'])
  left = (
    f'; {made.left_out:,} of episodes that are not whole left out'
    if made.left_out
    else ''
  )
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
