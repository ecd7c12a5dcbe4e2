"""Small pictures: what is on them is the same, and they take half as long."""

from collections.abc import Iterator

import pytest

from reincarnating_rl.evaluation import plot_style


@pytest.fixture(autouse=True, scope='module')
def small_pictures() -> Iterator[None]:
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(plot_style, 'DPI', 36)
    yield
