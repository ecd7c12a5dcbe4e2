"""`convert`: the same teacher and the same data, whatever they came from."""

import functools
import json
import os
import re
import shutil

import gin
import jax
import numpy as np
import pytest
from flax import linen as nn

from reincarnating_rl.cli.teachers import cli, convert_command, identify
from reincarnating_rl.envs.facts import GameFacts
from reincarnating_rl.importers import (
  data_summary,
  external_replay,
  run_replay,
)
from reincarnating_rl.importers.data import npz
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.learner.types import QOutput
from reincarnating_rl.networks.mlp_networks import MLPDQNNetwork
from reincarnating_rl.networks.rainbow_networks import ImpalaRainbowNetwork
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.teachers import factory, native_checkpoint
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from tests.cli.teachers.conftest import BUNDLED, MANIFEST, TOLD
from tests.importers import dopamine41_played
from tests.runner import experiments
from tests.teachers import networks

KINDS_OF_STATES = {
  'cleanrl_dqn_atari_jax.cleanrl_model': 'atari',
  'cleanrl_c51_atari.cleanrl_model': 'atari',
  'cleanrl_ppo.cleanrl_model': 'vector',
  'cleanrl_qdagger.cleanrl_model': 'small',
  'sb3_qrdqn_cnn.zip': 'small',
  'sb3_a2c_cnn.zip': 'small',
  'sb3_dqn_mlp.zip': 'stacked',
}


def logits(path, states, num_actions, **settings):
  *observation_shape, stack_size = states.shape[1:]
  teacher = factory.create_teacher(
    'auto',
    path,
    actions=Discrete(num_actions),
    observation_shape=tuple(observation_shape),
    stack_size=stack_size,
    **settings,
  )
  return np.asarray(teacher.policy_logits(states))


def manifest(out):
  (path,) = (out / 'checkpoints').glob('*.json')
  return json.loads(path.read_text())


def loaded(replay, *, stack_size, n_step=1, newest=None):
  info = replay.inspect()
  store = FrameStore(
    capacity=6000,
    observation_shape=info.observation_shape,
    observation_dtype=info.observation_dtype,
    stack_size=stack_size,
    n_step=n_step,
    actions=Discrete(0),
    seed=0,
  )
  report = replay.load(store, newest=newest)
  return store, report.steps


def assert_same_elements(out, original, **settings):
  ours = external_replay.choose(out)
  assert ours.kind == 'run'
  (mine, count), (theirs, steps) = (
    loaded(replay, **settings) for replay in (ours, original)
  )
  assert count == steps and len(mine) == len(theirs) > 0
  for name, column in theirs.columns.items():
    np.testing.assert_array_equal(
      mine.columns[name][:steps], column[:steps], err_msg=name
    )


def test_the_bundled_teacher_says_what_it_is(tmp_path, call):
  out = tmp_path / 'a' / 'b'
  printed = call('convert', BUNDLED, out)
  assert f'evaluate {out}' in printed
  told = manifest(out)
  assert told['number'] == TOLD['number']
  assert told['network'] == TOLD['network']
  assert told['game']['name'] == 'Pong'
  assert told['game']['actions'][1] == 'FIRE'
  assert told['teacher']['teacher'] == TOLD['teacher']
  ((_, file),) = TOLD['files'].items()
  assert told['teacher']['sha256'] == file['sha256']
  for name in ('lineage.json', 'learning_curve.png'):
    assert (out / name).stat().st_size > 1000
  states = np.random.default_rng(0).integers(
    256, size=(3, 84, 84, 4), dtype='u1'
  )
  np.testing.assert_array_equal(
    logits(out, states, 6), logits(BUNDLED, states, 6)
  )
  # Its actions are known by name, so that it plays a game of fewer.
  fewer = ('FIRE', 'LEFT')
  np.testing.assert_array_equal(
    logits(out, states, 2, game_actions=fewer),
    logits(out, states, 6)[:, [1, 3]],
  )


