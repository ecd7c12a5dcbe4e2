"""One bar for all bytes of a fetch."""

import threading
from typing import Self

import tqdm.auto as tqdm

from reincarnating_rl.fetching.plan import Plan


class Progress:
  """Counts bytes as they come, in any thread, and shows them."""

  def __init__(self, plan: Plan, show: bool) -> None:
    self.received = 0  # Bytes, those that were discarded included.
    self._lock = threading.Lock()
    self._bar = tqdm.tqdm(
      desc=plan.origin,
      total=plan.bytes_total,
      initial=plan.bytes_there,
      unit='B',
      unit_scale=True,
      dynamic_ncols=True,
      disable=not show,
    )

  def __enter__(self) -> Self:
    return self

  def __exit__(self, *error: object) -> None:
    self._bar.close()

  def advance(self, size: int) -> None:
    """Notes bytes.

    Args:
      size: how many came; negative if some were discarded.
    """
    with self._lock:
      self.received += max(size, 0)
      self._bar.update(size)
