"""What every file of data comes to: columns of steps, and observations."""

import contextlib
import dataclasses
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from reincarnating_rl.importers.loading import StepColumns
from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.learner.kinds import CONTINUOUS
from reincarnating_rl.support.errors import UserError, damaged_replay

# Errors that a malformed file can raise in NumPy, zipfile and h5py.
MALFORMED = (
  ArithmeticError,
  EOFError,
  LookupError,
  MemoryError,
  NotImplementedError,
  OSError,
  RuntimeError,
  SyntaxError,
  TypeError,
  ValueError,
  tokenize.TokenError,
  zipfile.BadZipFile,
  zlib.error,
)


class DataError(UserError):
  """Data are not of the form that a learner needs."""


@dataclasses.dataclass(frozen=True)
class UnknownBounds:
  """Vectors of which a file does not tell within what bounds they are.

  Attributes:
    size: D.
  """

  size: int
  kind = CONTINUOUS

  def __str__(self) -> str:
    """Returns them as a message names them."""
    return f'vectors of {self.size}, of unknown bounds'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Steps:
  """T steps, in order; made by `checking.checked`.

  Attributes:
    path: of the file.
    observation_shape: `*O`.
    observation_dtype: as it is stored.
    observations: returns those of steps [start, stop).
    action: [T] integers, or [T, D] floats.
    actions: what the file tells of them.
    is_scaled: whether vectors are in [-1, 1], whatever the game's bounds.
    reward: [T] floats.
    terminal: [T] bool, whether the task ended.
    is_last: [T] bool, whether the episode ended, or was cut.
    partial: the first steps of episodes that are not whole, for the file lacks
      their start or their end; the last one among them, if it is under way.
    late: those of them whose start it lacks.
  """

  path: str
  observation_shape: tuple[int, ...]
  observation_dtype: np.dtype
  observations: Callable[[int, int], np.ndarray]
  action: np.ndarray
  actions: Actions | UnknownBounds
  is_scaled: bool
  reward: np.ndarray
  terminal: np.ndarray
  is_last: np.ndarray
  partial: tuple[int, ...]
  late: tuple[int, ...] = ()

  # What a `ReplayInfo` says.
  stack_size = 1

  @property
  def entries(self) -> int:
    """T."""
    return len(self.reward)

  @property
  def episode_step(self) -> np.ndarray:
    """[T] int32, steps since the episode's first in the file."""
    numbers = np.arange(self.entries)
    starts = np.where(np.append(True, self.is_last[:-1]), numbers, 0)
    return (numbers - np.maximum.accumulate(starts)).astype(np.int32)

  def counted_from(self, known: int) -> np.ndarray:
    """Returns `episode_step`; a first episode without its start is counted on.

    A later episode has to begin with 0, which parts it from the one before. The
    observations that it lacks are blank then.

    Args:
      known: observations before a step that a state of it needs.
    """
    counted = self.episode_step
    if 0 in self.late:
      counted[: int(np.argmax(self.is_last)) + 1] += known
    return counted

  def columns(self) -> StepColumns:
    """Returns what `inspect` reads."""
    return StepColumns(
      self.action,
      self.reward,
      self.terminal,
      self.episode_step,
      partial=self.partial,
      tells_last=True,
    )


@contextlib.contextmanager
def reading(path: str) -> Iterator[None]:
  """Turns errors of reading into one error that names the file."""
  try:
    yield
  except UserError:
    raise
  except MALFORMED as error:
    told = (str(error).strip() or type(error).__name__).splitlines()[0]
    raise damaged_replay(path, f'cannot be read ({told[:100]})') from error


def begins_with(path: str, magic: bytes) -> bool:
  """Whether a file begins as those of a format do."""
  try:
    with open(path, 'rb') as file:
      return file.read(len(magic)) == magic
  except OSError:
    return False


def lacks(path: str, wanted: Sequence[str], found: Sequence[str]) -> None:
  """Refuses a file without all arrays that are needed.

  Args:
    path: of the file.
    wanted: names of arrays.
    found: those that it has.

  Raises:
    DataError: naming what is missing.
  """
  missing = [name for name in wanted if name not in found]
  if missing:
    told = [ascii(name[:30])[1:-1] for name in sorted(found)[:8]]
    raise DataError(
      f'{path} has no {" and no ".join(missing)}: add '
      f'{"them" if len(missing) > 1 else "it"}, an entry a step '
      f'(docs/data.md); it has {", ".join(told) or "nothing"}.'
    )
