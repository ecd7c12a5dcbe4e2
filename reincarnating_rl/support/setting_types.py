"""Types of settings with the values that they may have, for signatures.

A signature says `batch_size: PositiveInt`, and no code checks the value where
it is used: `settings.gin_values` checks all that gin binds.
"""

import dataclasses
import math
from collections.abc import Callable, Collection
from typing import Annotated, Any, Protocol, runtime_checkable


@runtime_checkable
class Limit(Protocol):
  """What `Annotated` may say of a type.

  Attributes:
    words: follow 'it must be' and the words of the type, if it has any.
  """

  words: str

  def allows(self, value: Any) -> bool:
    """Says whether a value of the type is right."""
    ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Range:
  """The numbers between two others.

  Attributes:
    least: the smallest.
    most: the largest.
    above: all are larger than this.
    below: all are smaller than this.
  """

  least: float = -math.inf
  most: float = math.inf
  above: float = -math.inf
  below: float = math.inf

  @property
  def words(self) -> str:
    """See `Limit`."""
    if math.isfinite(self.least) and math.isfinite(self.most):
      return f'from {self.least} to {self.most}'
    bounds = {
      'of at least': self.least,
      'above': self.above,
      'of at most': self.most,
      'below': self.below,
    }
    return ' and '.join(f'{w} {x}' for w, x in bounds.items() if abs(x) < 1e300)

  def allows(self, value: float) -> bool:
    """See `Limit`."""
    return self.least <= value <= self.most and self.above < value < self.below


@dataclasses.dataclass(frozen=True)
class OneOf:
  """The keys of a table.

  Attributes:
    find: returns the table, which may be slow to import.
  """

  find: Callable[[], Collection[str]]

  @property
  def words(self) -> str:
    """See `Limit`."""
    return one_of(self.find())

  def allows(self, value: str) -> bool:
    """See `Limit`."""
    return value in self.find()


def one_of(choices: Collection[object]) -> str:
  """Returns the words for a choice, each written as in gin."""
  shown = ', '.join(map(repr, choices))
  return f'one of {shown}' if len(choices) > 1 else shown


class _IsCode:
  """What no text can say."""

  words = 'an object that only code makes'

  def allows(self, value: Any) -> bool:
    """See `Limit`."""
    plain = (bool, int, float, complex, str, bytes, list, tuple, set, dict)
    return value is not None and not isinstance(value, plain)


class _IsDType:
  """A type of NumPy, or of what it knows."""

  words = "a type of numbers, such as 'uint8'"

  def allows(self, value: Any) -> bool:
    """See `Limit`."""
    import numpy as np  # Help is shown without.

    value = getattr(value, 'as_numpy_dtype', value)  # Of TensorFlow.
    if not isinstance(value, str | type | np.dtype):
      return False
    try:
      return np.dtype(value) != np.dtype(object)
    except TypeError:
      return False


PositiveInt = Annotated[int, Range(least=1)]
NonNegativeInt = Annotated[int, Range(least=0)]
MOST_SEED = 2**32 - 1  # JAX forgets what is above: two seeds would be one.
Seed = Annotated[int, Range(least=0, most=MOST_SEED)]
PositiveFloat = Annotated[float, Range(above=0)]
NonNegativeFloat = Annotated[float, Range(least=0)]
Fraction = Annotated[float, Range(least=0, most=1)]
Code = Annotated[Any, _IsCode()]
DType = Annotated[Any, _IsDType()]
