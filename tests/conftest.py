"""Settings shared by every test."""

import os
import sys
from collections.abc import Iterator

from tests import surroundings  # noqa: F401  (before JAX)

# isort: split
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
