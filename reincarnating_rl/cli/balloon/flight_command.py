"""`flight`: a picture of policies that fly on the same seed."""

import argparse
import os
import pathlib

from reincarnating_rl.balloon import flight_plot, policies, progress
from reincarnating_rl.balloon.policy import Policy
from reincarnating_rl.balloon.records import FlightFile, Record
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import UserError


def run(args: argparse.Namespace) -> None:
  """Draws flights, after flying those that were not flown before.

  Raises:
    UserError: a policy cannot be read, or the picture cannot be written.
  """
  out = os.path.expanduser(args.out)
  if not out.lower().endswith('.png'):
    raise UserError(
      f'--out {args.out} is not a PNG file: choose a name that ends in .png.'
    )
  files.check_file(args.out, '--out')
  flown = policies.find(args.policies)
  flights = dict.fromkeys(flown)
  if args.results is not None:
    flights = {p: _stored(args.results, p, args.seed) for p in flown}
  jobs = [(p, args.seed) for p, flight in flights.items() if flight is None]
  flown_now = progress.fly_all(jobs, args.processes, address=args.ray_address)
  flights |= dict(flown_now)
  data = flight_plot.draw({p.name: flights[p] for p in flown})
  files.write_for_user(args.out, data, '--out')
  print(f'The picture: {args.out}')


def _stored(directory: str, policy: Policy, seed: int) -> Record | None:
  """Returns a flight of `evaluate`, if it is there."""
  folder = pathlib.Path(directory).expanduser()
  if not folder.is_dir():
    raise UserError(
      f'--results {directory} is not a directory: give the --out of evaluate.'
    )
  return FlightFile(folder, policy).read(seed)
