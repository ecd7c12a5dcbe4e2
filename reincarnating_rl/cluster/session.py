"""A connection to Ray: an instance of our own on this machine, or a cluster.

Ray is imported here and in functions, because it takes a second.
"""

import contextlib
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from reincarnating_rl.support import cores
from reincarnating_rl.support.errors import UserError, first_line

_LEAST_WAITING = 8
_ANSWER_SECONDS = 10.0
_STORE_BYTES = 100 * 2**20  # Results are small.
# Read as Ray is imported. Users set theirs before they start the command.
_QUIET = {
  'RAY_USAGE_STATS_ENABLED': '0',
  'RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO': '0',  # The future's default; no news.
}
# An instance of our own needs no network but the loopback. Ray has this switch
# for Windows and macOS, and reads it everywhere.
_LOOPBACK = {
  'RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER': '0',
  'RAY_enable_worker_prestart': '0',  # One worker a CPU, needed or not.
  'RAY_prestart_worker_first_driver': '0',
}


def be_quiet(*, loopback: bool = True) -> None:
  """Sets how Ray behaves, before it is imported.

  Args:
    loopback: whether it does without another network.
  """
  for name, value in (_QUIET | (_LOOPBACK if loopback else {})).items():
    os.environ.setdefault(name, value)


@contextlib.contextmanager
def connected(address: str | None, cpus: int | None = None) -> Iterator[None]:
  """Connects to Ray in this context, if this process is not connected yet.

  Args:
    address: of a cluster, `HOST:PORT` or 'auto'; None for an instance of our
      own, which ends with this context or with this process, however it ends.
    cpus: of our own instance; None for one a core.

  Raises:
    UserError: there is no cluster there.
  """
  if address is not None:
    _check_address(address)
  be_quiet(loopback=address is None)
  import ray

  if ray.is_initialized():
    yield
    return
  with _signals_kept():
    started = _start(address, cpus or cores.usable())
  try:
    yield
  finally:
    ray.shutdown()
    if address is None:
      shutil.rmtree(started['session_dir'], ignore_errors=True)


def _check_address(address: str) -> None:
  """Refuses an address where nobody answers; Ray takes minutes to say so."""
  if address == 'auto':
    return
  host, _, port = address.rpartition(':')
  if not host or '/' in host or not port.isdecimal():
    raise UserError(
      f'--ray_address is {address}: run the command on a machine of the '
      'cluster, and give auto or HOST:PORT.'
    )
  try:
    socket.create_connection((host, int(port)), _ANSWER_SECONDS).close()
  except (OSError, OverflowError) as error:
    raise _unreachable(address, error) from error


def _unreachable(address: str, error: Exception) -> UserError:
  return UserError(
    f'--ray_address {address}: no cluster can be reached there '
    f'({first_line(error).rstrip(".")}): start one with `ray start --head`, or '
    'leave the flag out.'
  )


def _start(address: str | None, cpus: int) -> Any:
  import ray

  where: dict[str, Any] = {'address': address}
  if address is None:
    where = {
      'address': 'local',
      'num_cpus': cpus,
      'object_store_memory': _STORE_BYTES,
      'include_dashboard': False,
    }
  try:
    return ray.init(
      **where, logging_level='ERROR', log_to_driver=False
    ).address_info
  except (ConnectionError, RuntimeError, ValueError, OSError) as error:
    if address is not None:
      raise _unreachable(address, error) from error
    raise UserError(
      f'Ray could not be started here ({first_line(error).rstrip(".")}): see '
      '/tmp/ray/session_latest/logs.'
    ) from error


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
  """Keeps our handlers of signals while Ray starts.

  Ray takes SIGTERM for itself, which asks our commands to end in order. Its
  processes must not hear that the terminal is closed: we need them to the end.
  Nor may they inherit that a shell in the background ignores Ctrl-C: Ray stops
  a task by that signal.
  """
  if threading.current_thread() is not threading.main_thread():
    yield
    return
  kept = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
  before = {number: signal.getsignal(number) for number in kept}
  signal.signal(signal.SIGHUP, signal.SIG_IGN)
  if before[signal.SIGINT] == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
  try:
    yield
  finally:
    for number, handler in before.items():
      signal.signal(number, handler)


def check_room(address: str | None, wanted: Mapping[str, float]) -> None:
  """Refuses work for which this machine has no room, ever.

  Args:
    address: of a cluster, which may grow: there it is a warning.
    wanted: CPU, GPU and bytes of memory, by Ray's names.

  Raises:
    UserError: it needs more than there is.
  """
  nodes = _nodes()
  for name, amount in wanted.items():
    most = max((node.get(name, 0.0) for node in nodes), default=0.0)
    if amount <= most:
      continue
    told = _shown(name, amount)
    if address is not None:
      print(
        f'warning: a run needs {told}, and no machine of the cluster has so '
        'much: it waits until one comes.',
        file=sys.stderr,
      )
      continue
    more = ', or raise --processes' if name == 'CPU' else ''
    raise UserError(
      f'A run needs {told}, and this machine has {_shown(name, most, "")}: '
      f'lower `resources` in the study file{more}.'
    )


def _shown(name: str, amount: float, unit: str | None = None) -> str:
  if name == 'memory':
    return f'{amount / 2**30:.3g} GB{" memory" if unit is None else ""}'
  return f'{amount:g}{f" {name}" if unit is None else ""}'


def room(address: str | None) -> int:
  """Returns how many tasks are worth handing to Ray, which keeps no order.

  Args:
    address: of a cluster: there some wait, so that an autoscaler sees them.
  """
  cpus = int(sum(node.get('CPU', 0.0) for node in _nodes()))
  return max(cpus, 1) if address is None else 2 * cpus + _LEAST_WAITING


def _nodes() -> list[dict[str, float]]:
  """Returns what each machine has, all in all."""
  import ray

  return [node['Resources'] for node in ray.nodes() if node['Alive']]
