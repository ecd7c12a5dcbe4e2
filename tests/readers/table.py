"""Every reader of a file that a user may have from a stranger."""

import contextlib
import hashlib
import json
import pathlib
import pickle
import shutil
from collections.abc import Callable
from typing import Any, NamedTuple

import h5py
import numpy as np

from reincarnating_rl.balloon.records import FlightFile
from reincarnating_rl.evaluation import run as evaluated_run
from reincarnating_rl.evaluation.finding import Found
from reincarnating_rl.importers import external_replay
from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.settings import gin_parsing
from reincarnating_rl.studies import finished, study_file
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import (
  checkpoints,
  loading,
  native_checkpoint,
  perciatelli,
  training_state,
)
from reincarnating_rl.teachers.foreign import (
  cleanrl,
  observation_statistics,
  stable_baselines3,
  torch_policies,
)
from reincarnating_rl.teachers.foreign.base import Target
from reincarnating_rl.teachers.foreign.layers import Layers
from reincarnating_rl.teachers.loaded import TeacherSource
from tests.balloon import fakes
from tests.evaluation import run_directories
from tests.importers import legacy_dumps, saved
from tests.importers.data import written
from tests.importers.formats import bundles

FIXTURES = pathlib.Path(__file__).parents[1] / 'fixtures'
_FOREIGN = FIXTURES / 'foreign'
_VECTOR = Target(Discrete(4), (3, 1))
_BOUNDS = Continuous((-2.0, -0.5), (2.0, 1.5))
_ACTOR = Target(_BOUNDS, (3, 1))


class Reader(NamedTuple):
  """A reader, and files that it can read.

  Attributes:
    write: writes them into a folder.
    read: reads the folder; what it raises must be a user's error.
    mend: makes manifests tell the checksums of mutated files.
    weight: how many mutations it gets, beside the others.
  """

  write: Callable[[pathlib.Path], Any]
  read: Callable[[pathlib.Path], Any]
  mend: Callable[[pathlib.Path], None] | None = None
  weight: float = 1.0


def _copies(*names: str) -> Callable[[pathlib.Path], None]:
  """Copies fixtures; those that are not read come from `foreign`."""

  def write(folder):
    for name in names:
      source = _FOREIGN / name
      shutil.copy(source, folder / source.name)

  return write


def _one(folder):
  (path,) = folder.iterdir()
  return path


def _sb3(target):
  def read(folder):
    path = _one(folder)
    stable_baselines3.state_shape(path)
    stable_baselines3.read(path, target)

  return read


def _torch(**layers):
  declared = Layers(**layers)

  def read(folder):
    path = _one(folder)
    with contextlib.suppress(UserError):  # That drafts a declaration.
      torch_policies.read(path, None, _VECTOR)
    torch_policies.read(path, declared, _VECTOR._replace(state_shape=(3, 2)))

  return read


_BLOCKS = {
  'dense': ('trunk.0.0', 'trunk.1.0', 'trunk.2.0', 'head'),
  'layer_norms': tuple((f'trunk.{i}.0', f'trunk.{i}.1') for i in range(3)),
}


def _write_safetensors(folder):
  from safetensors import numpy as safetensors_numpy

  rng = np.random.default_rng(0)
  shapes = {'a.weight': (5, 6), 'a.bias': (5,), 'b.weight': (4, 5)}
  arrays = {n: rng.normal(size=s).astype('f4') for n, s in shapes.items()}
  (folder / 'x.safetensors').write_bytes(safetensors_numpy.save(arrays))


def _write_flax(folder):
  """As CleanRL's dqn_jax.py, smaller."""
  from flax import serialization

  rng = np.random.default_rng(0)
  layers = {}
  for index, (inputs, outputs) in enumerate(((3, 5), (5, 5), (5, 4))):
    kernel = rng.normal(size=(inputs, outputs)).astype('f4')
    layers[f'Dense_{index}'] = {'kernel': kernel, 'bias': kernel[0]}
  saved_by = {'model_weights': {'params': layers}, 'args': {'env_id': 'x'}}
  (folder / 'x.cleanrl_model').write_bytes(serialization.to_bytes(saved_by))