@pytest.mark.parametrize('name', KINDS_OF_STATES)
def test_files_of_other_libraries(tmp_path, fixtures, monkeypatch, name, call):
  source = f'{fixtures}/foreign/{name}'
  with np.load(f'{fixtures}/foreign/expected.npz') as expected:
    states = expected[f'{KINDS_OF_STATES[name]}_states']
  game = GameFacts('a toy', None, states.shape[1:-1], None, states.shape[-1])
  monkeypatch.setattr(identify, 'facts', lambda settings, replay: game)
  call('convert', source, tmp_path / 'out')
  told = manifest(tmp_path / 'out')
  assert told['number'] == 0 and told['teacher']['number'] is None
  assert told['teacher']['file'] == name
  np.testing.assert_array_equal(
    logits(tmp_path / 'out', states, 4), logits(source, states, 4)
  )


def test_states_of_another_shape_are_in_another_order(tmp_path, fixtures, call):
  """Two stacked vectors of three are no vector of six."""
  source = f'{fixtures}/foreign/sb3_dqn_mlp.zip'
  call('convert', source, tmp_path / 'out')  # Its file says that it sees six.
  assert manifest(tmp_path / 'out')['teacher']['state_shape'] == [6, 1]
  states = np.zeros((2, 6, 1), np.float32)
  np.testing.assert_array_equal(
    logits(tmp_path / 'out', states, 4), logits(source, states, 4)
  )
  with pytest.raises(MismatchedTeacherError, match=r'gives .* \[3, 2\]'):
    logits(tmp_path / 'out', states.reshape(2, 3, 2), 4)


def test_a_declared_network_of_pytorch(tmp_path, fixtures, monkeypatch, call):
  with np.load(f'{fixtures}/foreign/expected.npz') as expected:
    states, outputs = expected['small_states'], expected['plain']
  game = GameFacts('a toy', None, states.shape[1:-1], None, states.shape[-1])
  monkeypatch.setattr(identify, 'facts', lambda settings, replay: game)
  bindings = (
    'create_teacher.layers = @Layers()',
    "Layers.convolutions = (('first', 3, 2), ('second', 2, 1))",
    "Layers.dense = ('hidden', 'head')",
    "Layers.activation = ('silu', 'silu', 'tanh')",
    'Layers.scale = 255.0',
  )
  words = [word for b in bindings for word in ('--gin_bindings', b)]
  printed = call(
    'convert', f'{fixtures}/foreign/plain.pt', tmp_path / 'out', *words
  )
  assert "warning: Layers.kind = 'dqn' by default, for no file" in printed
  np.testing.assert_allclose(
    0.1 * logits(tmp_path / 'out', states, 6), outputs, atol=1e-5
  )


def test_what_the_actions_mean_is_written(tmp_path, fixtures, call):
  source = f'{fixtures}/foreign/cleanrl_dqn_atari.cleanrl_model'
  call('convert', source, tmp_path / 'out', '--game', 'Breakout')
  assert manifest(tmp_path / 'out')['game'] == {
    'name': 'Breakout',
    'actions': ['NOOP', 'FIRE', 'RIGHT', 'LEFT'],
  }
  # Numbered checkpoints keep all of their actions, in their own order.
  declared = ('LEFT', 'FIRE', 'RIGHTFIRE', 'NOOP', 'RIGHT', 'LEFTFIRE')
  binding = f'create_teacher.action_meanings = {declared}'
  call('convert', BUNDLED, tmp_path / 'own', '--gin_bindings', binding)
  assert manifest(tmp_path / 'own')['game']['actions'] == list(declared)


def test_a_pickle_its_replay_and_a_network_of_gin(tmp_path, fixtures, call):
  source = f'{fixtures}/dopamine_4_0_6_cartpole'
  bindings = (
    'create_teacher.network = @reincarnation_networks.MLPDQNNetwork',
    'MLPDQNNetwork.num_layers = 1',
    'MLPDQNNetwork.hidden_units = 64',
  )
  words = [word for b in bindings for word in ('--gin_bindings', b)]
  printed = call('convert', source, tmp_path / 'out', *words)
  assert 'replay 24 of Dopamine up to 4.0' in printed
  told = manifest(tmp_path / 'out')
  assert told['number'] == 24
  assert told['network']['fields']['hidden_units'] == 64
  assert told['teacher']['training_steps'] == 2505
  network = functools.partial(MLPDQNNetwork, num_layers=1, hidden_units=64)
  states = np.random.default_rng(0).normal(size=(3, 4, 1)).astype(np.float32)
  np.testing.assert_array_equal(
    logits(tmp_path / 'out', states, 2),
    logits(source, states, 2, network=network),
  )
  assert_same_elements(
    tmp_path / 'out', external_replay.choose(source), stack_size=1, n_step=3
  )


