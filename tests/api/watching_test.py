"""What a run tells those who watch it."""

import functools

import numpy as np
import pytest

import reincarnating_rl as rrl
from reincarnating_rl.api.watching import WatchedRunner
from reincarnating_rl.support.interrupts import Interrupted
from tests.runner import experiments

LANES = 3


def test_steps_of_several_environments_are_heard(tmp_path):
  heard = []

  class Listener(rrl.Callback):
    def on_step(self, step):
      heard.append(step)
      if step.number == 40:
        step.stop()

  runner = experiments.make_runner(
    tmp_path,
    teacher=None,
    online=(1, 50),
    num_environments=LANES,
    kind=functools.partial(WatchedRunner, callbacks=[Listener()]),
  )
  with pytest.raises(Interrupted):
    runner.run_experiment()
  assert runner.was_stopped
  # A step of each is taken at a time.
  assert [step.number for step in heard] == list(range(1, 43))
  assert [step.environment for step in heard] == [0, 1, 2] * 14
  stored = runner._agent.batches.replay.read(0, 42)
  assert [step.reward for step in heard] == stored['reward'].tolist()
  ends = [step.is_terminal for step in heard]
  assert ends == stored['terminal'].tolist() and any(ends)
  for step, following in zip(
    heard, stored['observation'][LANES:], strict=False
  ):
    if not step.is_terminal:
      np.testing.assert_array_equal(step.observation, following)
