"""Evaluating: processes, resuming, stops; with flights that are made up."""

import json
import pathlib
import subprocess
import sys
import time

import pytest

from reincarnating_rl.balloon import evaluate as balloon_evaluate
from reincarnating_rl.balloon import pool
from reincarnating_rl.support import worker_process
from reincarnating_rl.support.errors import UserError
from tests.balloon import fakes

ROOT = pathlib.Path(__file__).parents[2]
SEEDS = (0, 1, 2, 3)


def evaluate(directory, create=fakes.create, log=None, processes=1, names='a'):
  flown = [fakes.policy(name, log) for name in names]
  return balloon_evaluate.evaluate(
    flown, SEEDS, directory, processes, create_fly=create
  )


def test_results_are_equal_whatever_the_number_of_processes(tmp_path):
  told, data = [], []
  for processes in (1, 2):
    directory = tmp_path / str(processes)
    directory.mkdir()
    told.append(evaluate(directory, processes=processes, names=('a', 'bb')))
    files = [directory / 'a.jsonl', directory / 'bb.jsonl']
    data.append([file.read_bytes() for file in files])
  assert told[0] == told[1] and data[0] == data[1]
  means = {policy['policy']: policy['return']['mean'] for policy in told[0]}
  assert means == {'a': 101.5, 'bb': 201.5}
  seeds = [json.loads(line).get('seed') for line in data[0][0].splitlines()]
  assert seeds == [None, *SEEDS]


KILLED = """
import pathlib, sys
from tests.balloon import evaluate_test, fakes
evaluate_test.evaluate(pathlib.Path(sys.argv[1]), fakes.create_killer)
"""


def test_after_a_kill_only_the_rest_is_flown(tmp_path):
  done = subprocess.run(
    [sys.executable, '-c', KILLED, str(tmp_path)],
    cwd=ROOT,
    capture_output=True,
    check=False,
  )
  assert done.returncode == -9
  log = tmp_path / 'log'
  told = evaluate(tmp_path, log=log)
  assert fakes.flown(log) == ['a2', 'a3']
  assert told[0]['return']['mean'] == 101.5
  evaluate(tmp_path, log=log)
  assert fakes.flown(log) == ['a2', 'a3']


def test_ctrl_c_loses_no_flight_that_has_ended(tmp_path, capfd):
  with pytest.raises(KeyboardInterrupt):
    evaluate(tmp_path, fakes.create_ctrl_c)
  lines = (tmp_path / 'a.jsonl').read_text().splitlines()
  assert [json.loads(line).get('seed') for line in lines] == [None, 0, 1]


def test_a_mistake_is_told_and_what_ended_before_is_kept(tmp_path):
  with pytest.raises(UserError, match='no such balloon'):
    evaluate(tmp_path, fakes.create_mistaken)
  assert len((tmp_path / 'a.jsonl').read_text().splitlines()) == 3


def test_what_ended_before_another_crashed_is_kept(tmp_path):
  policy = fakes.policy(log=tmp_path / 'log')

  def wait_for_both():
    while not fakes.flown(policy.path):
      time.sleep(0.01)
    time.sleep(1.0)

  kept = []
  with pytest.raises(UserError, match='exit code 3'):
    for _, record in pool.fly_all(
      [(policy, 2), (policy, 0)],
      2,
      create_fly=fakes.create_crashing_after_another,
      on_wait=wait_for_both,
    ):
      kept.append(record['seed'])
  assert kept == [0]


def test_a_process_that_ends_is_told(tmp_path):
  with pytest.raises(UserError, match='exit code 3.*fewer --processes'):
    evaluate(tmp_path, fakes.create_crashing)


def test_an_error_comes_with_its_traceback():
  flights = [(fakes.policy(), 0)]
  with pytest.raises(worker_process.WorkerError, match='not callable'):
    list(pool.fly_all(flights, 1, create_fly=str))
