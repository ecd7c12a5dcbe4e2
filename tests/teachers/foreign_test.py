"""From a foreign teacher to policy logits."""

import json

import numpy as np
import pytest

from reincarnating_rl.teachers import cleanrl, foreign
from reincarnating_rl.teachers.network_teacher import NetworkTeacher
from tests.teachers import foreign_files


@pytest.mark.parametrize(
  ('name', 'temperature'),
  [('dqn_atari', 0.5), ('c51_atari', 0.5), ('ppo_atari', 1.0)],
)
def test_logits_of_a_teacher(name, temperature):
  states = foreign_files.expected('atari_states')
  game = foreign_files.game(states)
  path = foreign_files.FOLDER / f'cleanrl_{name}.cleanrl_model'
  found = cleanrl.read(path, **game)
  network = json.loads(json.dumps(found.network))
  policy = foreign.layered_policy(
    found.kind, network, num_actions=4, temperature=0.5
  )
  teacher = NetworkTeacher(policy, found.params, num_actions=4)
  logits = teacher.policy_logits(states)
  wanted = foreign_files.expected(f'cleanrl_{name}') / temperature
  foreign_files.assert_close(logits, wanted)
  assert logits.dtype == np.float32
