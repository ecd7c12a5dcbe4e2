"""Fleets on the corridor: they learn, resume, and write what runs write."""

import functools
import itertools
import json
import os
import signal
import subprocess
import sys
import time

import jax
import numpy as np
import pytest

from reincarnating_rl.fleet import measuring, pace
from reincarnating_rl.fleet import offline as fleet_offline
from reincarnating_rl.fleet.fleet import Fleet
from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.importers import external_replay
from reincarnating_rl.methods.method import Offline
from reincarnating_rl.runner.plan import Phase
from reincarnating_rl.support.files import UnwritableError
from reincarnating_rl.support.interrupts import Interrupted
from tests import toys
from tests.fleet.corridors import make_fleet
from tests.runner import experiments
from tests.runner.training_lanes_test import played_again


@pytest.fixture(autouse=True)
def short_programs(monkeypatch):
  """Several of them in each phase."""
  monkeypatch.setattr(pace, 'MOST_BLOCKS', 5)
  monkeypatch.setattr(measuring, '_STEPS', 6)
  monkeypatch.setattr(fleet_offline, '_MOST', 5)


def outcomes(fleet):
  return [
    experiments.outcome(seed)
    | {'episode': jax.tree.map(lambda x: x.tolist(), seed.episode())}
    for seed in fleet.seeds
  ]


def files(base_dir):
  """Returns the files of a run by name, and the fields of those of JSON."""
  found = {}
  for path in base_dir.rglob('*'):
    if path.name in ('summary.json', 'lineage.json'):
      found[path.name] = sorted(json.loads(path.read_text()))
    elif path.is_file() and 'steps-' not in path.name:
      name = path.relative_to(base_dir).as_posix()
      found[name.split('events.')[0]] = None
  return found


def assert_played(columns, teacher):
  """Asserts that a replay holds episodes of the corridor, and the labels."""
  starts = np.flatnonzero(columns['episode_step'] == 0).tolist()
  for start, end in itertools.pairwise([*starts, len(columns['reward'])]):
    told = played_again(columns['action'][start:end], seed=0)
    states, rewards, terminals, _ = map(np.array, zip(*told, strict=True))
    for name, expected in (
      ('observation', states),
      ('reward', rewards.astype(np.float32)),
      ('terminal', terminals),
      ('teacher_policy', teacher.policy_logits(states)),
    ):
      np.testing.assert_allclose(columns[name][start:end], expected, 1e-6)


def test_a_disk_that_fails_is_told_with_how_to_go_on(monkeypatch):
  fleet = object.__new__(Fleet)
  fleet.seeds = []

  def fail(self):
    raise UnwritableError('runs/0 cannot be written (No space left).')

  monkeypatch.setattr(Fleet, '_run_plan', fail)
  told = r'left\)\. The same command resumes from the last checkpoint, if ther'
  with pytest.raises(UnwritableError, match=told):
    fleet.run()


def test_a_seed_writes_what_a_run_writes(tmp_path):
  settings = {
    'agent': {'kind': toys.METHODS['kickstarting_dqn']},
    'num_pretraining_iterations': None,
    'evaluation_episodes': 2,
    'online': (1, 64),
  }
  run = experiments.make_runner(tmp_path / 'run', **settings)
  run.run_experiment()
  fleet = make_fleet(tmp_path / 'fleet', 2, **settings)
  began = time.monotonic()
  fleet.run()
  elapsed = time.monotonic() - began
  assert sum(sum(s.record.seconds.values()) for s in fleet.seeds) <= elapsed
  seed = fleet.seeds[0]
  theirs, ours = files(tmp_path / 'run'), files(tmp_path / 'fleet' / '0')
  length = seed.agent.training_steps  # A run finishes its last episode.
  assert {n for n in ours if '.safetensors' not in n} == {
    n for n in theirs if '.safetensors' not in n
  }
  assert ours['summary.json'] == theirs['summary.json']
  assert ours['lineage.json'] == theirs['lineage.json']
  names = [
    {row['name'] for row in experiments.metrics(folder)}
    for folder in (tmp_path / 'run', tmp_path / 'fleet' / '0')
  ]
  assert names[0] == names[1]
  store = seed.agent.batches.replay
  assert length == store.next_step == 64
  # In two steps each, from the 50th element on; some steps begin none yet.
  assert 4 <= seed.agent.trainer.online_updates <= 7
  assert seed.progress.position.episodes == store.columns['terminal'].sum() + (
    store.columns['episode_step'][:64].tolist().count(39)
  )
  assert_played(store.read(0, 64), toys.ScriptedTeacher())


