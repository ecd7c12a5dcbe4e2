"""Refuses a student whose numbers are not finite, saved or to be saved."""

import numpy as np

from reincarnating_rl.runner.checkpoints import Checkpoint
from reincarnating_rl.support.errors import DamagedFileError, DivergedError


def _not_finite(arrays: dict[str, np.ndarray]) -> str | None:
  """Returns the name of an array with a number that is infinite or none."""
  for name, array in arrays.items():
    if array.dtype.kind == 'f' and not np.isfinite(array).all():
      return name
  return None


def check(arrays: dict[str, np.ndarray]) -> None:
  """Refuses to save such a student.

  Args:
    arrays: of the student, by name.

  Raises:
    DivergedError: naming the array.
  """
  name = _not_finite(arrays)
  if name is not None:
    raise DivergedError(
      f"The student's {name} is not finite: training has diverged. Start "
      'again with a smaller Student.learning_rate and another --base_dir; '
      'this run can be its teacher, up to its last checkpoint.'
    )


def check_sound(checkpoint: Checkpoint, base_dir: str) -> None:
  """Passes over a student that had diverged, as over a damaged file.

  Args:
    checkpoint: that is read.
    base_dir: of the run.

  Raises:
    DamagedFileError: naming the array.
  """
  name = _not_finite(checkpoint.arrays)
  if name is not None:
    raise DamagedFileError(
      f'Checkpoint {checkpoint.number} of {base_dir} has a {name} that is not '
      'finite: training had diverged.'
    )
