"""Settings shared by every test."""

import os
import sys
import tempfile

# Two test workers share two cores; the CPU is the platform under test.
os.environ.setdefault('JAX_PLATFORMS', 'cpu')
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
# What one process of a run has compiled, the others need not: the workers, and
# the commands that tests start.
if 'JAX_COMPILATION_CACHE_DIR' not in os.environ:
  _cache = tempfile.TemporaryDirectory(prefix='compiled-')
  os.environ['JAX_COMPILATION_CACHE_DIR'] = _cache.name
  os.environ['JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS'] = '0.1'
  os.environ['JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES'] = '0'

from collections.abc import Iterator

import jax
import pytest

jax.config.update('jax_numpy_rank_promotion', 'raise')


@pytest.fixture
def fixtures() -> str:
  """The folder of files that the real old libraries wrote."""
  return os.path.join(os.path.dirname(__file__), 'fixtures')


@pytest.fixture(autouse=True)
def clean_gin() -> Iterator[None]:
  """Leaves no binding to the next test; `clear_config` unlocks as well."""
  yield
  if 'gin' in sys.modules:
    sys.modules['gin'].clear_config()
