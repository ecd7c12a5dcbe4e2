"""`convert`: a teacher and its replay in the format of our own runs."""

import argparse
import os
import pathlib
import shutil
from typing import Any

from reincarnating_rl.cli.teachers import (
  converted_manifest,
  export_command,
  identify,
  next_command,
  settings,
)
from reincarnating_rl.cli.teachers.collecting import collect
from reincarnating_rl.cli.teachers.settings import Settings
from reincarnating_rl.envs.facts import GameFacts
from reincarnating_rl.evaluation.summary import PLOT_FILE
from reincarnating_rl.importers import external_replay, run_replay
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.runner import replay_store
from reincarnating_rl.support import files, json_file, new_folder
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import (
  checkpoint_files,
  checkpoints,
  native_checkpoint,
)
from reincarnating_rl.teachers.foreign import base
from reincarnating_rl.teachers.kinds import count
from reincarnating_rl.teachers.loaded import LoadedTeacher

_FLAG = 'OUT'
_OTHER_OUT = f'choose another {_FLAG}'


def run(args: argparse.Namespace) -> None:
  """Writes the teacher, its replay before it.

  Raises:
    UserError: the teacher, its replay or its score cannot be read, the score
      is another's, or the folder is not empty or cannot be written.
  """
  args.path, out = (os.path.expanduser(p) for p in (args.path, args.out))
  if out.endswith(export_command.SUFFIX) and not args.minari:
    export_command.run(args, _find_replay(args))
    return
  new_folder.check_empty(out, _FLAG)
  if args.minari:
    with new_folder.writing(out, _FLAG) as part:
      export_command.run_minari(args, _find_replay(args), out, part)
    return
  _check_is_teacher(args.path)
  with new_folder.writing(out, _FLAG) as part:
    chosen = settings.read(args)
    replay = _find_replay(args)
    game = identify.facts(chosen, replay)
    loaded = identify.load(chosen, chosen.source(args.path), game)
    settings.check_bindings(args, chosen)
    about = converted_manifest.about(args, chosen, loaded)
    store = None
    if replay is not None and not args.no_replay:
      store = _load_replay(replay, loaded, game, args.newest)
    if args.collect is not None:
      folder = os.path.join(part, checkpoint_files.FOLDER)
      about[run_replay.REPLAYS] = collect(args, folder)
    with files.writing(out, _OTHER_OUT):
      _write(args.path, part, loaded, about, store)
  _print(args, out, loaded, chosen)


def _write(
  path: str,
  part: str,
  loaded: LoadedTeacher,
  about: dict[str, Any],
  store: FrameStore | None,
) -> None:
  os.makedirs(
    folder := os.path.join(part, checkpoint_files.FOLDER), exist_ok=True
  )
  if store is not None:
    about[run_replay.REPLAYS] = run_replay.save(folder, store)
  native_checkpoint.write(
    folder, loaded.checkpoint.number or 0, loaded.checkpoint.params, about
  )
  _copy_story(path, part)


def _check_is_teacher(path: str) -> None:
  if os.path.isfile(path) and external_replay.find(path):
    raise UserError(
      f'{path} has data, and no teacher to convert: it can be learnt from as '
      f'it is (--teacher_replay_dir), or give an OUT that ends in '
      f'{export_command.SUFFIX}, or {export_command.FLAG}.'
    )


def _find_replay(args: argparse.Namespace) -> ExternalReplay | None:
  if args.collect is not None:
    return None
  if args.teacher_replay_dir is not None:
    return external_replay.choose(args.teacher_replay_dir)
  if os.path.isfile(args.path):
    return next(iter(external_replay.find(args.path)), None)
  return external_replay.beside(args.path, args.teacher_checkpoint_number)


def _load_replay(
  replay: ExternalReplay,
  loaded: LoadedTeacher,
  game: GameFacts,
  newest: int | None,
) -> FrameStore:
  actions = game.actions or loaded.candidate.actions
  return replay_store.read(
    replay,
    observation_shape=game.observation_shape,
    stack_size=game.stack_size,
    actions=actions,
    policy_size=loaded.candidate.kind.width(count(actions)),
    newest=newest,
    observation_dtype=game.observation_dtype,
  )


def _copy_story(path: str, out: str) -> None:
  """Copies what a run left of its training: settings, scores and picture."""
  lineage = checkpoints.read_lineage(path)
  if lineage is None:
    return
  json_file.write(os.path.join(out, 'lineage.json'), lineage, _OTHER_OUT)
  picture = checkpoint_files.find_run(path) / PLOT_FILE
  if picture.is_file():
    shutil.copyfile(picture, os.path.join(out, PLOT_FILE))


def _print(
  args: argparse.Namespace, out: str, loaded: LoadedTeacher, chosen: Settings
) -> None:
  print(
    f'{pathlib.Path(out)} has the {loaded.trained_by} teacher of '
    f'{loaded.checkpoint.path}.'
  )
  checkpoint = loaded.checkpoint
  about = {'described_as': checkpoint.metadata, 'checkpoint': checkpoint.path}
  for note in base.notes(about):
    print(f'warning: {note}')
  if loaded.description is None:
    print(
      'Its network is not one of this project and cannot be described: '
      'create_teacher.network and --teacher_agent '
      f'{loaded.candidate.kind.name} will be needed.'
    )
  print(
    next_command.evaluate(
      [next_command.path(out)],
      next_command.of_converted(args, chosen, loaded),
      chosen,
    )
  )
