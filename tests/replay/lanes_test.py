"""A store whose lanes take turns, beside a plain list of episodes a lane."""

import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.prioritized_store import PrioritizedFrameStore
from reincarnating_rl.replay.segment_log import SegmentLog
from tests.replay import replay_oracle as oracles


class LaneOracle(oracles.Oracle):
  """The oracle of one lane; its steps are kept, to be added in turn."""

  def __init__(self, store, lane):
    self.steps = []
    keeper = types.SimpleNamespace(
      settings=store.settings, add=self.steps.append
    )
    super().__init__(keeper)
    self._lane = lane

  def frame(self, episode, step):
    return super().frame(episode + 31 * self._lane, step)

  def elements_of(self, lanes, total):
    """Returns elements by their keys in the store, of `total` steps."""
    found = {}
    for key, element in self.all_elements().items():
      first = element['first'] * lanes + self._lane
      found[key * lanes + self._lane] = element | {'first': first}
    return found


def fill(store, histories, count):
  """Adds `count` steps, of the lanes in turn; returns all elements by key."""
  lanes, frames = store.settings.num_lanes, []
  for lane, history in enumerate(histories):
    oracle = LaneOracle(store, lane)
    wanted = -(-(count - lane) // lanes)
    for length, end in history:
      left = wanted - len(oracle.steps)
      oracle.run(min(length, left), end if length <= left else 'open', False)
      if length >= left:
        break
    frames.append(oracle)
  for number in range(count):
    store.add(frames[number % lanes].steps[number // lanes])
  found = {}
  for oracle in frames:
    found |= oracle.elements_of(lanes, count)
  return found


def make(lanes, *, kind=FrameStore, **given):
  told = {'stack_size': 3, 'n_step': 2, 'capacity': 60} | given
  return kind(
    **told,
    observation_shape=(2, 3),
    actions=Discrete(5),
    num_lanes=lanes,
    policy_size=2,
    seed=1,
  )


def history_of(rng):
  ends = [oracles.TERMINAL, oracles.TIME_OUT]
  return [(int(rng.integers(1, 9)), ends[rng.integers(2)]) for _ in range(400)]


@settings(max_examples=60, deadline=None)
@given(
  lanes=st.integers(1, 5),
  stack_size=st.integers(1, 4),
  n_step=st.integers(1, 4),
  second=st.sampled_from([None, 1, 3, 6]),
  room=st.integers(1, 40),
  count=st.integers(0, 160),
  seed=st.integers(0, 100),
)
def test_holds_the_elements_of_each_lane(
  lanes, stack_size, n_step, second, room, count, seed
):
  store = make(
    lanes,
    stack_size=stack_size,
    n_step=n_step,
    second_n_step=second,
    capacity=(stack_size + n_step) * lanes + room,
  )
  rng = np.random.default_rng(seed)
  every = fill(store, [history_of(rng) for _ in range(lanes)], count)
  oldest = count - store.settings.capacity
  expected = {k: x for k, x in every.items() if x['first'] >= oldest}
  assert store.add_count == len(every)
  assert len(store) == len(expected)
  assert sorted(store.element_keys()) == sorted(expected)
  if not expected:
    return
  keys = np.array(sorted(expected))
  assert set(store.sample_keys(300)) <= set(keys)
  oracles.check_batch(store.gather(keys), [expected[key] for key in keys])


@pytest.mark.parametrize('kind', [FrameStore, PrioritizedFrameStore])
def test_a_restored_store_goes_on_alike(tmp_path, kind):
  rng = np.random.default_rng(3)
  histories = [history_of(rng) for _ in range(4)]
  stores, log = [make(4, kind=kind) for _ in range(2)], SegmentLog(tmp_path)
  fill(stores[0], histories, 131)
  if kind is PrioritizedFrameStore:
    keys = stores[0].element_keys()[::3]
    stores[0].update(keys, td_losses=np.arange(1.0, len(keys) + 1))
  log.load(stores[1], log.save(stores[0]))
  rest = [make(4) for _ in range(2)]
  fill(rest[0], histories, 131), fill(rest[1], histories, 170)
  for number in range(131, 170):
    row = {n: x[0] for n, x in rest[1].read(number, number + 1).items()}
    ends = rest[1].columns['episode_step'][(number + 4) % 60] == 0
    for store in stores:
      store.add(
        Transition(
          *(row['observation'], row['action'], row['reward'], row['terminal']),
          bool(ends),
        )
      )
    found = [store.sample_keys(5).tolist() for store in stores]
    assert found[0] == found[1]
    batches = [s.sample(7, with_sample_metadata=True)[1] for s in stores]
    np.testing.assert_array_equal(batches[0].keys, batches[1].keys)


def test_every_element_is_drawn_equally_often():
  rng = np.random.default_rng(0)
  store = make(3)
  fill(store, [history_of(rng) for _ in range(3)], 100)
  keys, counts = np.unique(store.sample_keys(40_000), return_counts=True)
  assert sorted(keys) == sorted(store.element_keys())
  expected = 40_000 / len(store)
  assert np.all(np.abs(counts - expected) < 6 * np.sqrt(expected))


def test_labels_stay_with_their_states():
  store = make(3)
  rng = np.random.default_rng(0)
  every = fill(store, [history_of(rng) for _ in range(3)], 100)
  keys = store.unlabelled()
  states = store.states(keys)
  sums = states.sum(axis=(1, 2, 3), dtype=np.float32)
  store.label(keys, np.stack([sums, keys.astype(np.float32)], axis=1))
  batch = store.gather(store.element_keys())
  np.testing.assert_array_equal(
    batch.teacher_policy[:, 0], batch.state.sum(axis=(1, 2, 3))
  )
  np.testing.assert_array_equal(
    batch.teacher_policy[:, 1], store.element_keys()
  )
  assert len(every) > len(store)


def test_whole_episodes_are_of_one_lane():
  with pytest.raises(ValueError, match='one lane'):
    make(2).add_episode(
      np.zeros((3, 2, 3), np.uint8),
      np.zeros(3, np.int32),
      np.zeros(3),
      terminal=True,
    )
