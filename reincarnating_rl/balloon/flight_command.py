"""`flight`: a picture of policies that fly on the same seed."""

import argparse
import os
import pathlib

from reincarnating_rl import files
from reincarnating_rl.balloon import (
  flight_plot,
  policies,
  policy,
  progress,
  records,
)
from reincarnating_rl.balloon.records import Record
from reincarnating_rl.errors import UserError


def run(args: argparse.Namespace) -> None:
  """Draws flights, after flying those that were not flown before.

  Raises:
    UserError: a policy cannot be read, or the picture cannot be written.
  """
  out = os.path.expanduser(args.out)
  if not out.lower().endswith('.png'):
    raise UserError(f'--out {args.out} is no PNG: choose a name in .png.')
  named = {}
  for argument in args.policies:
    name, _ = policy.split(argument)
    policy.check_names([*named, name])
    named[name] = argument
  flights = dict.fromkeys(named)
  if args.results is not None:
    flights |= {name: _stored(args.results, name, args.seed) for name in named}
  missing = [named[name] for name, flight in flights.items() if flight is None]
  flights |= _fly(missing, args.seed, args.processes)
  data = flight_plot.draw(flights)
  try:
    files.write_atomically(out, data)
  except OSError as error:
    raise UserError(
      f'{args.out} cannot be written ({error.strerror}): choose another.'
    ) from error
  print(f'The picture: {args.out}')


def _stored(directory: str, name: str, seed: int) -> Record | None:
  """Returns a flight of `evaluate`, if it is there."""
  folder = pathlib.Path(directory).expanduser()
  if not folder.is_dir():
    raise UserError(f'--results {directory} is no directory: see evaluate.')
  path = records.file_of(folder, name)
  if not path.exists():
    return None
  found = {record['seed']: record for record in records.read(path)[1]}
  return found.get(seed)


def _fly(
  arguments: list[str], seed: int, processes: int | None
) -> dict[str, Record]:
  if not arguments:
    return {}
  jobs = [(flier, seed) for flier in policies.find(arguments)]
  flown = progress.fly_all(jobs, processes)
  return {flier.name: record for flier, record in flown}
