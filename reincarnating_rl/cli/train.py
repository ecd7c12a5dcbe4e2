"""`python -m reincarnating_rl.train`: flags, then gin, then the runner."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence

from reincarnating_rl.cli import command_line, train_flags
from reincarnating_rl.support import claims, cores
from reincarnating_rl.support.errors import UserError


def main(
  argv: Sequence[str] | None = None, program: str = train_flags.PROGRAM
) -> int:
  """Trains, or resumes; a user's mistake is one line on stderr.

  Args:
    argv: the flags; None for those of the process.
    program: what the user typed before them.

  Returns:
    The exit status: 0, 1 after a mistake, 130 after Ctrl-C.

  Raises:
    SystemExit: help was asked for.
  """
  return command_line.main(train_flags.create_parser, _run, argv, program)


def _run(args: argparse.Namespace) -> None:
  # What is slow to import waits until the flags have been read.
  from absl import logging

  _set_up_logging(args)
  base_dir = os.path.expanduser(args.base_dir)
  try:
    with claims.claimed(base_dir, '--base_dir'):
      _train(args)
  except BrokenPipeError:  # Silence is for commands that end by themselves.
    print('Stopped: the reader of the output has left.', file=sys.stderr)
    raise
  except (UserError, OSError) as error:
    logging.debug('%s', error, exc_info=True)
    raise
  except KeyboardInterrupt as stop:
    raise KeyboardInterrupt(
      'Stopped. The same command resumes from the last checkpoint in '
      f'{args.base_dir}, if there is one.'
    ) from stop


def _set_up_logging(args: argparse.Namespace) -> None:
  from absl import flags, logging

  # absl's own flags, which are not ours, keep their defaults.
  flags.FLAGS.mark_as_parsed()
  logging.use_absl_handler()
  level = args.verbosity
  if level is None:
    # Dopamine logs every setting; lineage.json has them all.
    level = logging.INFO if args.alsologtostderr else logging.WARNING
  logging.set_verbosity(level)


def _train(args: argparse.Namespace) -> None:
  import jax

  from reincarnating_rl.runner import factories
  from reincarnating_rl.settings import gin_parsing
  from reincarnating_rl.tracking import table

  if args.disable_jit and args.num_seeds is not None:
    raise UserError('--num_seeds compiles a program: leave out --disable_jit.')
  jax.config.update('jax_disable_jit', args.disable_jit)
  if args.num_seeds is None:
    # Each action waits for the update before it: nothing is gained by handing
    # programs to another thread, which costs as much as a small network's
    # action.
    jax.config.update('jax_cpu_enable_async_dispatch', False)
  else:
    # Seeds are spread over devices: on a processor, over its cores.
    jax.config.update('jax_num_cpu_devices', cores.usable())
  if args.track is not None:
    table.check(args.track, many=args.num_seeds is not None)
  factories.check_names(args.agent, args.teacher_agent)
  factories.load_settings(args.agent, args.gin_files, args.gin_bindings)
  base_dir = os.path.expanduser(args.base_dir)
  asked = {
    'agent': args.agent,
    'teacher': factories.TeacherSettings(
      agent=args.teacher_agent,
      checkpoint_dir=args.teacher_checkpoint_dir,
      checkpoint_number=args.teacher_checkpoint_number,
      checkpoint_file_prefix=args.teacher_checkpoint_file_prefix,
      replay_dir=args.teacher_replay_dir,
    ),
    'atari_roms_path': args.atari_roms_path,
    'command': f'{train_flags.PROGRAM} {shlex.join(args.words)}',
    'track': args.track,
  }
  if args.num_seeds is None:
    runner = factories.create_runner(
      base_dir=base_dir, seed=args.run_number, **asked
    )
    run = runner.run_experiment
  else:
    from reincarnating_rl.fleet import launch

    run = launch.create_fleet(
      base_dir=base_dir,
      number=args.num_seeds,
      first_seed=args.run_number,
      **asked,
    ).run
  gin_parsing.check_every_binding_was_read()
  run()
