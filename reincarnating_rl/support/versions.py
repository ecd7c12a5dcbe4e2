"""Which versions of packages results were made with."""

import functools
import importlib.metadata
from collections.abc import Iterable


def of(packages: Iterable[str]) -> dict[str, str | None]:
  """Returns the installed version of each package; None where there is none."""
  return {name: _version(name) for name in packages}


# Every checkpoint says them, and a process does not change what it runs on.
@functools.cache
def _version(name: str) -> str | None:
  try:
    return importlib.metadata.version(name)
  except importlib.metadata.PackageNotFoundError:
    return None