@pytest.mark.soak
def test_a_resumed_fleet_equals_the_uninterrupted_one(tmp_path):
  whole = make_fleet(tmp_path / 'whole', online=(3, 31))
  whole.run()
  make_fleet(tmp_path / 'parts', online=(1, 31)).run()
  resumed = make_fleet(tmp_path / 'parts', online=(3, 31))
  resumed.run()
  assert outcomes(whole) == outcomes(resumed)


def interrupt_after(fleet, calls):
  """Has a fleet asked to stop at its n-th safe point."""
  check, left = fleet._interrupt.check, [calls]

  def counting():
    left[0] -= 1
    fleet._interrupt.requested = left[0] < 0
    check()

  fleet._interrupt.check = counting


@pytest.mark.soak
@pytest.mark.parametrize('calls', [3, 14, 19])
def test_a_stopped_fleet_goes_on(tmp_path, calls):
  whole = make_fleet(tmp_path / 'whole', online=(2, 60))
  whole.run()
  stopped = make_fleet(tmp_path / 'parts', online=(2, 60))
  interrupt_after(stopped, calls)
  with pytest.raises(Interrupted):
    stopped.run()
  resumed = make_fleet(tmp_path / 'parts', online=(2, 60))
  resumed.run()
  assert outcomes(whole) == outcomes(resumed)


def test_ctrl_c_is_heard_while_a_fleet_loads(tmp_path):
  experiments.make_runner(tmp_path / 'earlier').run_experiment()
  find = functools.partial(external_replay.choose, tmp_path / 'earlier')
  fleet = make_fleet(tmp_path / 'fleet', find_teacher_replay=find)
  phases = fleet.seeds[0].parts.phases
  loading = phases[Phase.LOAD]

  def press_ctrl_c(iteration):
    os.kill(os.getpid(), signal.SIGINT)
    return loading(iteration)

  phases[Phase.LOAD] = press_ctrl_c
  with pytest.raises(Interrupted):
    fleet.run()
  assert fleet.seeds[0].record.teacher_steps == 0


@pytest.mark.soak
def test_a_seed_does_not_depend_on_the_others(tmp_path):
  alone = make_fleet(tmp_path / 'alone', 1)
  alone.run()
  together = make_fleet(tmp_path / 'together', 2)
  together.run()
  assert outcomes(alone)[0] == outcomes(together)[0]


@pytest.mark.soak
def test_side_by_side_is_one_after_the_other(tmp_path):
  found = []
  for side_by_side in (False, True):
    fleet = make_fleet(
      tmp_path / str(side_by_side),
      2,
      spread=Spread(2, jax.devices()[:1], side_by_side=side_by_side),
    )
    fleet.run()
    found.append([seed.agent.trainer.state.params for seed in fleet.seeds])
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5), *found
  )


CASES = {
  **{f'qdagger_{k}': (v, {}) for k, v in toys.ALL_KINDS.items()},
  **{name: (kind, {}) for name, kind in toys.METHODS.items()},
  **{
    f'rehearsal_{k}': (v, {'teacher_data_ratio': 0.5})
    for k, v in toys.REHEARSAL.items()
  },
  **{f'jsrl_{k}': (v, {'max_roll_in_steps': 4}) for k, v in toys.JSRL.items()},
  'exact': (
    toys.REHEARSAL['rainbow'], {'teacher_data_ratio': 0.5, 'exact_share': True}
  ),
  'often': (toys.KINDS['dqn'], {'student': {'updates_per_step': 3}}),
  'second': (toys.METHODS['dqfd_dqn'], {'second_update_horizon': 4}),
  'calibrated': (
    toys.METHODS['pretrained_dqn'], {'cql_type': 'calibrated'}
  ),
  'running_return': (toys.KINDS['dqn'], {'weaner': 'running_return'}),
  'linear': (
    toys.KINDS['dqn'], {'weaner': 'linear', 'distill_decay_period': 90}
  ),
  'recalled': (
    toys.KINDS['dqn'], {'distill_recall_below': 1.0, 'distill_latch': None}
  ),
}  # fmt: skip


