"""Which teachers a folder has: by names and manifests, nothing else is read."""

import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from reincarnating_rl.importers import external_replay
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import checkpoint_files, native_checkpoint
from reincarnating_rl.teachers.description import (
  actions_from_manifest,
  bounds_from_manifest,
  from_manifest,
  module_of_game,
  state_shape_of,
  trained_on,
)
from reincarnating_rl.teachers.foreign import files as foreign_files

_MAX_DEPTH, _MAX_FOLDERS = 6, 10_000
_FILE_FORMATS = {
  '.cleanrl_model': 'CleanRL',
  '.zip': 'Stable-Baselines3',
  '.pt': 'PyTorch',
  '.pth': 'PyTorch',
  '.safetensors': 'safetensors',
}


class Found(NamedTuple):
  """A teacher's checkpoints of one prefix, a file, or a replay alone."""

  path: pathlib.Path  # a run, a folder of checkpoints, or a file
  prefix: str = ''  # of numbered checkpoints
  numbers: tuple[int, ...] = ()
  complete: tuple[int, ...] = ()
  replays: tuple[ExternalReplay, ...] = ()

  @property
  def folder(self) -> pathlib.Path:
    """Where the checkpoints are."""
    return checkpoint_files.find_folder(self.path)

  def newest(self) -> int | None:
    """Returns the newest number: of those known to be complete, if any is."""
    return max(self.complete or self.numbers, default=None)

  def format_of(self, number: int | None) -> str:
    """Returns what wrote a checkpoint, as far as names tell; '' for none."""
    if self.path.is_file() and not self.replays:
      return _FILE_FORMATS.get(self.path.suffix, 'unknown')
    if number is None:
      return ''
    if (self.folder / f'{self.prefix}.{number}.json').exists():
      return 'reincarnating_rl'
    if (self.folder / f'{self.prefix}-{number}.index').exists():
      return 'Dopamine, TensorFlow'
    return 'Dopamine, JAX'

  def manifest(self, number: int | None) -> dict[str, Any]:
    """Returns a checkpoint's manifest; an empty one for other formats.

    Raises:
      DamagedFileError: it is none.
    """
    if number is None or self.format_of(number) != 'reincarnating_rl':
      return {}
    return native_checkpoint.read_manifest(
      self.folder / f'{self.prefix}.{number}.json'
    )


class Told(NamedTuple):
  """What a manifest says; None where it does not."""

  kind: str | None = None
  network: str | None = None
  game: str | None = None
  actions: tuple[str, ...] | None = None  # what they mean
  module: str | None = None  # of one's own, that registers the game
  state_shape: tuple[int, ...] | None = None  # (*O, S), of what was converted
  bounds: Continuous | None = None  # of actions that are vectors


def read_told(manifest: dict[str, Any], source: str) -> Told:
  """Reads what a manifest says of a teacher, whichever of our versions' it is.

  Args:
    manifest: of a checkpoint.
    source: its path, for messages.

  Raises:
    DamagedFileError: an entry is not what it should be.
  """
  described = from_manifest(manifest, source)
  return Told(
    described.kind if described else None,
    described.network if described else None,
    trained_on(manifest),
    actions_from_manifest(manifest, source),
    module_of_game(manifest),
    state_shape_of(manifest),
    bounds_from_manifest(manifest, source),
  )


def look(
  path: pathlib.Path, prefixes: Sequence[str] = checkpoint_files.PREFIXES
) -> list[Found]:
  """Lists what is in one folder, or says what a file is.

  Args:
    path: of a run, of checkpoints or of a file.
    prefixes: of the names of numbered checkpoints.

  Returns:
    Nothing where nothing is known; what belongs to a run, with the run.

  Raises:
    MissingFileError: there is no such directory.
  """
  if path.is_file():
    return [Found(path, replays=tuple(external_replay.find(path)))]
  folder = checkpoint_files.find_folder(path)
  replays = tuple(external_replay.find(path))
  found = [
    Found(
      path,
      prefix,
      tuple(checkpoint_files.available(folder, prefix)),
      tuple(checkpoint_files.complete(folder, prefix)),
    )
    for prefix in prefixes
    if checkpoint_files.available(folder, prefix)
  ]
  if not found:
    found = [Found(file) for file in foreign_files.find(folder)]
  if not found and replays:
    found = [Found(path)]
  return [entry._replace(replays=replays) for entry in found]


def walk(root: pathlib.Path) -> Iterator[Found]:
  """Lists the teachers below a folder, by path.

  Args:
    root: where to begin; links are followed, each folder is visited once.

  Yields:
    What `look` finds. Nothing is looked for inside a run.

  Raises:
    UserError: there is no such folder, or there are too many below it.
  """
  seen = set()
  for folder, names, _ in os.walk(root, followlinks=True):
    path = pathlib.Path(folder)
    real = path.resolve()
    depth = len(path.relative_to(root).parts)
    if real in seen:
      names.clear()
      continue
    seen.add(real)
    if len(seen) > _MAX_FOLDERS:
      raise UserError(
        f'{root} has more than {_MAX_FOLDERS} folders: name a smaller one.'
      )
    found = look(path)
    yield from found
    if depth >= _MAX_DEPTH or any(not f.path.is_file() for f in found):
      names.clear()
    names[:] = sorted(name for name in names if not name.startswith('.'))


def size(path: pathlib.Path) -> int:
  """Returns how many bytes a file has, or all files below a folder."""
  if path.is_file():
    return path.stat().st_size
  return sum(
    entry.stat().st_size
    for folder, _, names in os.walk(path)
    for entry in (pathlib.Path(folder, name) for name in names)
    if entry.is_file()
  )
