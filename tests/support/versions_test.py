"""Versions of what is installed."""

import jax

from reincarnating_rl.support import versions


def test_what_is_installed_has_its_version_and_what_is_not_has_none():
  assert versions.of(['jax', 'no-such-package']) == {
    'jax': jax.__version__,
    'no-such-package': None,
  }
