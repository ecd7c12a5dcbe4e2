"""Replays of Dopamine 4.1 in our store: only steps that were played."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import strategies as st

from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore
from reincarnating_rl.replay.settings import ReplaySettingError
from reincarnating_rl.support.errors import DamagedFileError
from tests.fuzzing import fuzz
from tests.importers.dopamine41_played import Played, check, load, make

TWO = [(8, True), (9, False)]
histories = st.lists(
  st.tuples(st.integers(1, 14), st.booleans()), min_size=1, max_size=7
)


@fuzz(
  histories,
  st.sampled_from([(1, 1), (4, 1), (2, 1), (2, 2), (4, 3), (2, 5)]),
  st.booleans(),
  st.integers(1, 5),
  st.integers(1, 4),
)
def test_holds_each_recoverable_element(
  tmp_path, history, sizes, is_open, stack_size, n_step
):
  stack, n = sizes
  # n can be inferred only from a long enough episode; where one frame is a
  # state, nothing else tells the episodes apart.
  longest = 2 * n + 2
  if stack == 1:
    longest += sum(length for length, _ in history)
  history = [(longest, True), *history]
  played = Played(history, stack=stack, n_step=n, is_open=is_open)
  store, report = played.load(tmp_path, stack_size=stack_size, n_step=n_step)
  assert check(played, store) == played.stored(n_step)
  assert report.steps == store.next_step
  assert report.episodes == report.truncations == len(played.recovered())
  assert report.terminals == 0


@fuzz(
  histories,
  st.sampled_from([(1, 1), (4, 1), (4, 3)]),
  st.integers(20, 60),
  st.integers(1, 4),
)
def test_a_replay_that_wrapped(tmp_path, history, sizes, capacity, n_step):
  stack, n = sizes
  history = [(14, ends) for _, ends in history] + [*history, (14, True)]
  played = Played(history, stack=stack, n_step=n, capacity=capacity)
  store, _ = played.load(tmp_path, n_step=n_step)
  elements = check(played, store)
  whole = Played(history, stack=stack, n_step=n).stored(n_step)
  assert set(elements) <= set(whole)
  if played.buffer.add_count <= capacity:
    assert elements == whole
    return
  # The certain part of the oldest episode, and all of the later ones.
  oldest = played.buffer._memory[min(played.buffer._memory)]
  oldest = int(oldest.unpack().state[0, 0, -1]) - 1
  behind = oldest + 1
  while history[behind][1] and history[behind][0] <= n + 1:
    behind += 1
  assert set(elements) >= {key for key in whole if key[0] >= behind}
  assert all(key[0] >= oldest for key in elements)


def test_a_replay_is_loaded_labelled_and_continued(tmp_path):
  played = Played(TWO, is_open=True)
  played.buffer.save(str(tmp_path / 'checkpoints'), 3)
  store = PrioritizedFrameStore(
    capacity=90,
    observation_shape=(3, 1),
    actions=Discrete(6),
    policy_size=6,
    gamma=0.9,
    seed=0,
  )
  _, report = load(tmp_path, store)
  assert report.describe() == (
    '17 steps of 2 episodes (0 ended and 2 were cut); 1 last steps of '
    'episodes, of which no action was stored, left out; 3 elements that '
    'repeat another left out'
  )
  assert check(played, store) == played.stored(1)
  assert store.unlabelled().tolist() == list(range(17))
  store.label(store.unlabelled(), np.ones((17, 6)))
  store.add_episode(
    np.ones((3, 3, 1), np.uint8),
    np.zeros(3, int),
    np.zeros(3),
    terminal=True,
    teacher_policy=np.ones((3, 6)),
  )
  assert len(store) == 15 + 3 and not len(store.unlabelled())
  assert store.sample().state.shape == (32, 3, 1, 4)


def test_frames_that_were_not_compressed_and_floats(tmp_path):
  def frame(episode, t):
    return np.array([[1 + episode], [1 + t], [0.5]], np.float64)

  for number, compress in enumerate((False, True)):
    folder = tmp_path / str(number)
    played = Played(TWO, compress=compress, frame=frame)
    store, _ = played.load(folder / 'x', observation_dtype=np.float64)
    assert check(played, store) == played.stored(1)


def test_blank_frames(tmp_path):
  """Blank frames look like padding and like each other."""

  def frame(episode, t):
    is_blank = t % 5 > 2
    return np.array([[1 + episode], [1 + t], [7]], np.uint8) * (not is_blank)

  history = [(20, True), (7, False), (20, False), (3, True), (9, True)]
  for n in (1, 3):
    played = Played(history, n_step=n, frame=frame)
    store, report = played.load(tmp_path / str(n))
    plain, same = Played(history, n_step=n).load(tmp_path / f'plain {n}')
    assert report == same
    for name in ('action', 'reward', 'episode_step'):
      np.testing.assert_array_equal(store.columns[name], plain.columns[name])
    is_blank = plain.columns['observation'][:, 1] % 5 == 4
    is_blank |= plain.columns['observation'][:, 1] % 5 == 0
    np.testing.assert_array_equal(
      store.columns['observation'],
      np.where(is_blank[:, None], 0, plain.columns['observation']),
    )


@pytest.mark.parametrize(
  ('reward', 'gamma'),
  [
    (lambda e, t: 0.0, 0.8),
    (lambda e, t: 1.0, 0.99),
    (lambda e, t: float(t % 7 == 0) - (t % 11 == 0), 0.97),
    (lambda e, t: np.float32((3 * t * t + e) % 3 - 1), 0.9),
    (lambda e, t: (3 * t * t + e) % 3 - 1, 0.9),
  ],
)
@pytest.mark.parametrize('n', [2, 3, 5])
def test_rewards_of_n_step_returns(tmp_path, n, reward, gamma):
  """The discount is the store's, the usual one, or inferred."""
  history = [(40, True), (30, False), (25, True)]
  played = Played(history, n_step=n, reward=reward, gamma=gamma)
  store, _ = played.load(tmp_path, n_step=1)
  assert check(played, store) == played.stored(1)