@pytest.mark.soak
@pytest.mark.parametrize('name', CASES)
def test_every_method_resumes_as_if_it_had_gone_on(tmp_path, name):
  kind, settings = CASES[name]
  settings = {
    'agent': {'kind': kind} | settings,
    'num_pretraining_iterations': None,
  }
  if kind.method.offline is not Offline.NEVER:
    settings['num_pretraining_iterations'] = 1
  whole = make_fleet(tmp_path / 'whole', online=(3, 60), **settings)
  whole.run()
  make_fleet(tmp_path / 'parts', online=(2, 60), **settings).run()
  resumed = make_fleet(tmp_path / 'parts', online=(3, 60), **settings)
  resumed.run()
  assert outcomes(whole) == outcomes(resumed)
  for seed in whole.seeds:
    assert seed.agent.trainer.online_updates > 50
    if kind.method.rolls_in:
      assert seed.agent.actor.steps > 10
  assert len({str(o['arrays']) for o in outcomes(whole)}) == 2


@pytest.mark.soak
@pytest.mark.parametrize('kind', toys.ALL_HEADS)
def test_the_offline_phase_makes_the_updates_of_a_run(tmp_path, kind):
  settings = {'agent': {'kind': toys.ALL_KINDS[kind]}}
  run = experiments.make_runner(tmp_path / 'run', **settings)
  fleet = make_fleet(tmp_path / 'fleet', 1, **settings)
  (seed,) = fleet.seeds
  rng = np.random.default_rng(0)
  for data in (experiments.teacher_data(run), seed.data):
    data.open().add_episode(
      rng.random((60, toys.LENGTH)).astype(np.float32),
      rng.integers(0, 2, 60),
      rng.random(60),
      terminal=True,
    )
    rng = np.random.default_rng(0)
  iteration = next(row for row in run.plan if row.phase is Phase.PRETRAIN)
  for _ in experiments.teacher_data(run).updates(20, done=0):
    pass
  seed.progress.enter(iteration.number)
  *_, (learner, _) = fleet._offline.run(fleet.state.learner, iteration)
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b[0], rtol=2e-3, atol=1e-5),
    run._agent.trainer.state,
    learner,
  )


@pytest.mark.soak
def test_a_student_of_each_seed_learns(tmp_path):
  fleet = make_fleet(tmp_path, 4, teacher=None, online=(3, 1500))
  fleet.run()
  for seed in fleet.seeds:
    assert seed.record.rows[-1]['score']['mean'] == pytest.approx(0.7)


@pytest.mark.soak
def test_four_devices_give_what_one_gives(tmp_path):
  script = (
    'import jax, pathlib, sys\n'
    "jax.config.update('jax_num_cpu_devices', int(sys.argv[1]))\n"
    'from tests import surroundings\n'
    'from tests.fleet.corridors import make_fleet\n'
    'from tests.runner import experiments\n'
    'fleet = make_fleet(pathlib.Path(sys.argv[2]), 4)\n'
    'assert fleet._spread.num_devices == int(sys.argv[1])\n'
    'fleet.run()\n'
    'for seed in fleet.seeds:\n'
    "  print(hash(str(sorted(experiments.outcome(seed)['arrays'].items()))))\n"
  )
  told = [
    subprocess.run(
      [sys.executable, '-c', script, str(number), str(tmp_path / str(number))],
      check=True,
      capture_output=True,
      text=True,
      env={'PYTHONHASHSEED': '0', 'JAX_PLATFORMS': 'cpu', 'PATH': ''},
    ).stdout.splitlines()[-4:]
    for number in (1, 4)
  ]
  assert told[0] == told[1] and len(set(told[0])) == 4