def _statistics(folder):
  found = observation_statistics.read(str(_one(folder)))
  if found is not None:
    found.for_states((*found.mean.shape, 2))


def _dictionary_of_statistics(folder):
  told = {'mean': np.ones(3), 'var': np.ones(3), 'clip_obs': 3.0}
  (folder / 'x.pkl').write_bytes(pickle.dumps(told, protocol=2))


def _checkpoint(folder):
  checkpoints.load_checkpoint(folder, None, 'ckpt', target=_VECTOR)
  training_state.read(folder)


def _write_dopamine(folder):
  source = FIXTURES / 'dopamine_4_0_6_cartpole' / 'checkpoints'
  shutil.copy(source / 'ckpt.24', folder / 'ckpt.24')
  (folder / 'sentinel_checkpoint_complete.24').touch()


def _write_dopamine41(folder):
  """As Dopamine 4.1 has it: plain dictionaries."""
  rng = np.random.default_rng(0)
  layer = {'kernel': rng.normal(size=(3, 4)).astype('f4'), 'bias': np.zeros(4)}
  bundle = {'online_params': {'params': {'Dense_0': layer}}, 'state': None}
  bundle |= {'training_steps': 5, 'target_network_params': {}}
  (folder / 'ckpt.3').write_bytes(pickle.dumps(bundle, protocol=4))
  (folder / 'sentinel_checkpoint_complete.3').touch()


def _write_tensorflow(folder):
  entries = []
  for leaf, dims, part in (
    ('biases', (2,), slice(4, 6)),
    ('weights', (2, 2), slice(0, 4)),
  ):
    data = bundles.DATA[part].tobytes()
    place = {'dims': dims, 'offset': 4 * part.start, 'size': len(data)}
    entry = bundles.entry(**place, crc=bundles.masked_crc32c(data))
    entries.append((f'Online/fully_connected/{leaf}'.encode(), entry))
  bundles.write(folder, *entries)
  (folder / 'sentinel_checkpoint_complete.0').touch()


def _tensorflow(folder):
  checkpoints.load_checkpoint(folder, 0, 'tf_ckpt', target=_VECTOR)


def _write_native(folder):
  rng = np.random.default_rng(0)
  kernel = rng.normal(size=(3, 4)).astype('f4')
  layer = {'kernel': kernel, 'bias': np.zeros(4, 'f4')}
  fields = {'hidden': [], 'convolutions': [], 'output': 'q_values'}
  about = {
    'network': {'kind': 'dqn', 'network': 'LayeredNetwork', 'fields': fields},
    'game': {'name': 'Toy', 'actions': ['A', 'B', 'C', 'D']},
    'teacher': {'state_shape': [3, 1], 'format': 'x'},
  }
  native_checkpoint.write(folder, 7, {'params': {'Dense_0': layer}}, about)


def _native(folder):
  loading.load(
    TeacherSource(folder),
    actions=Discrete(4),
    state_shape=(3, 1),
    game_actions=('A', 'B', 'C', 'D'),
    game_name='Toy',
  )


_SAC = ('ckpt.3', 'sentinel_checkpoint_complete.3')


def _write_actor(folder):
  rng = np.random.default_rng(0)
  kernel = rng.normal(size=(3, 2)).astype('f4')
  params = {'Dense_0': {'kernel': kernel, 'bias': kernel[0]}}
  params['log_std'] = kernel[1]
  bounds = {'low': _BOUNDS.low, 'high': _BOUNDS.high}
  fields = {'output': 'gaussian', 'log_std_from': 'parameter', 'hidden': []}
  fields |= {'bounds': [*bounds.values()], 'log_std_limit': ['clip', -1, 1]}
  network = {'kind': 'gaussian_ppo', 'network': 'LayeredNetwork'}
  about = {
    'network': network | {'fields': fields},
    'game': {'name': 'Toy', 'actions': None, 'bounds': bounds},
  }
  native_checkpoint.write(folder, 7, {'params': params}, about)


