import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.support.errors import UserError

RIGHT = {
  'capacity': 10,
  'observation_shape': (2, 2),
  'actions': Discrete(3),
  'seed': 0,
}


@pytest.mark.parametrize(
  ('wrong', 'words'),
  [
    ({'capacity': 5}, r'capacity .* more than stack_size \+ n_step = 5'),
    ({'capacity': -1}, 'capacity'),
    ({'capacity': 1e6}, 'type'),
    ({'stack_size': 0}, 'stack_size .* at least 1, not 0'),
    ({'n_step': 0}, 'n_step .* at least 1'),
    ({'gamma': 1.01}, 'gamma .* between 0 and 1, not 1.01'),
    ({'gamma': float('nan')}, 'gamma'),
    ({'policy_size': -1}, 'policy_size'),
    ({'actions': 3}, 'actions .* Discrete or Continuous, not 3'),
    ({'second_n_step': 0}, 'second_n_step .* None or at least 1, not 0'),
    ({'second_n_step': 2.5}, 'type'),
    ({'observation_shape': (2, 0)}, 'observation_shape'),
    ({'observation_dtype': 'O'}, 'observation_dtype'),
    ({'observation_dtype': 'no such'}, 'type'),
  ],
)
def test_wrong_settings_give_a_one_line_error(wrong, words):
  with pytest.raises(UserError, match=words) as caught:
    FrameStore(**(RIGHT | wrong))
  assert '\n' not in str(caught.value)
  assert str(caught.value).endswith('.')


def test_as_json():
  settings = FrameStore(**RIGHT, observation_dtype=np.float32).settings
  assert settings.as_json() == {
    'capacity': 10,
    'observation_shape': [2, 2],
    'observation_dtype': '<f4',
    'stack_size': 4,
    'n_step': 1,
    'gamma': 0.99,
    'actions': {'number': 3},
    'policy_size': 0,
    'second_n_step': None,
    'num_lanes': 1,
  }
