"""Teachers whose game nobody named: how many actions they have, and which."""

import jax
import numpy as np
import pytest

from reincarnating_rl.cli.teachers import flags, identify, settings
from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.teachers import native_checkpoint
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.fit import Candidate
from reincarnating_rl.teachers.kinds import KINDS

STATE = (84, 84, 4)


def write(folder, kind, fields, num_actions):
  """Writes parameters of Dopamine's shapes that say nothing of themselves."""
  candidate = Candidate(
    KINDS[kind], KINDS[kind].network, STATE, Discrete(num_actions)
  )
  shapes = candidate.shapes(fields)
  params = {}
  for path, shape in shapes.items():
    *parents, last = path.split('/')
    branch = params
    for parent in parents:
      branch = branch.setdefault(parent, {})
    branch[last] = np.zeros(shape, np.float32)
  native_checkpoint.write(folder, 1, params, {})


def parse(*words):
  return flags.create_parser().parse_args(words)


def identified(folder, *words):
  args = parse('inspect', str(folder), *words)
  chosen = settings.read(args)
  game = identify.facts(chosen, None)
  return identify.load(chosen, chosen.source(args.path), game)


# Of a Rainbow's 18 actions, the 512 units before them look like 10 at first.
@pytest.mark.parametrize(
  ('kind', 'fields', 'num_actions'),
  [
    ('dqn', {}, 3),
    ('dqn', {}, 18),
    ('rainbow', {'num_atoms': 51}, 6),
    ('rainbow', {'num_atoms': 51, 'noisy': True, 'dueling': True}, 18),
    ('quantile', {'num_atoms': 200}, 3),
    ('implicit_quantile', {'quantile_embedding_dim': 64}, 6),
    ('ppo', {}, 18),
  ],
)
def test_dopamines_agents(tmp_path, kind, fields, num_actions):
  write(tmp_path, kind, fields, num_actions)
  found = identified(tmp_path)
  assert found.candidate.kind.name == kind
  assert found.candidate.num_actions == num_actions
  assert found.fields.items() >= fields.items()
  assert found.meanings is None


def test_six_actions_or_six_atoms(tmp_path):
  write(tmp_path, 'dqn', {}, 6)
  words = ('--teacher_agent', 'rainbow')
  with pytest.raises(MismatchedTeacherError, match='name the game with --game'):
    identified(tmp_path, *words)
  found = identified(tmp_path, *words, '--game', 'Pong')
  assert (found.candidate.num_actions, found.fields['num_atoms']) == (6, 1)


def test_the_prefix_is_what_is_there(tmp_path):
  for name, prefix in (('tf_ckpt-3.index', 'tf_ckpt'), ('ckpt.4', 'ckpt')):
    (tmp_path / name).write_bytes(b'')
    chosen = settings.read(parse('inspect', str(tmp_path)))
    assert chosen.prefix == chosen.chosen.prefix == prefix
  words = ['--teacher_checkpoint_file_prefix', 'tf_ckpt']
  chosen = settings.read(parse('inspect', str(tmp_path), *words))
  assert chosen.chosen.numbers == (3,)
  (tmp_path / 'best.5').write_bytes(b'')
  words[-1] = 'best'
  chosen = settings.read(parse('inspect', str(tmp_path), *words))
  assert chosen.chosen.numbers == (5,)


def test_parameters_of_no_known_network(tmp_path):
  params = {'params': {'Dense_0': {'kernel': np.zeros((7, 3), np.float32)}}}
  native_checkpoint.write(tmp_path, 1, jax.device_get(params), {})
  with pytest.raises(MismatchedTeacherError, match='create_teacher'):
    identified(tmp_path)
