"""Play that is spread: the same, however many processes there are."""

import itertools
import json

import numpy as np
import pytest

from reincarnating_rl.cli.teachers import playing
from reincarnating_rl.cluster import calls
from reincarnating_rl.importers import external_replay
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.replay.frame_store import FrameStore

BINDINGS = (
  'create_teacher.network = @reincarnation_networks.MLPDQNNetwork',
  'MLPDQNNetwork.num_layers = 1',
  'MLPDQNNetwork.hidden_units = 64',
  "create_game.kind = 'gymnasium'",
)
GAME = (
  *('--game', 'CartPole-v1'),
  *(word for b in BINDINGS for word in ('--gin_bindings', b)),
)


@pytest.fixture
def teacher(fixtures):
  return f'{fixtures}/dopamine_4_0_6_cartpole'


def in_turn(batch, order):
  """What calls without Ray; of each batch the last may come first."""

  def call_all(create, shards, **settings):
    call, numbered = create(), enumerate(shards)
    while some := list(itertools.islice(numbered, batch)):
      for number, arguments in some[::order]:
        yield number, call(*arguments)

  return call_all


def files(folder):
  return {p.name: p.read_bytes() for p in folder.rglob('*') if p.is_file()}


def test_a_replay_does_not_depend_on_who_collects_it(
  tmp_path, monkeypatch, teacher, call
):
  written = []
  for batch, order in ((1, 1), (3, -1)):
    monkeypatch.setattr(calls, 'call_all', in_turn(batch, order))
    out = tmp_path / f'{batch}'
    told = call('convert', teacher, out, *GAME, '--collect', '400')
    assert 'mean return' in told
    written.append(files(out))
  assert written[0] == written[1]


def test_a_replay_is_the_play_of_one_process(
  tmp_path, monkeypatch, teacher, call
):
  monkeypatch.setattr(calls, 'call_all', in_turn(2, 1))
  call('convert', teacher, tmp_path / 'out', *GAME, '--collect', '400')
  replay = external_replay.choose(tmp_path / 'out')
  info = replay.inspect()
  assert info.entries >= 400
  store = FrameStore(
    capacity=info.entries,
    observation_shape=info.observation_shape,
    observation_dtype=info.observation_dtype,
    stack_size=1,
    n_step=1,
    gamma=0.99,
    actions=Discrete(2),
    policy_size=2,
    seed=0,
  )
  replay.load(store)
  words = ('convert', teacher, 'x', *GAME, '--collect', '1')
  player = playing.Player(words, 'teacher', 3)
  played = player(range(0, 48), playing.Keep.ALL)
  actions = np.concatenate([episode.actions for episode in played])
  seen = np.concatenate([episode.observations for episode in played])
  steps = info.entries
  assert steps <= len(actions)
  np.testing.assert_array_equal(store.columns['action'], actions[:steps])
  np.testing.assert_array_equal(store.columns['observation'], seen[:steps])


def test_a_score_is_the_same_in_processes(tmp_path, monkeypatch, teacher, call):
  monkeypatch.setattr(calls, 'call_all', in_turn(9, -1))
  told = []
  for name, flags in (('here', ()), ('spread', ('--processes', '2'))):
    path = tmp_path / f'{name}.json'
    call('evaluate', teacher, *GAME, '--episodes', '40', *flags, '--json', path)
    told.append(json.loads(path.read_text()))
    told[-1].pop('command')
  assert told[0] == told[1] and len(told[0]['returns']) == 40


def test_results_come_in_their_order():
  ended = [(2, 'c'), (0, 'a'), (1, 'b'), (3, 'd')]
  assert list(playing.in_order(ended)) == ['a', 'b', 'c', 'd']
