"""What an action is: one of several, or a vector within bounds."""

import dataclasses

import numpy as np

DETERMINISTIC, GAUSSIAN, TANH_GAUSSIAN = (
  'deterministic',
  'gaussian',
  'tanh_gaussian',
)
DISTRIBUTIONS = (DETERMINISTIC, GAUSSIAN, TANH_GAUSSIAN)
"""What the parameters of a policy over vectors are of."""


@dataclasses.dataclass(frozen=True)
class Discrete:
  """Actions 0 to `number - 1`.

  Attributes:
    number: A.
  """

  number: int
  shape = ()
  dtype = np.dtype(np.int32)

  def __str__(self) -> str:
    """Returns them as a message names them."""
    return f'{self.number} discrete actions'


@dataclasses.dataclass(frozen=True)
class Continuous:
  """Vectors in [-1, 1]^D; the game has bounds of its own.

  Everybody but the game and a file's reader knows actions in [-1, 1] alone.
  The two convert: `low + (a + 1) / 2 * (high - low)`.

  Attributes:
    low: [D], the game's least values.
    high: [D], its greatest.
  """

  low: tuple[float, ...]
  high: tuple[float, ...]
  dtype = np.dtype(np.float32)

  @property
  def size(self) -> int:
    """D."""
    return len(self.low)

  @property
  def shape(self) -> tuple[int]:
    """Of one action."""
    return (self.size,)

  def to_game(self, actions: np.ndarray) -> np.ndarray:
    """Returns actions[..., D] of [-1, 1] within the game's bounds."""
    low, high = np.float32(self.low), np.float32(self.high)
    return low + (actions + np.float32(1.0)) * (high - low) / np.float32(2.0)

  def from_game(self, actions: np.ndarray) -> np.ndarray:
    """Inverse of `to_game`."""
    low, high = np.float32(self.low), np.float32(self.high)
    return np.float32(2.0) * (actions - low) / (high - low) - np.float32(1.0)

  def __str__(self) -> str:
    """Returns them as a message names them."""
    bounds = {*zip(self.low, self.high, strict=True)}
    within = ', '.join(f'[{low:g}, {high:g}]' for low, high in sorted(bounds))
    return f'{self.size} continuous actions in {within}'


Actions = Discrete | Continuous
