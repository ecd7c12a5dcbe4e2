import pytest

from reincarnating_rl.evaluation.provenance import (
  Ancestor,
  Stretch,
  ancestors,
  stretches,
)
from tests.evaluation import run_directories as made


def test_three_generations():
  found = ancestors(made.lineage_of('qdagger_dqn', 'Pong', 3))
  assert found == (
    Ancestor(
      'qdagger_dqn, Pong, seed 3',
      (
        '1,000,000 steps of teacher data',
        '400,000 offline updates',
        '2,500,000 online steps',
        '620,000 online updates',
      ),
    ),
    Ancestor(
      'dqn, NatureDQNNetwork',
      (
        'checkpoint teacher_ckpts/Pong/1/checkpoints/ckpt.399.safetensors',
        'fingerprint 506f6e6701234567',
        'temperature 0.1',
        'trained in a run of ReincarnatingDQNAgent, Pong, seed 7',
        '1,000,000 online steps',
        '245,000 online updates',
      ),
    ),
  )


def test_a_teacher_that_is_only_described():
  training = {'algorithm': 'double DQN', 'frames': 9, 'optimizer': {'a': 1}}
  teacher = {'agent': 'dqn', 'described_as': {'training': training}}
  assert ancestors({'agent': 'X', 'teacher': teacher})[1] == Ancestor(
    'dqn', ('algorithm double DQN', 'frames 9')
  )


@pytest.mark.parametrize(
  'lineage',
  [
    {},
    {'teacher': None},
    {'teacher': 'x', 'spent': 3, 'started_as': []},
    {'teacher': {'parent': [], 'described_as': 1}},
    {'teacher': {'described_as': {'training': []}, 'network': {'a': []}}},
    {'started_as': {'command': 3}, 'gin': [], 'versions': 1, 'backend': []},
    {'stretches': {'a': 1}},
    {'stretches': []},
    {'stretches': [3, {}]},
    {'stretches': [{'from': 3, 'gin': 4, 'command': ['a'], 'versions': 'x'}]},
    {'stretches': [{'from': {'training_steps': {}}, 'versions': {'a': []}}]},
  ],
)
def test_nothing_is_required_of_a_lineage(lineage):
  for title, facts in ancestors(lineage):
    assert isinstance(title, str)
    assert all(isinstance(fact, str) for fact in facts)
  assert len(stretches(lineage)) == 1
  for stretch in stretches(lineage):
    assert all(isinstance(field, str) for field in stretch)


def test_an_older_run_is_one_stretch():
  lineage = made.lineage_of('dqn', 'Pong', 3) | {'backend': 'cpu'}
  assert stretches(lineage) == (
    Stretch(
      start='',
      command=lineage['started_as']['command'],
      versions='reincarnating_rl 0.1.0, jax 0.10.2, python 3.11.7, on cpu',
      settings=lineage['gin'],
    ),
  )


def test_each_process_is_a_stretch():
  lineage = made.lineage_of('dqn', 'Pong', 3) | {
    'stretches': [
      {
        'from': {'pretraining_updates': 0, 'training_steps': 0},
        'command': 'first',
        'gin': 'A.x = 1',
        'versions': {'jax': '1', 'flax': None},
        'backend': 'gpu',
      },
      {'from': {'iteration': 7, 'training_steps': 250_000}, 'command': 'then'},
      {'command': 'last'},
    ]
  }
  assert stretches(lineage) == (
    Stretch('', 'first', 'jax 1, on gpu', 'A.x = 1'),
    Stretch('iteration 7, 250,000 online steps', 'then', '', ''),
    Stretch('a point that was not recorded', 'last', '', ''),
  )


def test_an_endless_lineage_ends():
  lineage = {'agent': 'X'}
  lineage['teacher'] = {'parent': lineage}
  assert len(ancestors(lineage)) == 20