@pytest.mark.parametrize('newest', [None, 3000])
def test_a_replay_beside_another_teacher(tmp_path, fixtures, newest, call):
  source = f'{fixtures}/dopamine_4_0_6_pong_replay'
  words = ('--newest', newest) if newest else ()
  call(
    'convert', BUNDLED, tmp_path / 'out', '--teacher_replay_dir', source, *words
  )
  replay = external_replay.choose(tmp_path / 'out')
  store, steps = loaded(replay, stack_size=4)
  theirs, _ = loaded(
    external_replay.choose(source), stack_size=4, newest=newest
  )
  assert steps == (newest or 4991)
  for name, column in theirs.columns.items():
    np.testing.assert_array_equal(store.columns[name], column, err_msg=name)


def test_a_replay_of_dopamine_41(tmp_path, call):
  def frame(episode, t):
    return np.full((84, 84), 1 + 16 * episode + t, np.uint8)

  played = dopamine41_played.Played([(7, False), (9, True)], frame=frame)
  source = tmp_path / 'run'
  shutil.copytree(BUNDLED, source)
  played.save(source / 'checkpoints')
  call('convert', source, tmp_path / 'out', '--game', 'Pong')
  original = external_replay.choose(source)
  assert original.kind == 'dopamine41'
  assert_same_elements(tmp_path / 'out', original, stack_size=4)


def test_an_unset_variable_is_not_this_folder(capsys):
  for words in (['convert', str(BUNDLED), ''], ['inspect', '']):
    assert cli.main(words) == 1
    assert 'the value is empty' in capsys.readouterr().err


def test_a_frame_without_an_action_is_no_step(tmp_path, call):
  played = dopamine41_played.Played([(7, False), (9, True)])
  played.save(tmp_path / 'run' / 'checkpoints')
  printed = call('convert', tmp_path / 'run', tmp_path / 'out.npz')
  with np.load(tmp_path / 'out.npz') as file:
    arrays = {**file}
  steps = [(0, t) for t in range(6)] + [(1, t) for t in range(8)]
  actions = [played.action(*step) for step in steps]
  np.testing.assert_array_equal(arrays['actions'], actions)
  frames = np.stack([played.frame(*step) for step in steps])
  np.testing.assert_array_equal(arrays['observations'], frames)
  assert np.flatnonzero(arrays[npz.CUT]).tolist() == [5]
  assert 'has 14 steps' in printed and '2 of episodes' in printed


def test_a_run_with_its_lineage(tmp_path, call):
  runner = experiments.make_runner(tmp_path / 'run')
  runner.run_experiment()
  out = tmp_path / 'out'
  call('convert', tmp_path / 'run', out)
  states = np.eye(5, dtype=np.float32)[..., None]
  np.testing.assert_array_equal(
    logits(out, states, 2), logits(tmp_path / 'run', states, 2)
  )
  assert_same_elements(
    out, external_replay.choose(tmp_path / 'run'), stack_size=1
  )
  assert manifest(out)['game'] == {'name': 'Corridor', 'actions': None}
  assert manifest(out)['teacher']['spent']['online_updates'] > 0
  last = runner.record.rows[-1]
  assert manifest(out)['teacher']['last_evaluation'] == last
  text = (tmp_path / 'run' / 'lineage.json').read_text()
  assert json.loads((out / 'lineage.json').read_text()) == json.loads(text)
  picture = (tmp_path / 'run' / 'learning_curve.png').read_bytes()
  assert (out / 'learning_curve.png').read_bytes() == picture
  # What it observes is told by the replay all the same.
  bare = tmp_path / 'bare'
  call('convert', tmp_path / 'run', bare, '--no_replay')
  assert len(
    os.listdir(bare / 'checkpoints')
  ) == 2 and not external_replay.find(bare)


