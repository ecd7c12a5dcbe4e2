"""Settings shared by every test."""

import ctypes
import gc
import itertools
import os
import shutil
import sys
from collections.abc import Iterator

from tests import surroundings  # noqa: F401  (before JAX)

# isort: split
import jax
import pytest

jax.config.update('jax_numpy_rank_promotion', 'raise')
_most_memory = 1500  # MiB
_numbers = itertools.count()


@pytest.fixture
def fixtures() -> str:
  """The folder of files that the real old libraries wrote."""
  return os.path.join(os.path.dirname(__file__), 'fixtures')


@pytest.fixture
def own_games(tmp_path, monkeypatch) -> Iterator[str]:
  """A module that registers games once it is imported, as a user has one.

  They are walks of twenty steps that see three numbers: `Walk-v0`, `WalkPlain`
  without a version, `WalkCut-v0` with a time limit of seven steps, and
  `WalkLong-v0` with one of 40,000.
  """
  # gin takes each name of a module but once.
  name, folder = f'walks_{next(_numbers)}', tmp_path / 'own_games'
  source = os.path.join(os.path.dirname(__file__), 'own_games.txt')
  folder.mkdir()
  shutil.copy(source, folder / f'{name}.py')
  monkeypatch.syspath_prepend(str(folder))
  yield name
  sys.modules.pop(name, None)
  if 'gymnasium' in sys.modules:
    registry = sys.modules['gymnasium'].registry
    for game in [game for game in registry if game.startswith('Walk')]:
      del registry[game]


@pytest.fixture(autouse=True)
def clean_gin() -> Iterator[None]:
  """Leaves no binding to the next test; `clear_config` unlocks as well."""
  yield
  if 'gin' in sys.modules:
    sys.modules['gin'].clear_config()


@pytest.fixture(autouse=True)
def bounded_memory() -> Iterator[None]:
  """Drops compiled programs once they fill the memory.

  JAX keeps those of every agent: a Rainbow's take 80 MB. Whoever needs one
  again finds it in the cache on disk.
  """
  global _most_memory
  yield
  if _resident() > _most_memory:
    jax.clear_caches()
    gc.collect()
    if sys.platform == 'linux':
      ctypes.CDLL(None).malloc_trim(0)
    _most_memory = max(_most_memory, _resident() + 300)


def _resident() -> int:
  """Returns the memory that this process holds, in MiB; 0 if not on Linux."""
  try:
    with open('/proc/self/statm', encoding='ascii') as f:
      pages = int(f.read().split()[1])
  except OSError:
    return 0
  return pages * os.sysconf('SC_PAGE_SIZE') // 2**20
