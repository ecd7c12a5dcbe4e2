"""Settings shared by every test."""

import os

# Two test workers share two cores; the CPU is the platform under test.
os.environ.setdefault('JAX_PLATFORMS', 'cpu')
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import jax
import pytest

jax.config.update('jax_numpy_rank_promotion', 'raise')


@pytest.fixture
def fixtures() -> str:
  """The folder of files that the real old libraries wrote."""
  return os.path.join(os.path.dirname(__file__), 'fixtures')