def test_a_student_who_has_not_played_yet(tmp_path, call):
  shutil.copytree(BUNDLED, tmp_path / 'run')
  folder = tmp_path / 'run' / 'checkpoints'
  told = json.loads((tmp_path / 'run' / MANIFEST).read_text())
  store = FrameStore(
    capacity=9, observation_shape=(84, 84), actions=Discrete(6), seed=0
  )
  told['replays'] = run_replay.save(str(folder), store)
  (tmp_path / 'run' / MANIFEST).write_text(json.dumps(told))
  call('convert', tmp_path / 'run', tmp_path / 'out')
  assert manifest(tmp_path / 'out').keys().isdisjoint({'replays'})


def test_a_score_goes_along_with_what_it_is_of(tmp_path, call, fail):
  score = tmp_path / 'score.json'
  short = ('--episodes', '1', '--max_steps_per_episode', '9', '--json', score)
  call('evaluate', BUNDLED, *short)
  measured = json.loads(score.read_text())
  call('convert', BUNDLED, tmp_path / 'out', '--score', score)
  told = manifest(tmp_path / 'out')['teacher']['measured']
  assert told['score'] == measured['score']
  assert told['acts'] == measured['acts'] == 'greedy'
  assert told['score']['num_episodes'] == 1
  assert (told['epsilon'], told['seed']) == (0.001, 0)
  assert told['max_steps_per_episode'] == 9
  assert f'evaluate {BUNDLED} --episodes 1' in told['command']
  measured['teacher']['checkpoint_sha256'] = '0' * 64
  score.write_text(json.dumps(measured))
  words = ('convert', BUNDLED, tmp_path / 'other', '--score', score)
  assert 'is of another checkpoint' in fail(*words)
  score.write_text('{"teacher": {}}')
  assert 'give what evaluate --json wrote' in fail(*words)
  for text in ('{', '[]', '[' * 100_000):
    score.write_text(text)
    assert 'score.json is not ' in fail(*words)
  score.unlink()
  assert 'give what evaluate --json wrote' in fail(*words)
  assert not (tmp_path / 'other').exists()


class _Strange(nn.Module):
  """A network that no manifest of ours can describe."""

  num_actions: int

  @nn.compact
  def __call__(self, state):
    return QOutput(nn.Dense(self.num_actions)(state.reshape(-1) / 255.0))


def test_a_network_of_the_users_own(tmp_path, call):
  gin.external_configurable(_Strange, module='convert_test')
  state = np.zeros((84, 84, 4), np.uint8)
  params = _Strange(6).init(jax.random.key(0), state)
  native_checkpoint.write(tmp_path / 'in', 3, jax.device_get(params), {})
  out = tmp_path / 'out'
  printed = call(
    *('convert', tmp_path / 'in', out, '--teacher_agent', 'dqn'),
    *('--gin_bindings', '@convert_test._Strange'),
  )
  assert 'create_teacher.network and --teacher_agent dqn' in printed
  told = manifest(out)
  assert 'network' not in told and told['number'] == 3
  states = np.ones((2, 84, 84, 4), np.uint8)
  np.testing.assert_array_equal(
    logits(out, states, 6, network=_Strange),
    logits(tmp_path / 'in', states, 6, network=_Strange),
  )


def test_an_impala_rainbow_needs_no_gin_afterwards(tmp_path, call):
  network = ImpalaRainbowNetwork(num_actions=6, num_atoms=5)
  params = networks.random_params(
    network, support=np.linspace(-1, 1, 5), eval_mode=True
  )
  native_checkpoint.write(tmp_path / 'in', 1, params, {})
  call(
    *('convert', tmp_path / 'in', tmp_path / 'out', '--game', 'Pong'),
    *('--gin_bindings', 'create_teacher.vmax = 3'),
    *('--gin_bindings', '@reincarnation_networks.ImpalaRainbowNetwork'),
    *('--teacher_agent', 'rainbow'),
  )
  told = manifest(tmp_path / 'out')['network']
  assert (told['kind'], told['vmax']) == ('rainbow', 3)
  states = np.random.default_rng(0).integers(
    256, size=(2, 84, 84, 4), dtype='u1'
  )
  np.testing.assert_array_equal(
    logits(tmp_path / 'out', states, 6),
    logits(tmp_path / 'in', states, 6, network=ImpalaRainbowNetwork, vmax=3.0),
  )


