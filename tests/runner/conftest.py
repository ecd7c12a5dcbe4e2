"""What the tests of runs do without."""

from collections.abc import Iterator

import pytest

from reincarnating_rl.evaluation import summary


@pytest.fixture(scope='module', autouse=True)
def no_picture() -> Iterator[None]:
  """Leaves out the learning curve, which takes as long as a short run."""
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(summary, 'plot', lambda *args, **kwargs: None)
    yield
