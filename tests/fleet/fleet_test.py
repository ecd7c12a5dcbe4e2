"""Fleets on the corridor: they learn, resume, and write what runs write."""

from tests.fleet.corridors import make_fleet
from tests.runner import experiments


def outcomes(fleet):
  return [experiments.outcome(seed) for seed in fleet.seeds]


def test_a_resumed_fleet_equals_the_uninterrupted_one(tmp_path):
  whole = make_fleet(tmp_path / 'whole', online=(3, 30))
  whole.run()
  make_fleet(tmp_path / 'parts', online=(1, 30)).run()
  resumed = make_fleet(tmp_path / 'parts', online=(3, 30))
  resumed.run()
  assert outcomes(whole) == outcomes(resumed)