def _load(folder, actions):
  loading.load(TeacherSource(folder), actions=actions, state_shape=(3, 1))


def _described(entry, path):
  if isinstance(entry, dict) and 'sha256' in entry and path.is_file():
    data = path.read_bytes()
    entry['sha256'] = hashlib.sha256(data).hexdigest()
    entry['bytes'] = len(data)


def _mend_native(folder):
  path = folder / 'ckpt.7.json'
  manifest = json.loads(path.read_bytes())
  for name, entry in manifest['files'].items():
    _described(entry, folder / name)
  path.write_text(json.dumps(manifest))


def _mend_run_replay(folder):
  path = folder / 'ckpt.3.json'
  manifest = json.loads(path.read_bytes())
  for segment in manifest['replays']['student']['segments']:
    _described(segment, folder / 'replay_student' / segment['file'])
  path.write_text(json.dumps(manifest))


def _write_run_replay(folder):
  store = saved.make(capacity=40, n_step=1, stack_size=2, actions=Discrete(6))
  saved.fill(store, 30)
  saved.write(folder, store)


def _replay(shape):
  """Reads all that `inspect`, training and `convert` read of a replay."""

  def read(folder):
    for replay in external_replay.find(folder):
      info = replay.inspect()
      replay.read_columns()
      store = FrameStore(
        capacity=60,
        observation_shape=shape,
        observation_dtype=info.observation_dtype,
        stack_size=2,
        actions=Discrete(6),
        policy_size=6,
        seed=0,
      )
      replay.load(store)

  return read


def _data(actions):
  """Reads all that is read of data of three numbers."""

  def read(folder):
    for replay in external_replay.find(_one(folder)):
      replay.read_columns()
      replay.load(written.store(actions))

  return read


def _write_minari(folder):
  arrays = written.steps(4, ends=(3,), cuts=())
  with h5py.File(folder / 'x.hdf5', 'w') as file:
    for name, array in arrays.items():
      file[f'episode_0/{name}'] = array


def _write_legacy(folder):
  dump = legacy_dumps.arrays('00xxT00xxE00x??')
  legacy_dumps.write(folder, dump)


def _write_legacy_41(folder):
  source = FIXTURES / 'dopamine_4_1_replay'
  shutil.copytree(source, folder, dirs_exist_ok=True)


def _write_report(folder):
  run_directories.write(
    folder,
    [run_directories.row(4.0, offline=100, phase='PRETRAIN')],
    lineage={'seed': 3, 'planned': {'ONLINE': 4}, 'gin': 'a.b = 1'},
  )


def _report(folder):
  evaluated_run.read(Found(str(folder), None))
  checkpoints.read_lineage(folder)


def _write_gin(folder):
  # A file's macros may be for other runs, if shipped files have them too.
  text = "X = 2.5\nDECAY_PERIOD = (1, [2, 'a'], {'b': 0.5})\n"
  text += (
    "Layers.dense = ('a', 'b')\n"
    "teacher/Layers.scale = %X  # A comment.\nLayers.activation = 'relu'\n"
  )
  text += "Layers.layer_norms = (('a', 'c'), ('d', 'b', 1e-3))\n"
  (folder / 'x.gin').write_text(text)


def _gin(folder):
  from reincarnating_rl.settings import gin_names  # noqa: F401

  gin_parsing.load(
    [str(_one(folder))], [], network_parameter='create_teacher.network'
  )


def _write_flights(folder):
  file = FlightFile(folder, fakes.policy())
  for seed in (1, 0):
    file.add(fakes.record(seed))


def _flights(folder):
  file = FlightFile(folder, fakes.policy())
  for seed in file.flights:
    file.read(seed)


_FLAGS = ('--agent=dqn', '--seed=1')
_COMMAND = (*_FLAGS, '--base_dir=a/b', '--teacher_checkpoint_dir=a/c')


def _write_study(folder):
  (folder / 'run').mkdir()
  told = json.dumps({'flags': _FLAGS, 'command': _COMMAND})
  (folder / 'run' / 'finished.json').write_text(told)


