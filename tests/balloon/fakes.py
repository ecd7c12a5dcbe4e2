"""What flies in tests: at once, and without a game."""

import os
import pathlib
import time

from reincarnating_rl.balloon.policy import Policy
from reincarnating_rl.support.errors import UserError


def policy(name='a', log=None):
  """A policy whose flights are written to a log, if there is one."""
  return Policy(name, f'sha of {name}', path=log and str(log))


def record(seed, steps=3, *, time_within=0.5, return_=None, end='time_out'):
  """A flight that gets away from the station and up."""
  km = [10.0 * (seed + 1) * i for i in range(1, steps + 1)]
  return {
    'seed': seed,
    'return': 2.5 * seed + 1.0 if return_ is None else return_,
    'time_within_radius': time_within,
    'steps': steps,
    'end': end,
    'path': {
      'x_km': km,
      'y_km': [0.0] * steps,
      'altitude': [16_000 + i for i in range(steps)],
      'pressure': [9_000] * steps,
      'battery_soc': [0.5] * steps,
      'acs_power': [0, *[200] * (steps - 1)],
      'within_radius': [int(x <= 50) for x in km],
      'sun_elevation': [30.0] * (steps // 2) + [-30.0] * (steps - steps // 2),
    },
  }


def create():
  """Later seeds end sooner."""

  def fly(policy, seed):
    time.sleep(max(0.0, 0.3 - 0.1 * seed))
    if policy.path:
      with open(policy.path, 'a') as log:
        log.write(f'{policy.name}{seed} ')
    return record(seed, return_=100.0 * len(policy.name) + seed)

  return fly


def _failing_at_2(fail):
  fly = create()

  def fly_or_fail(policy, seed):
    if seed == 2:
      fail()
    return fly(policy, seed)

  return fly_or_fail


def create_slow_at_2():
  """Takes a minute in the flight of seed 2."""
  return _failing_at_2(lambda: time.sleep(60))


def create_mistaken():
  """Cannot fly."""

  def fail():
    raise UserError('no such balloon')

  return _failing_at_2(fail)


def create_crashing():
  """Ends its process."""
  return _failing_at_2(lambda: os._exit(3))


def flown(log):
  """Which flights ended, in their order."""
  path = pathlib.Path(log)
  return path.read_text().split() if path.exists() else []
