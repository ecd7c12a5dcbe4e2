"""A run that tells callbacks what it does."""

import builtins
import signal
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from reincarnating_rl.api import callbacks as calls
from reincarnating_rl.api.callbacks import Callback
from reincarnating_rl.envs.vector import Steps
from reincarnating_rl.evaluation import summary
from reincarnating_rl.evaluation.run import PHASE_NAMES
from reincarnating_rl.learner.types import Metrics
from reincarnating_rl.runner.runner import RunnerWithTeacher


def handled_signals() -> tuple[signal.Signals, ...]:
  """Returns the signals that a run may handle while it is under way.

  That is Ctrl-C, in a program's main thread, where nobody else handles it. In
  a thread, in IPython and in notebooks all is left alone.
  """
  is_main = threading.current_thread() is threading.main_thread()
  is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
  if is_main and is_default and not hasattr(builtins, '__IPYTHON__'):
    return (signal.SIGINT,)
  return ()


class WatchedRunner(RunnerWithTeacher):
  """The run of a program: callbacks hear of it, and may end it.

  Attributes:
    was_stopped: whether a callback asked it to end.
  """

  def __init__(
    self, *args: Any, callbacks: Sequence[Callback], **settings: Any
  ) -> None:
    """Builds the run.

    Args:
      *args: see `RunnerWithTeacher`.
      callbacks: that hear of it.
      **settings: see `RunnerWithTeacher`.
    """
    self.was_stopped = False
    super().__init__(*args, **settings)
    self._interrupt.signals = handled_signals()
    self._on_evaluation = calls.are_heard(callbacks, 'on_evaluation')
    self._on_each_step = calls.are_heard(callbacks, 'on_step')
    self._on_update = calls.are_heard(callbacks, 'on_update')
    if self._on_update:
      self._watch_updates()
    if self._on_each_step and self._parts.lanes is not None:
      self._parts.lanes.on_answer = self._tell_lanes

  def _stop(self) -> None:
    self.was_stopped = self._interrupt.requested = True

  def _watch_updates(self) -> None:
    trainer = self._agent.trainer
    train, pretrain = trainer.train, trainer.pretrain

    def online(**given: Any) -> Metrics:
      metrics = train(**given)
      self._tell_update('online', trainer.online_updates, metrics)
      return metrics

    def offline(*given: Any) -> Metrics:
      metrics = pretrain(*given)
      self._tell_update('offline', trainer.pretraining_updates, metrics)
      return metrics

    trainer.train, trainer.pretrain = online, offline

  def _tell_update(self, phase: str, number: int, metrics: Metrics) -> None:
    told = calls.LazyMetrics(metrics)
    for call in self._on_update:
      call(calls.Update(self._stop, phase, number, told))

  def _run_one_iteration(self, number: int) -> None:
    self._interrupt.check()  # It may have been stopped after an evaluation.
    super()._run_one_iteration(number)
    if self.plan[number].trains and self._on_evaluation:
      self._tell_evaluation()

  def _tell_evaluation(self) -> None:
    row = self.record.rows[-1]
    told = calls.Evaluation(
      self._stop,
      phase=PHASE_NAMES[row['phase']],
      score=row['score']['mean'],
      stderr=row['score']['stderr'],
      normalized=row['normalized'],
      online_steps=row['training_steps'],
      updates=summary.updates(row),
    )
    for call in self._on_evaluation:
      call(told)

  def _run_one_step(self, action: Any) -> tuple:
    answer = super()._run_one_step(action)
    if self._on_each_step:
      self._tell_step(self._agent.training_steps, *answer[:3])
    return answer

  def _tell_lanes(self, steps: Steps) -> None:
    ends = steps.terminals
    if steps.life_ends is not None:
      ends = ends | steps.life_ends
    first = self._agent.training_steps - len(ends) + 1
    rows = zip(steps.observations, steps.rewards, ends, strict=True)
    for lane, row in enumerate(rows):
      self._tell_step(first + lane, *row, environment=lane)

  def _tell_step(
    self,
    number: int,
    observation: np.ndarray,
    reward: float,
    is_terminal: bool,
    environment: int = 0,
  ) -> None:
    told = calls.Step(
      self._stop,
      number,
      observation,
      float(reward),
      bool(is_terminal),
      environment,
    )
    for call in self._on_each_step:
      call(told)
