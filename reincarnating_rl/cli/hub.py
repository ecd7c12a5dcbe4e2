"""`python -m reincarnating_rl.hub`: runs to the Hugging Face hub."""

import argparse
import contextlib
import os
import re
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from reincarnating_rl.cli import command_line, hub_video, shared_flags
from reincarnating_rl.cli.command_line import Parser, Subcommand
from reincarnating_rl.cli.flag_values import not_empty, number
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import UserError, check_choice

PROGRAM = 'python -m reincarnating_rl.hub'
_SUMMARY = 'Publish students on the Hugging Face hub.'
_PUSH = 'Push a run as a teacher that others can take.'
_DETAILS = """
A repository gets the parameters, lineage, learning curve, video and a card. No
absolute path of this machine is in them. Log in with `hf auth login`, or set
HF_TOKEN. docs/sharing.md describes the files.
"""
_EXAMPLES = (
  'runs/pong ada/pong-qdagger --license mit',
  'runs/pong ada/pong-qdagger --dry_run',
)
# As the hub spells licences.
_LICENSE = re.compile(r'[a-z0-9][a-z0-9.-]{0,60}')
_UNKNOWN_LICENSE = 'unknown'
# How the student plays for a video.
_PLAY = (
  *('game', 'gin_files', 'gin_bindings', 'atari_roms_path'),
  *('episodes', 'epsilon', 'seed', 'max_steps_per_episode'),
)


def main(argv: Sequence[str] | None = None, program: str = PROGRAM) -> int:
  """Publishes a run; a user's mistake is one line on stderr.

  Args:
    argv: the flags; None for those of the process.
    program: what the user typed before them.

  Returns:
    The exit status: 0, 1 after a mistake, 130 after Ctrl-C.

  Raises:
    SystemExit: help was asked for.
  """
  return command_line.main(create_parser, _run, argv, program)


def create_parser(program: str = PROGRAM) -> Parser:
  """Makes the parser; a user types `program` before the flags."""
  parser = Parser(program, summary=_SUMMARY, examples=[f'push {_EXAMPLES[0]}'])
  parser.add_subcommands(
    {'push': Subcommand(_PUSH, _EXAMPLES, _add_push, _DETAILS)}
  )
  return parser


def _add_push(parser: Parser) -> None:
  add = parser.add_argument
  add(
    'run',
    metavar='RUN',
    type=not_empty,
    help='A --base_dir, or one ckpt.N.json in it.',
  )
  add('repository', metavar='OWNER/NAME', help='Where it is pushed to.')
  add('--private', action='store_true', help='Only you see a new repository.')
  add(
    '--license',
    metavar='NAME',
    default=_UNKNOWN_LICENSE,
    help='Licence of the parameters, as the hub spells it: mit, apache-2.0, '
    'cc-by-4.0.',
  )
  add(
    '--teacher_checkpoint_number',
    metavar='N',
    type=number(int, 0),
    help='Which checkpoint. Default: the newest.',
  )
  add('--unfinished', action='store_true', help='Push an unfinished run, too.')
  add('--dry_run', action='store_true', help='Write the folder, push nothing.')
  add(
    '--out',
    metavar='DIR',
    type=not_empty,
    help='With --dry_run: where the folder is written. Default: OWNER--NAME.',
  )
  add = parser.add_argument_group(
    'video',
    'Without a video.mp4 in RUN, the student plays for one, by these settings.',
  ).add_argument
  add('--no_video', action='store_true', help='Push no video.')
  add(
    '--game',
    metavar='NAME',
    help='Such as MinAtar/breakout. Default: the one that RUN names.',
  )
  shared_flags.add_settings(add, 'student')
  shared_flags.add_episodes(add, 10)


def push_to_hub(
  run_dir: Any,
  repo_id: str,
  *,
  private: bool = False,
  dry_run: bool = False,
  out: str | os.PathLike[str] | None = None,
  license: str = _UNKNOWN_LICENSE,  # noqa: A002  (the hub's word)
  video: bool = True,
  unfinished: bool = False,
  number: int | None = None,
  endpoint: str | None = None,
  **play: Any,
) -> str:
  """Publishes a run on the Hugging Face hub.

  Args:
    run_dir: a `Run`, or the path of one.
    repo_id: `<owner>/<name>`.
    private: whether only its owner sees a new repository.
    dry_run: whether the folder is written and nothing is pushed.
    out: path of that folder; None for `<owner>--<name>`.
    license: of the parameters, as the hub spells it.
    video: whether it has a video: `video.mp4` of the run, or one is made.
    unfinished: whether the run may be unfinished.
    number: which checkpoint; None for the newest.
    endpoint: address of a hub; None for `$HF_ENDPOINT`, else the public one.
    **play: for a video that is made: `game`, `episodes`, `seed`, `epsilon`,
      `max_steps_per_episode`, `gin_files`, `gin_bindings`, `atari_roms_path`.

  Returns:
    The address of the repository, or the path of the folder.

  Raises:
    UserError: the run cannot be published as it is, or not there.
  """
  # What is slow to import waits until the flags have been read.
  from reincarnating_rl.publishing import folder, source, upload

  for name in play:
    check_choice('The argument', name, _PLAY)
  upload.check_name(repo_id)
  if not _LICENSE.fullmatch(license):
    raise UserError(
      f'--license {license!r} is none: spell it as the hub does, such as '
      'mit, apache-2.0 or cc-by-4.0.'
    )
  if out is not None and not dry_run:
    raise UserError('--out is for --dry_run: leave it out, or add that.')
  there = None
  if dry_run:
    out = os.path.expanduser(out or repo_id.replace('/', '--'))
  else:
    there = upload.look(repo_id, private=private, endpoint=endpoint)
  path = files.given_path(getattr(run_dir, 'base_dir', run_dir), 'run_dir')
  read = source.read(path, number, unfinished=unfinished)
  with _place(out) as place, hub_video.of_run(video, read, play) as shown:
    folder.write(read, place, repo_id, license_name=license, video=shown)
    if there is None:
      return out
    return upload.push(place, there, private=private, endpoint=endpoint)


def _run(args: argparse.Namespace) -> None:
  where = push_to_hub(
    args.run,
    args.repository,
    private=args.private,
    dry_run=args.dry_run,
    out=args.out,
    license=args.license,
    video=not args.no_video,
    unfinished=args.unfinished,
    number=args.teacher_checkpoint_number,
    **{name: getattr(args, name) for name in _PLAY},
  )
  if not args.dry_run:
    print(f'The repository: {where}')
    return
  print(f'The folder: {where}')
  words = [word for word in args.words if word != '--dry_run']
  if args.out is not None:
    at = next(n for n, word in enumerate(words) if word.startswith('--out'))
    del words[at : at + 1 + (words[at] == '--out')]
  print(f'next: {PROGRAM} {shlex.join(words)}')


@contextlib.contextmanager
def _place(out: str | None) -> Iterator[str]:
  """Yields an empty folder: a temporary one, or `out`, which stays."""
  from reincarnating_rl.support import new_folder

  if out is not None:
    new_folder.check_empty(out, '--out')
    with new_folder.writing(out, '--out') as place:
      yield place
  else:
    with tempfile.TemporaryDirectory() as place:
      yield place
