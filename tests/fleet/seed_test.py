"""What stands for an evaluator in a fleet, and which seeds there are."""

import pytest

from reincarnating_rl.fleet import launch
from reincarnating_rl.fleet.seed import Played
from reincarnating_rl.runner.plan import Phase
from reincarnating_rl.support.errors import UserError
from tests.runner import experiments


def test_scores_are_those_of_episodes_that_have_been_played(tmp_path):
  runner = experiments.make_runner(tmp_path, random_score=None)
  measure = runner._parts.phases[Phase.TEACHER_EVALUATION]
  measure._evaluator = played = Played(4)
  played.returns = {'random': [0.0, 1.0], 'teacher': [2.0, 4.0]}
  measure(runner.plan[0])
  record = runner.record
  assert (record.random, record.random_source) == (0.5, 'measured')
  assert record.teacher.mean == 3.0


def test_no_seed_is_past_the_last_one():
  told = '--num_seeds 3 from --run_number 4294967294 on passes 4294967295'
  with pytest.raises(UserError, match=told):
    launch.create_fleet(base_dir='none', number=3, first_seed=2**32 - 2)
