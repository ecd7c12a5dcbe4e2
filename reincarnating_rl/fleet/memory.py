"""Memory is planned before it is taken."""

import math
import os
from typing import Any

import jax
import numpy as np

from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.support.errors import UserError

_GB = 1e9
# Batches and activations of an update, and what XLA keeps beside its arguments.
_SLACK = 1.3


def size(tree: Any) -> int:
  """Returns the bytes of arrays, or of what says their shapes."""
  return sum(
    math.prod(x.shape) * np.dtype(x.dtype).itemsize
    for x in jax.tree.leaves(tree)
  )


def plan(
  spread: Spread, seed_bytes: int, host_bytes: int, available: int | None
) -> str:
  """Plans the memory of a fleet.

  Args:
    spread: of the seeds.
    seed_bytes: of one seed on its device.
    host_bytes: of one seed on the host, beside that.
    available: on one device; None where nobody knows.

  Returns:
    A line for the user.

  Raises:
    UserError: it does not fit.
  """
  is_cpu = spread.mesh.devices.flat[0].platform == 'cpu'
  each = _SLACK * seed_bytes + (host_bytes if is_cpu else 0)
  # The processor's devices share one memory.
  seeds = spread.number // (1 if is_cpu else spread.num_devices)
  needed = seeds * each
  where = 'this machine' if is_cpu else 'each device'
  if available is not None and needed > available:
    most = int(available // each)
    most *= 1 if is_cpu else spread.num_devices
    raise UserError(
      f'--num_seeds {spread.number} needs about {needed / _GB:.1f} GB of '
      f'memory, and {where} has {available / _GB:.1f} GB left: ask for at most '
      f'{most}, or bind a smaller Student.replay_capacity.'
    )
  had = '' if available is None else f' of {available / _GB:.1f} GB'
  return (
    f'{spread.number} seeds on {spread.num_devices} '
    f'{spread.mesh.devices.flat[0].platform} '
    f'device{"" if spread.num_devices == 1 else "s"}: about '
    f'{each / 1e6:.0f} MB a seed, {needed / _GB:.1f} GB{had} in {where}.'
  )


def available(device: jax.Device) -> int | None:
  """Returns the bytes that a device has left; None where nobody knows."""
  if device.platform == 'cpu':
    return _of_machine()
  told = device.memory_stats() or {}
  limit = told.get('bytes_limit')
  return None if limit is None else limit - told.get('bytes_in_use', 0)


def _of_machine() -> int | None:
  try:
    with open('/proc/meminfo', encoding='ascii') as file:
      for line in file:
        if line.startswith('MemAvailable:'):
          return 1024 * int(line.split()[1])
  except OSError:  # No Linux.
    pass
  try:
    return os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
  except (AttributeError, ValueError, OSError):
    return None
