"""Makes the updates that are due to a student, several by one call."""

from typing import Any

from dopamine.metrics.statistics_instance import StatisticsInstance

from reincarnating_rl.agents.trainer import on_host


def make(student: Any) -> None:
  """Makes K of them at a time, and the rest one by one.

  Args:
    student: a `Student`; K is its `updates_per_program`.
  """
  while student.due_updates:
    is_whole = student.due_updates >= student.updates_per_program
    number = student.updates_per_program if is_whole else 1
    _train(student, number)
    student.due_updates -= number


def _train(student: Any, number: int) -> None:
  trainer, step = student.trainer, student.training_steps
  metrics = trainer.train(online_steps=step, updates=number)
  has_runner = hasattr(student, 'collector_dispatcher')
  if has_runner and trainer.is_writing(
    student.summary_writing_frequency,
    student.update_period,
    student.updates_per_step,
    newest=number,
  ):
    values = on_host(metrics, f'online step {step}')
    student.collector_dispatcher.write(
      [StatisticsInstance(name, x, step) for name, x in values.items()],
      collector_allowlist=student._collector_allowlist,
    )
