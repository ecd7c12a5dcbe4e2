import pytest

from reincarnating_rl.evaluation.lineage_tree import (
  Ancestor,
  ancestors,
)
from tests.evaluation import run_directories as made


def test_three_generations():
  found = ancestors(made.lineage_of('qdagger_dqn', 'Pong', 3))
  assert found == (
    Ancestor(
      'qdagger_dqn, Pong, seed 3',
      (
        "1,000,000 steps of its teacher's data",
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
        'came of the run of ReincarnatingDQNAgent, Pong, seed 7',
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
  ],
)
def test_nothing_is_required_of_a_lineage(lineage):
  for title, facts in ancestors(lineage):
    assert isinstance(title, str)
    assert all(isinstance(fact, str) for fact in facts)


def test_an_endless_lineage_ends():
  lineage = {'agent': 'X'}
  lineage['teacher'] = {'parent': lineage}
  assert len(ancestors(lineage)) == 20
