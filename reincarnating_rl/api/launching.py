"""Runs an experiment in this process, one at a time."""

import contextlib
import dataclasses
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reincarnating_rl.agents import snapshot
from reincarnating_rl.agents.gin_forwarding import bound
from reincarnating_rl.api.callbacks import Callback
from reincarnating_rl.api.watching import WatchedRunner
from reincarnating_rl.runner import factories, lineage
from reincarnating_rl.settings import gin_parsing
from reincarnating_rl.support import claims
from reincarnating_rl.support.errors import UserError, first_line
from reincarnating_rl.support.interrupts import Interrupted
from reincarnating_rl.teachers.kinds import NetworkFactory
from reincarnating_rl.teachers.sources import TeacherSettings

# gin's bindings are one for all of the process.
_in_use = threading.Lock()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
  """What a run is made of.

  Attributes:
    agent: a key of `AGENTS`.
    seed: of everything.
    gin_files: paths, or names of shipped files.
    gin_bindings: that override them.
    objects: values of Python's by setting.
    teacher: where the teacher is.
    atari_roms_path: directory of ROMs; None for ale-py's own.
    given: names of what no file holds, since it was given as an object.
    command: that asks for all this.
    callbacks: that hear of the run.
    online_steps: in all; None: as gin says. Iterations stay as long as they
      are, and there are as many as it takes.
    online_iterations: that have been made already.
  """

  agent: str
  seed: int
  gin_files: Sequence[str] = ()
  gin_bindings: Sequence[str] = ()
  objects: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  teacher: TeacherSettings = TeacherSettings()
  atari_roms_path: str | None = None
  given: Sequence[str] = ()
  command: str | None = None
  callbacks: Sequence[Callback] = ()
  online_steps: int | None = None
  online_iterations: int = 0


@dataclasses.dataclass(frozen=True)
class Ended:
  """How a run ended, and what its files do not tell.

  Attributes:
    was_stopped: whether a callback stopped it.
    network: makes the student's network, if that is not one of the package.
  """

  was_stopped: bool
  network: NetworkFactory | None


def execute(request: Request, base_dir: str) -> Ended:
  """Runs what is left of an experiment.

  Args:
    request: what it is made of.
    base_dir: of the run; a checkpoint there is resumed.

  Raises:
    UserError: a setting is wrong, something does not fit, or another run is
      under way in this process.
    KeyboardInterrupt: the user stopped it.
  """
  with _alone(), _told_in_one_line(), claims.claimed(base_dir, 'base_dir'):
    runner = _create(request, base_dir)
    # A run that is stopped at once can be loaded all the same.
    lineage.write(base_dir, runner.lineage)
    try:
      runner.run_experiment()
    except Interrupted as stop:
      if not runner.was_stopped:
        raise _stopped(base_dir) from stop
    except KeyboardInterrupt as stop:
      raise _stopped(base_dir) from stop
    return Ended(runner.was_stopped, _own_network(runner))


def _stopped(base_dir: str) -> KeyboardInterrupt:
  return KeyboardInterrupt(
    f'Stopped. reincarnating_rl.load_run({base_dir!r}).resume() goes on from '
    'the last checkpoint.'
  )


@contextlib.contextmanager
def _alone() -> Iterator[None]:
  if not _in_use.acquire(blocking=False):
    raise UserError(
      'Another run is under way in this process, and both would set gin: wait '
      'for its end, or start this one in a process of its own.'
    )
  try:
    yield
  finally:
    _in_use.release()


@contextlib.contextmanager
def _told_in_one_line() -> Iterator[None]:
  """Leaves out the lines that gin adds to an error, on where it was."""
  try:
    yield
  except UserError as error:
    line = first_line(error)
    if line == str(error):
      raise
    # gin raises what stands for the error, of a class that it makes.
    kinds = type(error).__mro__
    kind = next(cls for cls in kinds if '__getattr__' not in vars(cls))
    told = kind.__new__(kind)
    told.args = (line,)
    raise told from error


def _create(request: Request, base_dir: str) -> WatchedRunner:
  _load_settings(request)
  if request.online_steps is not None:
    each = bound('Runner.training_steps', 250_000)
    iterations = -(-request.online_steps // each)
    if iterations < request.online_iterations:
      raise UserError(
        f'online_steps is {request.online_steps}, and the run has taken '
        f'{request.online_iterations * each}: it counts all steps of the run.'
      )
    _load_settings(request, f'Runner.num_iterations = {iterations}')
  _, make = factories.prepare(
    base_dir=base_dir,
    agent=request.agent,
    teacher=request.teacher,
    atari_roms_path=request.atari_roms_path,
    command=request.command,
    given=request.given,
  )
  runner = make(
    base_dir,
    seed=request.seed,
    kind=WatchedRunner,
    callbacks=request.callbacks,
  )
  try:
    gin_parsing.check_every_binding_was_read()
  except UserError:
    runner._close()
    raise
  return runner


def _load_settings(request: Request, *more: str) -> None:
  factories.load_settings(
    request.agent,
    request.gin_files,
    [*request.gin_bindings, *more],
    request.objects,
  )


def _own_network(runner: WatchedRunner) -> NetworkFactory | None:
  student = runner._agent
  if snapshot.description(student) is not None:
    return None
  network = student.network_def
  return lambda num_actions, **fields: network
