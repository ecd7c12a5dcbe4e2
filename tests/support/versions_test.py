"""Versions of installed packages."""

import jax

from reincarnating_rl.support import versions


def test_versions_of_installed_and_missing_packages():
  assert versions.of(['jax', 'no-such-package']) == {
    'jax': jax.__version__,
    'no-such-package': None,
  }
