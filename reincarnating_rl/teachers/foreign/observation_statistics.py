"""Statistics by which observations were normalized in a teacher's training.

Stable-Baselines3 keeps them beside a model, in what `VecNormalize.save` wrote.
An agent sees (observation - mean) / sqrt(variance + epsilon), clipped.
"""

import math
import numbers
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from reincarnating_rl.importers.formats import safe_pickle
from reincarnating_rl.importers.formats.pickle_names import Placeholder
from reincarnating_rl.support.errors import DamagedFileError
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign import base, observed_axes

# Whose classes are met in files of statistics.
_LIBRARIES = frozenset(
  'gym gymnasium rl_zoo3 sb3_contrib stable_baselines stable_baselines3'.split()
)
_EPSILON = 1e-8  # Of Stable-Baselines3 and of Gymnasium.


class Statistics(NamedTuple):
  """Of observations; both arrays are float64 and of an observation's shape."""

  mean: np.ndarray
  variance: np.ndarray
  epsilon: float
  clip: float | None  # the largest absolute value; None: any
  source: str  # the file
  sha256: str  # of the file

  def for_states(self, state_shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Returns the parameters of `layered.ObservationStatistics`.

    Args:
      state_shape: (*O, S), of one state of the game.

    Returns:
      `mean`, [2, *O, S] float32, of which the second part is what the first
      cannot hold, and `deviation`, [*O, S] float32.

    Raises:
      MismatchedTeacherError: they are of other observations.
    """
    single = (*state_shape[:-1], 1)
    # Most stack what is normalized already.
    for shape in (single, state_shape):
      axes = observed_axes.find(self.mean.shape, shape)
      if axes is not None:
        break
    else:
      raise MismatchedTeacherError(
        f'The statistics of {self.source} are of observations of shape '
        f'{self.mean.shape}, but the game gives states of shape {state_shape}, '
        'the stack last; give those of this teacher with '
        'create_teacher.observation_statistics.'
      )
    deviation = np.sqrt(self.variance + self.epsilon)
    rounded = self.mean.astype(np.float32)
    parts = (rounded, (self.mean - rounded).astype(np.float32), deviation)
    first, second, deviation = (
      np.broadcast_to(observed_axes.to_state(part, axes, shape), state_shape)
      for part in parts
    )
    return {
      'mean': np.stack([first, second]),
      'deviation': np.array(deviation, np.float32),
    }

  def describe(self) -> dict[str, Any]:
    """Returns what a manifest says of them, besides their numbers; JSON."""
    return {
      'file': self.source.replace('\\', '/').rpartition('/')[2],
      'sha256': self.sha256,
      'epsilon': self.epsilon,
      'clip': self.clip,
    }


def read(path: str) -> Statistics | None:
  """Reads what `VecNormalize.save` wrote, or a pickled running mean.

  Args:
    path: of a pickle of Stable-Baselines3's `VecNormalize`, of Gymnasium's
      `RunningMeanStd`, or of a dictionary that has a `mean` and a `var`, and
      may have an `epsilon` and a `clip_obs`.

  Returns:
    The statistics; None if rewards alone were normalized.

  Raises:
    MissingFileError: it cannot be read.
    UnsafeFileError: it asks for more than data.
    DamagedFileError: it holds anything else.
  """
  data, sha256 = base.read_file(path)
  saved = safe_pickle.loads(data, path, _LIBRARIES)
  settings = _attributes(saved)
  if settings.get('norm_obs') is False:
    return None
  moments = _attributes(settings.get('obs_rms', saved))
  try:
    mean, variance = (_array(moments[name]) for name in ('mean', 'var'))
    epsilon = _number(settings.get('epsilon', _EPSILON))
    clip = settings.get('clip_obs')
    clip = None if clip is None else _number(clip)
    _check(mean, variance, epsilon, clip)
  except (LookupError, ValueError) as error:
    raise DamagedFileError(
      f'{path} holds no statistics of observations '
      f'({ascii(str(error)[:100])[1:-1]}); give what VecNormalize.save of '
      'Stable-Baselines3 wrote, or a pickled dictionary of mean and var.'
    ) from error
  clip = None if clip == math.inf else clip
  return Statistics(mean, variance, epsilon, clip, path, sha256)


def _attributes(value: Any) -> Mapping[Any, Any]:
  if isinstance(value, Placeholder):
    return value.attributes()
  return value if isinstance(value, dict) else {}


def _array(value: Any) -> np.ndarray:
  if not isinstance(value, np.ndarray | np.floating) or value.dtype.kind != 'f':
    raise ValueError(f'{type(value).__name__} where an array belongs')
  return np.asarray(value, np.float64)


def _number(value: Any) -> float:
  if not isinstance(value, numbers.Real):
    raise ValueError(f'{type(value).__name__} where a number belongs')
  return float(value)


def _check(
  mean: np.ndarray, variance: np.ndarray, epsilon: float, clip: float | None
) -> None:
  if mean.shape != variance.shape or not mean.size:
    raise ValueError(f'a mean of {mean.shape}, a variance of {variance.shape}')
  largest = np.finfo(np.float32).max
  for name, array in (('mean', mean), ('variance', variance)):
    if not (np.abs(array) < largest).all():
      raise ValueError(f'a {name} that is not finite')
  deviation = np.sqrt(np.maximum(variance, 0.0) + max(epsilon, 0.0))
  if epsilon < 0 or (variance < 0).any() or not deviation.astype('f4').all():
    raise ValueError('a variance that is not positive')
  if not epsilon < math.inf or not (clip is None or clip > 0):
    raise ValueError('an epsilon or a limit that makes no sense')