def test_what_a_kill_leaves_is_in_nobodys_way(tmp_path, call, monkeypatch):
  out = tmp_path / 'out'

  class Killed(BaseException):
    pass

  def die(*arguments):
    assert not out.exists() and (tmp_path / 'out.part').is_dir()
    raise Killed

  with monkeypatch.context() as patch:
    patch.setattr(convert_command.native_checkpoint, 'write', die)
    patch.setattr(convert_command.shutil, 'rmtree', lambda *a, **k: None)
    with pytest.raises(Killed):
      call('convert', BUNDLED, out)
  (tmp_path / 'out.part' / 'out' / 'half').write_text('')
  call('convert', BUNDLED, f'{out}{os.sep}')
  assert os.listdir(tmp_path) == ['out']
  assert sorted(os.listdir(out)) == sorted(os.listdir(BUNDLED))


def test_mistakes_leave_nothing(tmp_path, fixtures, fail):
  out = tmp_path / 'out'
  assert 'on Pong, and' in fail('convert', BUNDLED, out, '--game', 'Breakout')
  assert 'posix.system' in fail('convert', f'{fixtures}/hostile', out)
  other = ('--teacher_replay_dir', f'{fixtures}/dopamine_4_0_6_cartpole')
  message = fail('convert', BUNDLED, out, *other)
  assert 'holds observations (4,) of float32, but the store takes' in message
  assert not out.exists()
  out.mkdir()
  (out / 'mine').write_text('')
  assert 'is not an empty folder' in fail('convert', BUNDLED, out)
  assert 'is not an empty folder' in fail('convert', BUNDLED, out / 'mine')
  assert os.listdir(out) == ['mine']
  assert 'cannot be written' in fail('convert', BUNDLED, out / 'mine' / 'x')


def test_a_replay_goes_out_as_arrays(call, fixtures, tmp_path):
  """Those of the replay that the run is converted to."""
  source = f'{fixtures}/dopamine_4_0_6_pong_replay'
  out = tmp_path / 'pong.npz'
  printed = call('convert', source, out, '--newest', 3000)
  assert f'{out} has ' in printed and 'whose start is gone, or' in printed
  replay = external_replay.choose(source)
  expected, _ = loaded(replay, stack_size=4, newest=3000)
  found, count = loaded(external_replay.choose(out), stack_size=4)
  assert 500 < count < 3000
  assert expected.columns['episode_step'][3000 - count] == 0
  for name in ('observation', 'action', 'reward', 'terminal', 'episode_step'):
    np.testing.assert_array_equal(
      found.columns[name][:count],
      expected.columns[name][3000 - count : 3000],
    )


def test_a_replay_goes_out_as_minaris(call, fixtures, tmp_path):
  source = f'{fixtures}/foreign/replays/sac.pkl'
  out = tmp_path / 'sac-v0'
  printed = call('convert', source, out, '--minari')
  assert f'{out} has ' in printed and 'up to the largest' not in printed
  assert [*map(str, tmp_path.iterdir())] == [str(out)]
  found = [
    data_summary.whole_returns(external_replay.choose(path).read_columns())
    for path in (source, out)
  ]
  np.testing.assert_array_equal(*found)


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    (('{run}', '{out}', '--minari'), 'has no replay: name one'),
    (
      ('{data}', '{out}', '--minari', '--no_replay'),
      '^error: --minari, which takes the steps',
    ),
    (('{data}', '{out}'), 'has data, and no teacher to convert'),
    (('{data}', '{data}'), 'is no file of a teacher|is there'),
    (('{run}', '{out}.npz'), 'has no replay: name one'),
    (('{data}', '{out}.npz', '--collect', '5'), 'leave out --collect'),
    (('{data}', '{out}/x.npz'), 'choose another|There is no directory'),
  ],
)
def test_what_cannot_go_out(words, message, fixtures, tmp_path, capsys):
  named = {
    'data': f'{fixtures}/foreign/replays/sac.pkl',
    'run': str(BUNDLED),
    'out': f'{tmp_path}/out',
  }
  assert cli.main(['convert', *(w.format(**named) for w in words)]) == 1
  error = capsys.readouterr().err.strip()
  assert re.search(message, error) and '\n' not in error
  assert not os.listdir(tmp_path)
