"""Runs that are killed, and go on."""

from tests.runner import experiments


class Killed(BaseException):
  """Stands for a kill: nothing in the package may catch it."""


def count_events(runner, die_at=None):
  """Notes steps, updates, and every instant of a checkpoint; may die at one."""
  events = []

  def watch(owner, name):
    original = getattr(owner, name)

    def wrapper(*args, **kwargs):
      events.append(name)
      if die_at is not None and len(events) >= die_at:
        raise Killed(f'at event {len(events)}, {name}')
      return original(*args, **kwargs)

    setattr(owner, name, wrapper)

  watch(runner._environment, 'step')
  watch(runner._parts.evaluator.environment, 'step')
  watch(runner._agent.trainer, 'pretrain')
  for name in ('_log', '_path', '_remove_stale'):
    watch(runner._parts.saver._checkpoints, name)
  return events


def die_in(runner, number, *, at=15):
  """Has a run die in an iteration: at an event, or before its checkpoint.

  In an iteration that trains, some checkpoints have been written by then.
  """
  original = runner._run_one_iteration

  def run_one_iteration(n):
    if n == number:
      count_events(runner, die_at=at)
    original(n)
    if n == number:
      raise Killed('before the checkpoint')

  runner._run_one_iteration = run_one_iteration


def die_at_the_switch(runner):
  """Has a run die when the student is about to go online."""

  def die(**kwargs):
    raise Killed('at the switch')

  runner._agent.trainer.finish_pretraining = die


def lives(make_runner, base_dir, deaths):
  """Runs an experiment that dies once for each of `deaths`.

  Args:
    make_runner: takes `base_dir`; the runner writes checkpoints all the time.
    base_dir: of the run.
    deaths: each has a runner die when it is run.

  Returns:
    The runner of the last life, which came to the end.
  """
  for die in deaths:
    runner = make_runner(base_dir, checkpoint_minutes=0.0)
    die(runner)
    try:
      runner.run_experiment()
    except Killed:
      continue
    raise AssertionError('The run came to its end and was to be killed.')
  runner = make_runner(base_dir)
  runner.run_experiment()
  return runner


def random_lives(make_runner, base_dir, moments, most_deaths):
  """Runs an experiment that dies at random moments; returns the last runner.

  Args:
    make_runner: takes `base_dir`.
    base_dir: of the run.
    moments: a random number generator.
    most_deaths: after which the run is left alone.

  Returns:
    The runner of the last life, and the number of deaths.
  """
  for deaths in range(most_deaths):
    runner = make_runner(base_dir, checkpoint_minutes=0.0)
    count_events(runner, moments.randint(1, 60))
    try:
      runner.run_experiment()
    except Killed:
      continue
    return runner, deaths
  runner = make_runner(base_dir)
  runner.run_experiment()
  return runner, most_deaths


def whole(make_runner, base_dir):
  """Returns the outcome of a run that nothing interrupts."""
  runner = make_runner(base_dir)
  runner.run_experiment()
  return experiments.outcome(runner)
