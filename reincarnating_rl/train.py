r"""Trains a student from a teacher: flags, then gin, then the runner.

  python -m reincarnating_rl.train --agent qdagger_dqn \
    --gin_files configs/qdagger_dqn.gin --base_dir runs/pong \
    --teacher_checkpoint_dir teacher_ckpts/Pong/1

The same command resumes a run that was interrupted.
"""

import os
import shlex
import sys
from collections.abc import Sequence

from absl import app, flags, logging

from reincarnating_rl.support.errors import (
  UserError,
  first_line,
)

FLAGS = flags.FLAGS
_PROGRAM = ('python', '-m', 'reincarnating_rl.train')
_INTERRUPTED = 130  # What shells say of a command that Ctrl-C ended.

flags.DEFINE_string(
  'agent',
  None,
  'Student, METHOD_dqn or METHOD_rainbow: qdagger_dqn, qdagger_rainbow, '
  'kickstarting_dqn, kickstarting_rainbow, dagger_dqn, dagger_rainbow, '
  'ql_dagger_dqn, ql_dagger_rainbow, dqfd_dqn, dqfd_rainbow, pretrained_dqn, '
  'pretrained_rainbow, rehearsal_dqn, rehearsal_rainbow, jsrl_dqn, '
  'jsrl_rainbow, reloaded_dqn, reloaded_rainbow; qdagger_quantile, '
  'qdagger_implicit_quantile, reloaded_quantile, reloaded_implicit_quantile; '
  'or tabula rasa: dqn, rainbow, quantile, implicit_quantile.',
)
flags.DEFINE_multi_string(
  'gin_files',
  [],
  'Configuration: a path, or the name of a shipped file (qdagger_dqn.gin).',
)
flags.DEFINE_multi_string(
  'gin_bindings',
  [],
  'Settings that override --gin_files: "Runner.num_iterations=5". A reference '
  'alone, @reincarnation_networks.ImpalaRainbowNetwork, is the network of the '
  'student.',
)
flags.DEFINE_string(
  'base_dir', None, 'Where the run is written, and resumed from.'
)
flags.DEFINE_string(
  'teacher_agent',
  'auto',
  'Kind of teacher: dqn, rainbow (C51 too), quantile, implicit_quantile, ppo; '
  'auto takes what the checkpoint says or looks like. Without a directory: '
  'perciatelli44, station_seeker (balloons); callable, a function '
  '(create_teacher.policy); random.',
)
flags.DEFINE_string(
  'teacher_checkpoint_dir',
  None,
  'The teacher: a directory that holds `checkpoints/`, or a file of CleanRL, '
  'Stable-Baselines3 or PyTorch.',
)
flags.DEFINE_integer(
  'teacher_checkpoint_number', None, 'Which checkpoint; default: the newest.'
)
flags.DEFINE_string(
  'teacher_checkpoint_file_prefix',
  'ckpt',
  'Checkpoint files: PREFIX.NUMBER; or, with tf_ckpt, those of TensorFlow.',
)
flags.DEFINE_string(
  'teacher_replay_dir',
  None,
  "Directory of the teacher's replay; default: --teacher_checkpoint_dir, if it "
  'has one. See RunnerWithTeacher.teacher_data.',
)
flags.DEFINE_integer(
  'run_number',
  1,
  'Seed of everything; runs are repeatable and differ by it.',
  lower_bound=0,
)
flags.DEFINE_string(
  'atari_roms_path', None, "Directory of Atari ROMs; default: ale-py's own."
)
flags.DEFINE_boolean(
  'disable_jit', False, 'Run JAX without compilation, for debugging.'
)


def main(argv: Sequence[str]) -> None:
  """Runs what the flags say; a user's mistake is one line on stderr."""
  if not FLAGS['verbosity'].present:
    # Dopamine logs every setting; lineage.json has them all.
    level = logging.INFO if FLAGS.alsologtostderr else logging.WARNING
    logging.set_verbosity(level)
  try:
    if len(argv) > 1:
      raise UserError(f'Unexpected argument {argv[1]!r}: flags begin with --.')
    if not FLAGS.base_dir:
      raise UserError('--base_dir is missing: where should the run be written?')
    _run()
  except UserError as error:
    logging.debug('%s', error, exc_info=True)
    # gin adds lines on where it was.
    sys.exit(f'error: {first_line(error)}')
  except KeyboardInterrupt:
    print(
      'Stopped. The same command goes on from the last checkpoint in '
      f'{FLAGS.base_dir}, if there is one.',
      file=sys.stderr,
    )
    sys.exit(_INTERRUPTED)


def _run() -> None:
  # What is slow to import waits until the flags have been read.
  import jax

  from reincarnating_rl.runner import factories
  from reincarnating_rl.settings import gin_parsing

  jax.config.update('jax_disable_jit', FLAGS.disable_jit)
  # Each action waits for the update before it: nothing is gained by handing
  # programs to another thread, which costs as much as a small network's action.
  jax.config.update('jax_cpu_enable_async_dispatch', False)
  factories.check_names(FLAGS.agent, FLAGS.teacher_agent)
  gin_parsing.load(
    FLAGS.gin_files,
    FLAGS.gin_bindings,
    network_parameter=factories.AGENTS[FLAGS.agent].network_parameter,
  )
  runner = factories.create_runner(
    base_dir=os.path.expanduser(FLAGS.base_dir),
    agent=FLAGS.agent,
    teacher=factories.TeacherSettings(
      agent=FLAGS.teacher_agent,
      checkpoint_dir=FLAGS.teacher_checkpoint_dir,
      checkpoint_number=FLAGS.teacher_checkpoint_number,
      checkpoint_file_prefix=FLAGS.teacher_checkpoint_file_prefix,
      replay_dir=FLAGS.teacher_replay_dir,
    ),
    seed=FLAGS.run_number,
    atari_roms_path=FLAGS.atari_roms_path,
    command=shlex.join((*_PROGRAM, *sys.argv[1:])),
  )
  gin_parsing.check_every_binding_was_read()
  runner.run_experiment()


def run() -> None:
  """Entry point of the installed command."""
  app.run(main)


if __name__ == '__main__':
  run()
