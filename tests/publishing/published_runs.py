"""Runs of every kind of student, as they lie in a folder."""

import functools
import json
import types

import numpy as np

from reincarnating_rl.agents import snapshot
from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.learner.actions import Continuous, Discrete
from reincarnating_rl.networks import mlp_networks
from reincarnating_rl.runner import manifests
from reincarnating_rl.students import STUDENTS
from reincarnating_rl.teachers import factory, native_checkpoint
from tests import toys
from tests.agents import control_toys
from tests.evaluation import run_directories

GAME = 'Toy'
SECRET = '/home/ada lovelace/teachers/pong/checkpoints/ckpt.3.safetensors'
_QUANTILE = functools.partial(
  mlp_networks.MLPQuantileNetwork, num_layers=1, hidden_units=8
)
_IMPLICIT = functools.partial(
  mlp_networks.MLPImplicitQuantileNetwork, num_layers=1, hidden_units=8
)


def make_agent(kind):
  """Returns a small student that a manifest can describe."""
  if kind in control_toys.NAMES:
    return control_toys.make_agent(kind, teacher=None)
  return toys.make_agent(
    kind=AGENTS[kind],
    teacher=None,
    quantile={'network': _QUANTILE, 'num_atoms': 8},
    implicit_quantile={'network': _IMPLICIT, 'quantile_embedding_dim': 8},
  )


def write(
  folder, kind='dqn', number=2, planned=2, measured=2, module=None, **more
):
  """Writes a run: two evaluations, and a checkpoint with all that is in one.

  Args:
    folder: of the run.
    kind: of the student.
    number: of the checkpoint.
    planned: evaluations of the whole run.
    measured: those that were made when the checkpoint was written.
    module: that registers the game.
    **more: fields of the lineage.

  Returns:
    The path, as a text.
  """
  rows = [
    run_directories.row(mean, iteration=n, steps=100 * n, online=25 * n)
    for n, mean in ((1, 3.0), (2, 5.0))
  ]
  rows[-1]['normalized'] = 0.5
  lineage = {
    'agent': 'irrelevant',
    'started_as': {
      'agent': f'qdagger_{kind}',
      'command': f"python -m x --teacher_checkpoint_dir '{SECRET}' "
      '--base_dir=/data/private/run --gin_files configs/a.gin',
    },
    'game': GAME,
    'planned': {'ONLINE': planned},
    'teacher': {
      'agent': 'dqn',
      'fingerprint': 'abc',
      'checkpoint': SECRET,
      'parent': {'game': GAME, 'gin': f"a.path = '{SECRET}'\n"},
    },
    'gin': "create_atari_environment.roms = '/opt/private/roms'\n",
    'versions': {'jax': '0.10.2'},
  }
  path = run_directories.write(folder, rows, lineage=lineage | more)
  summary = json.loads((folder / 'summary.json').read_text())
  agent = make_agent(kind)
  arrays, _ = snapshot.take(agent)
  is_vector = STUDENTS[kind].is_continuous
  environment = types.SimpleNamespace(
    actions=control_toys.ACTIONS if is_vector else Discrete(2),
    action_meanings=None,
  )
  game = types.SimpleNamespace(name=GAME, module=module)
  native_checkpoint.write_arrays(
    folder / 'checkpoints',
    number,
    arrays,
    {
      **manifests.of_student(game, environment, agent),
      'replays': {},
      'state': {
        'stretches': [{'command': SECRET}],
        'record': summary | {'rows': rows[:measured]},
      },
    },
  )
  return path


def policy(folder, kind):
  """Returns what a folder's teacher says of some states."""
  is_vector = STUDENTS[kind].is_continuous
  size = control_toys.SIZE if is_vector else toys.LENGTH
  actions = control_toys.ACTIONS if is_vector else Discrete(2)
  assert isinstance(actions, Continuous) == is_vector
  teacher = factory.create_teacher(
    'auto',
    folder,
    actions=actions,
    observation_shape=(size,),
    stack_size=1,
    game_name=GAME,
  )
  states = np.random.default_rng(0).normal(size=(8, size, 1))
  states = states.astype(np.float32)
  if is_vector:
    return np.asarray(teacher.policy_parameters(states))
  return np.asarray(teacher.policy_logits(states))
