"""Evaluating, and going on with it; with flights that are made up."""

import json

import pytest

from reincarnating_rl.balloon import evaluate as balloon_evaluate
from reincarnating_rl.cluster import calls
from reincarnating_rl.support.errors import UserError
from tests.balloon import fakes

SEEDS = (0, 1, 2, 3)


def evaluate(directory, create=fakes.create, log=None, names='a'):
  flown = [fakes.policy(name, log) for name in names]
  return balloon_evaluate.evaluate(flown, SEEDS, directory, create_fly=create)


def in_turn(order=1):
  """What flies without Ray, in this process."""

  def call_all(create, flights, **settings):
    fly = create()
    for number in range(len(flights))[::order]:
      yield number, fly(*flights[number])

  return call_all


@pytest.fixture(autouse=True)
def without_ray(monkeypatch):
  monkeypatch.setattr(calls, 'call_all', in_turn())


def test_results_are_equal_in_whatever_order_flights_end(tmp_path, monkeypatch):
  told, data = [], []
  for order in (1, -1):
    monkeypatch.setattr(calls, 'call_all', in_turn(order))
    directory = tmp_path / str(order)
    directory.mkdir()
    told.append(evaluate(directory, names=('a', 'bb')))
    files = [directory / 'a.jsonl', directory / 'bb.jsonl']
    data.append([file.read_bytes() for file in files])
  assert told[0] == told[1] and data[0] == data[1]
  means = {policy['policy']: policy['return']['mean'] for policy in told[0]}
  assert means == {'a': 101.5, 'bb': 201.5}
  seeds = [json.loads(line).get('seed') for line in data[0][0].splitlines()]
  assert seeds == [None, *SEEDS]


def test_only_what_is_missing_is_flown(tmp_path):
  log = tmp_path / 'log'
  with pytest.raises(UserError, match='no such balloon'):
    evaluate(tmp_path, fakes.create_mistaken)
  assert len((tmp_path / 'a.jsonl').read_text().splitlines()) == 3
  told = evaluate(tmp_path, log=log)
  assert fakes.flown(log) == ['a2', 'a3']
  assert told[0]['return']['mean'] == 101.5
  evaluate(tmp_path, log=log)
  assert fakes.flown(log) == ['a2', 'a3']
