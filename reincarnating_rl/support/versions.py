"""Versions of the installed packages."""

import functools
import importlib.metadata
from collections.abc import Iterable


def of(packages: Iterable[str]) -> dict[str, str | None]:
  """Returns the installed version of each package; None if not installed."""
  return {name: _version(name) for name in packages}


# Every checkpoint records them, and they do not change within a process.
@functools.cache
def _version(name: str) -> str | None:
  try:
    return importlib.metadata.version(name)
  except importlib.metadata.PackageNotFoundError:
    return None
