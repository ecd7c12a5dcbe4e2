"""Progress bars that are gone once their work is done."""

from collections.abc import Iterable
from typing import Any

import tqdm.auto as tqdm


def passing(
  what: str, unit: str, of: Iterable[Any] | None = None, **settings: Any
) -> tqdm.tqdm:
  """Opens a bar.

  Args:
    what: is being done.
    unit: of the work.
    of: what is worked on; None where `update` tells how far it is.
    **settings: of tqdm, such as `total`.

  Returns:
    A bar to `update` or to iterate over, and to close.
  """
  return tqdm.tqdm(
    of,
    desc=what,
    unit=f' {unit}',
    dynamic_ncols=True,
    mininterval=1.0,
    leave=False,
    **settings,
  )
