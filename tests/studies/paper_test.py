"""The paper's comparison, from its file: here, and on two machines in one."""

import csv

import pytest
from ray.cluster_utils import Cluster

from reincarnating_rl.cli import study
from reincarnating_rl.cluster import session

SMALL = (
  *('paper', '--games', 'breakout', '--seeds', '1', '--tables', 'methods'),
  *('--variants', 'QDagger,JSRL,Tabula rasa'),
  *(
    word
    for binding in (
      'Runner.num_iterations = 2',
      'Runner.training_steps = 1500',
      'Runner.evaluation_steps = 300',
      'RunnerWithTeacher.evaluation_episodes = None',
      'RunnerWithTeacher.num_pretraining_iterations = None',
      'RunnerWithTeacher.num_pretraining_steps = 50',
      'RunnerWithTeacher.teacher_steps = 2000',
      'RunnerWithTeacher.random_score = -1.0',
    )
    for word in ('--gin_bindings', binding)
  ),
)


@pytest.fixture
def cluster():
  session.be_quiet()
  small = {'object_store_memory': 80 * 2**20, 'num_cpus': 1}
  cluster = Cluster(initialize_head=True, head_node_args=small)
  cluster.add_node(**small)
  yield cluster
  cluster.shutdown()


def tables(root):
  """The rows of the report, without where the runs are and what they took."""
  found = {}
  for path in (root / 'reports' / 'methods').glob('*.csv'):
    with path.open() as file:
      found[path.name] = [
        {k: v for k, v in row.items() if k not in ('seconds', 'run')}
        for row in csv.DictReader(file)
      ]
  return found


@pytest.mark.soak
def test_the_tables_are_the_same_here_and_on_a_cluster(tmp_path, request):
  assert study.main([*SMALL, '--out', str(tmp_path / 'here')]) == 0
  address = request.getfixturevalue('cluster').address
  there = ['--out', str(tmp_path / 'there'), '--ray_address', address]
  assert study.main([*SMALL, *there]) == 0
  expected = tables(tmp_path / 'here')
  assert expected and tables(tmp_path / 'there') == expected
