"""What an action is: one of several, or a vector within bounds."""

import dataclasses
import functools
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from reincarnating_rl.learner.kinds import CONTINUOUS, DISCRETE

_TOLERANCE = 1e-5  # Of float32, which some files round bounds to.


@dataclasses.dataclass(frozen=True)
class Discrete:
  """Actions 0 to `number - 1`.

  Attributes:
    number: A; 0 where nobody knows it.
  """

  number: int
  kind = DISCRETE
  shape = ()
  dtype = np.dtype(np.int32)

  def __str__(self) -> str:
    """Returns them as a message names them."""
    return _counted(self.number, 'discrete') if self.number else 'discrete ones'


@dataclasses.dataclass(frozen=True)
class Continuous:
  """Vectors in [-1, 1]^D; the game has bounds of its own.

  Everybody but the game and a file's reader knows actions in [-1, 1] alone.
  The two convert: `low + (a + 1) / 2 * (high - low)`.

  Attributes:
    low: [D], the game's least values.
    high: [D], its greatest.

  Raises:
    ValueError: there are no such bounds in float32.
  """

  low: tuple[float, ...]
  high: tuple[float, ...]
  kind = CONTINUOUS
  dtype = np.dtype(np.float32)

  def __post_init__(self) -> None:
    low, span = self._low_and_span
    is_right = np.isfinite(low) & np.isfinite(span) & (span > 0.0)
    if not len(low) or len(low) != len(self.high) or not is_right.all():
      raise ValueError(
        f'bounds must be finite and ascend, not {self.low} to {self.high}'
      )

  @functools.cached_property
  def _low_and_span(self) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.float32(self.low), np.float32(self.high)
    with np.errstate(all='ignore'):
      return low, high - low

  @property
  def size(self) -> int:
    """D."""
    return len(self.low)

  @property
  def shape(self) -> tuple[int]:
    """Of one action."""
    return (self.size,)

  def has_bounds_of(self, other: 'Continuous') -> bool:
    """Whether the bounds are those of others, as float32 rounds them."""
    own, theirs = (np.array([a.low, a.high]) for a in (self, other))
    return own.shape == theirs.shape and np.allclose(
      own, theirs, _TOLERANCE, _TOLERANCE
    )

  def to_game(self, actions: np.ndarray) -> np.ndarray:
    """Returns actions[..., D] of [-1, 1] within the game's bounds."""
    low, span = self._low_and_span
    within = low + (actions + np.float32(1.0)) * span / np.float32(2.0)
    # Rounded, 1 may lie beyond the bound. The method is JAX's, too.
    return within.clip(low, np.float32(self.high))

  def from_game(self, actions: np.ndarray) -> np.ndarray:
    """Inverse of `to_game`."""
    low, span = self._low_and_span
    return np.float32(2.0) * (actions - low) / span - np.float32(1.0)

  def __str__(self) -> str:
    """Returns them as a message names them."""
    bounds = {*zip(self.low, self.high, strict=True)}
    within = ', '.join(f'[{low:g}, {high:g}]' for low, high in sorted(bounds))
    return f'{_counted(self.size, "continuous")} in {within}'


def _counted(number: int, kind: str) -> str:
  return f'{number} {kind} action{"" if number == 1 else "s"}'


Actions = Discrete | Continuous


def are_alike(one: Actions, other: Actions) -> bool:
  """Whether actions are one game's, though one file may round their bounds."""
  if isinstance(one, Continuous) and isinstance(other, Continuous):
    return one.has_bounds_of(other)
  return one == other


def as_json(actions: Actions) -> dict[str, Any]:
  """Returns actions as JSON types."""
  told = dataclasses.asdict(actions)
  return {k: list(x) if isinstance(x, tuple) else x for k, x in told.items()}


def from_json(told: Mapping[str, Any]) -> Actions:
  """Inverse of `as_json`.

  Args:
    told: from a file, which may be damaged.

  Raises:
    KeyError, TypeError, ValueError: it is no such record.
  """
  if 'number' in told:
    number = operator.index(told['number'])
    if number < 0:
      raise ValueError(f'there are no {number} actions')
    return Discrete(number)
  return Continuous(*(tuple(map(float, told[k])) for k in ('low', 'high')))