@pytest.mark.parametrize(
  ('changed', 'message'),
  [
    ({'n_step': 3, 'reward': lambda e, t: t / 8}, '3-step returns .* not sums'),
    ({'n_step': 3, 'gamma': 1.0}, '3-step returns .* not sums'),
    ({'n_step': 11}, '11-step returns'),
    ({'n_step': 2, 'stack': 1}, 'states of one frame'),
    ({'stack': 1, 'frame': lambda *_: np.ones((3, 1), np.uint8)}, 'too few'),
    ({'history': [(2, True), (2, True)]}, 'too few different'),
  ],
)
def test_ambiguous_replays_are_refused(tmp_path, changed, message):
  arguments = {'history': [(40, False), (40, True)]} | changed
  store = make()
  Played(**arguments).save(tmp_path)
  with pytest.raises(DamagedFileError, match=message) as caught:
    load(tmp_path, store)
  assert 'teacher_steps' in str(caught.value) and '\n' not in str(caught.value)
  assert (len(store), store.next_step) == (0, 0)


def test_capacity_and_newest(tmp_path):
  played = Played(TWO)
  played.save(tmp_path)
  store = make(capacity=10)
  with pytest.raises(ReplaySettingError, match='17 steps .* capacity of 10'):
    load(tmp_path, store)
  assert (len(store), store.next_step) == (0, 0)
  with pytest.raises(ReplaySettingError, match='newest'):
    load(tmp_path, store, newest=0)
  _, report = load(tmp_path, store, newest=10)
  assert report.steps == 10 and report.left_out['older steps'] == 7
  # The state of the first frame needs frames that were left out.
  assert check(played, store) == [(1, t) for t in range(8)]
  store, report = load(tmp_path, newest=100)
  assert report.steps == 17 and not report.left_out['older steps']


@pytest.mark.parametrize(
  ('changed', 'message'),
  [
    ({'actions': Discrete(5)}, 'the action 5, but .* are 0 to 4:'),
    ({'observation_shape': (3,)}, r'\(3, 1\) of uint8'),
    ({'observation_dtype': np.int8}, r'\(3, 1\) of uint8'),
  ],
)
def test_the_store_of_another_game(tmp_path, changed, message):
  store = make(**changed)
  Played(TWO).save(tmp_path)
  with pytest.raises(ReplaySettingError, match=message):
    load(tmp_path, store)
  assert (len(store), store.next_step) == (0, 0)


def test_actions_that_are_vectors(tmp_path):
  played = Played(TWO, action=lambda episode, t: np.float32([t, episode]))
  for actions in (Discrete(6), Continuous((-1.0,) * 2, (1.0,) * 2)):
    with pytest.raises(
      ReplaySettingError, match='are vectors: of such'
    ) as told:
      played.load(tmp_path, actions=actions)
    assert '\n' not in str(told.value) and 'collected' in str(told.value)


def test_progress_reaches_the_end(tmp_path, monkeypatch):
  monkeypatch.setattr(
    'reincarnating_rl.importers.dopamine41_elements._EVERY', 4
  )
  told = []
  Played(TWO).save(tmp_path)
  load(tmp_path, progress=lambda *at: told.append(at))
  assert told[0] == (4, 36) and told[-1] == (36, 36)
  assert told == sorted(set(told)) and len(told) == 10


def test_memory_is_bounded_by_the_store(tmp_path):
  code = f"""
import pathlib
from reincarnating_rl.importers import external_replay
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.frame_store import FrameStore

def memory(field):
  status = pathlib.Path('/proc/self/status').read_text()
  return 1024 * int(status.split(field + ':')[1].split()[0])

store = FrameStore(
  capacity=1_500, observation_shape=(84, 84), actions=Discrete(6), seed=0
)
replay = external_replay.choose({str(tmp_path)!r})
before = memory('VmRSS')
report = replay.load(store)
grown = memory('VmHWM') - before
assert report.steps == 1_500 and store.columns['observation'][-1].any()
size = store.columns['observation'].nbytes
assert size < grown < 1.15 * size + 30_000_000, (size, grown)
"""
  noise = np.random.default_rng(0).integers(0, 256, (1_500, 84, 84))
  frames = noise.astype(np.uint8)  # 8 times as much as the store's, on disk.
  played = Played([(1_500, True)], frame=lambda _, t: frames[t])
  played.save(tmp_path)
  assert os.path.getsize(tmp_path / '7/replay/checkpoint.msgpack') > 8e7
  subprocess.run(
    [sys.executable, '-c', code],
    check=True,
    cwd=os.path.dirname(os.path.dirname(os.path.dirname(__file__))),
  )