READERS = {
  'sb3 policy': Reader(_copies('sb3_trpo.zip'), _sb3(_VECTOR)),
  'sb3 images': Reader(
    _copies('sb3_rgb1.zip'), _sb3(Target(Discrete(4), (5, 4, 3, 1)))
  ),
  'sb3 actor': Reader(_copies('actors/sb3_sac.zip'), _sb3(_ACTOR)),
  'sb3 normalized': Reader(
    _copies('mountain_car/vec_normalize.pkl'), _statistics
  ),
  'running means': Reader(_copies('gymnasium_rms.pkl'), _statistics),
  'statistics': Reader(_dictionary_of_statistics, _statistics),
  'torch': Reader(_copies('norms/blocks.pt'), _torch(**_BLOCKS)),
  'safetensors': Reader(_write_safetensors, _torch(dense=('a', 'b'))),
  'cleanrl torch': Reader(
    _copies('cleanrl_ppo.cleanrl_model'),
    lambda folder: cleanrl.read(_one(folder), _VECTOR),
  ),
  'cleanrl flax': Reader(
    _write_flax, lambda folder: cleanrl.read(_one(folder), _VECTOR)
  ),
  'cleanrl actor': Reader(
    _copies('actors/cleanrl_sac.cleanrl_model'),
    lambda folder: cleanrl.read(_one(folder), _ACTOR),
  ),
  'cleanrl flax actor': Reader(
    _copies('actors/cleanrl_td3_jax.cleanrl_model'),
    lambda folder: cleanrl.read(_one(folder), _ACTOR),
  ),
  'dopamine SAC': Reader(
    _copies(*(f'dopamine_sac/checkpoints/{name}' for name in _SAC)),
    lambda folder: _load(folder, _BOUNDS),
  ),
  'dopamine 4.0': Reader(_write_dopamine, _checkpoint),
  'dopamine 4.1': Reader(_write_dopamine41, _checkpoint),
  'tensorflow': Reader(_write_tensorflow, _tensorflow),
  'graph': Reader(
    _copies('small_graph.pb'), lambda folder: perciatelli.read(_one(folder))
  ),
  'our checkpoint': Reader(_write_native, _native, _mend_native, 0.3),
  'our actor': Reader(
    _write_actor, lambda folder: _load(folder, _BOUNDS), _mend_native, 0.3
  ),
  'our training': Reader(
    _write_native, lambda f: training_state.read(f), _mend_native
  ),
  'our replay': Reader(_write_run_replay, _replay((2,)), _mend_run_replay),
  'arrays': Reader(
    lambda folder: np.savez(folder / 'x.npz', **written.steps()),
    _data(Discrete(3)),
  ),
  'compressed arrays': Reader(
    lambda folder: np.savez_compressed(folder / 'x.npz', **written.steps()),
    _data(Discrete(3)),
  ),
  'D4RL': Reader(
    lambda folder: written.d4rl(folder / 'x.h5', written.steps()),
    _data(Discrete(3)),
    weight=0.3,
  ),
  'Minari': Reader(_write_minari, _data(Discrete(3)), weight=0.3),
  'sb3 buffer': Reader(_copies('replays/dqn.pkl'), _data(Discrete(4))),
  'cleanrl buffer': Reader(
    _copies('replays/cleanrl_sac.pkl'), _data(written.BOX)
  ),
  'legacy replay': Reader(_write_legacy, _replay((2,))),
  'replay 4.1': Reader(_write_legacy_41, _replay((3, 1))),
  'report': Reader(_write_report, _report),
  'flights': Reader(_write_flights, _flights),
  'finished run': Reader(
    _write_study,
    lambda folder: finished.is_done(folder / 'run', _FLAGS, _COMMAND),
  ),
  'study': Reader(
    lambda folder: shutil.copy(study_file.find('teachers'), folder),
    lambda folder: study_file.read(_one(folder)),
  ),
  'gin': Reader(_write_gin, _gin),
}
