"""Settings shared by the tests of the replay."""

import pytest

from reincarnating_rl.replay.segment_log import SegmentLog


@pytest.fixture
def log(tmp_path):
  return SegmentLog(str(tmp_path / 'replay'))
