"""Lanes in processes answer as a loop does; workers end, and say why."""

import functools
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from reincarnating_rl.envs import process_vector, vector
from reincarnating_rl.envs.gymnasium_games import create_gymnasium_environment
from reincarnating_rl.support.errors import GameError, UserError
from tests.envs.moody import create_endless, create_moody, refuse
from tests.envs.side_by_side import assert_same, play_alone, play_side_by_side
from tests.envs.targets import target

LANES = 5
create_cartpole = functools.partial(create_gymnasium_environment, 'CartPole-v1')


@pytest.fixture(scope='module')
def two():
  """Two workers for all tests that leave them alive."""
  lanes = process_vector.ProcessVectorEnvironment(create_cartpole, LANES, 2)
  yield lanes
  lanes.close()


def play(lanes, steps=60):
  """Plays subsets of the lanes, in any order; yields all answers."""
  generator = np.random.default_rng(0)
  answers = [lanes.reset(range(LANES), range(10, 10 + LANES))]
  for seed in range(steps):
    chosen = generator.permutation(LANES)[: generator.integers(1, LANES + 1)]
    answer = lanes.step(chosen, generator.integers(2, size=len(chosen)))
    answers.extend(answer)
    over = chosen[answer.terminals | answer.truncations]
    if len(over):
      answers.append(lanes.reset(over, [seed] * len(over)))
  return answers


@pytest.mark.parametrize('processes', [1, 2, LANES])
def test_lanes_answer_as_a_loop_does(two, processes):
  loop = vector.LoopVectorEnvironment([create_cartpole() for _ in range(LANES)])
  expected = play(loop)
  if processes == 2:
    answers = play(two)
  else:
    lanes = process_vector.ProcessVectorEnvironment(
      create_cartpole, LANES, processes
    )
    answers = play(lanes)
    lanes.close()
  assert len(answers) == len(expected) > 240
  for one, other in zip(answers, expected, strict=True):
    assert one.dtype == other.dtype
    np.testing.assert_array_equal(one, other)


def test_actions_that_are_vectors():
  lanes = process_vector.ProcessVectorEnvironment(target, 3, 2)
  schedule = [[(1, 9), (2, 3)], [(3, 9)], [(4, 5), (5, 2)]]
  records = play_side_by_side(lanes, schedule)
  lanes.close()
  for seed, max_steps in sum(schedule, []):
    assert_same(records[seed], play_alone(target(), seed, max_steps))


def test_spaces_are_the_environments(two):
  loop = vector.LoopVectorEnvironment([create_cartpole()])
  for name in ('actions', 'observation_shape', 'observation_dtype'):
    assert getattr(two, name) == getattr(loop, name)
  assert two.num_envs == LANES
  two.prepare([1, 2])


def test_lanes_are_spread_and_workers_are_plain():
  lanes = process_vector.ProcessVectorEnvironment(create_moody, 5, 2)
  places = lanes.reset(range(5), range(5))
  pids = places[:, 0]
  assert len(set(pids)) == 2 and os.getpid() not in pids
  assert pids[0] == pids[2] == pids[4] != pids[1] == pids[3]
  # Ctrl-C is sent to the group of this process.
  assert os.getpgid(0) not in places[:, 1]
  assert lanes.step([3], [0]).rewards == [1]
  lanes.close()
  for pid in set(pids.astype(int)):
    with pytest.raises(ProcessLookupError):
      os.kill(pid, 0)
  with pytest.raises(process_vector.WorkerError, match='closed'):
    lanes.step([0], [0])


@pytest.mark.parametrize(
  ('action', 'message'),
  [(1, 'ValueError: a mood'), (2, 'ended with exit code 3')],
)
def test_a_workers_end_is_told(action, message):
  lanes = process_vector.ProcessVectorEnvironment(create_moody, 2, 2)
  lanes.reset([0, 1], [0, 0])
  with pytest.raises(process_vector.WorkerError, match=message):
    lanes.step([0, 1], [0, action])
  # The answer of the other lane is not taken for that of another request.
  with pytest.raises(process_vector.WorkerError, match='one of them failed'):
    lanes.step([0], [0])


def test_a_users_mistake_stays_one():
  with pytest.raises(UserError, match='^Install it first.$'):
    process_vector.ProcessVectorEnvironment(refuse, 2, 2)


def test_a_wrong_answer_of_a_game_stays_one():
  """The runner adds where it was to errors of this class."""
  environment = process_vector.ProcessVectorEnvironment(create_endless, 1, 1)
  with pytest.raises(GameError, match='Endless answers with'):
    environment.reset([0], [1])
  environment.close()


@pytest.mark.parametrize(
  ('lanes', 'processes', 'expected'), [(4, 9, 4), (4, 3, 3), (4, 1, 1)]
)
def test_the_number_of_processes(lanes, processes, expected):
  assert process_vector.process_count(lanes, processes) == expected


def test_the_default_is_one_process_a_core(monkeypatch):
  monkeypatch.setattr(os, 'sched_getaffinity', lambda _: {0, 3, 5})
  assert process_vector.process_count(8) == 3
  assert process_vector.process_count(2) == 2
  with pytest.raises(UserError, match='num_processes is 0'):
    process_vector.process_count(8, 0)


# A shell that starts the tests in the background has them ignore Ctrl-C.
PARENT = """
  import signal, sys
  signal.signal(signal.SIGINT, signal.default_int_handler)
  from reincarnating_rl.envs import process_vector
  from tests.envs.moody import create_moody
  lanes = process_vector.ProcessVectorEnvironment(create_moody, 2, 2)
  try:
    print(*lanes.reset([0, 1], [0, 0])[:, 0].astype(int), flush=True)
    sys.stdin.read()
  except KeyboardInterrupt:
    print(*lanes.step([0, 1], [0, 0]).rewards, flush=True)
  sys.stdin.read()
"""


def test_workers_do_not_hear_ctrl_c_and_die_with_their_parent():
  parent = subprocess.Popen(
    [sys.executable, '-c', textwrap.dedent(PARENT)],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    text=True,
    start_new_session=True,
  )
  with parent:
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    for pid in pids:
      os.kill(pid, signal.SIGINT)
    os.killpg(parent.pid, signal.SIGINT)
    assert parent.stdout.readline() == '1.0 1.0\n'
    parent.kill()
    # They hold its pipe open as long as they live.
    parent.communicate(timeout=30)
