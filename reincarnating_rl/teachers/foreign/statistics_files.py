"""Which file holds the statistics of a teacher's observations, if any does."""

import pathlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reincarnating_rl.support.errors import MissingFileError
from reincarnating_rl.teachers.foreign import observation_statistics
from reincarnating_rl.teachers.foreign.observation_statistics import Statistics

NONE = 'none'  # As a user says that there are none.
_NAMES = ('vecnormalize.pkl', 'vec_normalize.pkl')
_NUMBERED = re.compile(r'(.+)_([0-9]+)_steps', re.ASCII)
_BEST = 'best_model'
_MAY_LACK = 'may_lack_statistics'  # Entry of what is told of a teacher.


class Search(NamedTuple):
  """What was found."""

  statistics: Statistics | None
  told: str  # how observations reach the network
  is_certain: bool  # whether somebody said so


def search(model: pathlib.Path, given: str | None) -> Search:
  """Finds the statistics that belong to a model.

  They are looked for where Stable-Baselines3, its zoo and the hub put them:
  `vecnormalize.pkl` or `vec_normalize.pkl` in the folder of the model's name or
  beside it, and `NAME_vecnormalize_N_steps.pkl` beside `NAME_N_steps.zip`.

  Args:
    model: the file of the teacher.
    given: the file that a user names; 'none' if there are none; None to look.

  Raises:
    MissingFileError: there are two, or it cannot be read.
    UserError: what is there holds no statistics.
  """
  if given == NONE:
    return Search(None, 'as they are, by create_teacher', True)
  path = pathlib.Path(given).expanduser() if given else _find(model)
  if path is None:
    return Search(None, 'as they are: no statistics were found', False)
  found = observation_statistics.read(str(path))
  if found is None:
    told = f'as they are: {path.name} normalizes rewards alone'
    return Search(None, told, True)
  return Search(found, f'normalized by {path.name}', True)


def _find(model: pathlib.Path) -> pathlib.Path | None:
  for group in _places(model):
    there = [path for path in group if path.is_file()]
    if len(there) > 1:
      raise MissingFileError(
        f'{model} has several files of statistics '
        f'({", ".join(str(path) for path in there[:4])}): name one with '
        'create_teacher.observation_statistics.'
      )
    if there:
      return there[0]
  return None


def _places(model: pathlib.Path) -> Iterator[list[pathlib.Path]]:
  """Yields where to look, the likeliest first."""
  folder = model.parent
  yield [folder / model.stem / name for name in _NAMES]
  match = _NUMBERED.fullmatch(model.stem)
  if match:
    yield [folder / f'{match[1]}_vecnormalize_{match[2]}_steps.pkl']
  yield [folder / name for name in _NAMES]
  if model.stem == _BEST:  # The zoo has them in the folder of the game.
    yield [
      entry / name
      for entry in sorted(folder.iterdir())
      if entry.is_dir()
      for name in _NAMES
    ]


def describe(found: Search, scale: float) -> dict[str, Any]:
  """Returns what is told of a teacher's observations; JSON.

  Args:
    found: of its statistics.
    scale: what its network divides states by; pixels are seldom normalized.
  """
  told: dict[str, Any] = {'observations': found.told}
  if found.statistics is not None:
    told['observation_statistics'] = found.statistics.describe()
  elif not found.is_certain and scale == 1.0:
    told[_MAY_LACK] = True
  return told


def doubt(lineage: Mapping[str, Any]) -> str | None:
  """Says why a teacher may play no better than at random, if its file does.

  Args:
    lineage: of the teacher, `Teacher.lineage`.

  Returns:
    One line for a user; None if its observations are as it knows them, as far
    as can be told.
  """
  told = lineage.get('described_as')
  if not isinstance(told, Mapping) or not told.get(_MAY_LACK):
    return None
  return (
    f'No statistics of observations were found for {lineage.get("checkpoint")}:'
    ' if it was trained on normalized ones (VecNormalize, NormalizeObservation)'
    ', they are missing, and it plays as if at random; name its '
    'vecnormalize.pkl with create_teacher.observation_statistics.'
  )
