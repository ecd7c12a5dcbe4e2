"""What Dopamine finds in the place of TensorFlow."""

import pickle
import sys

import pytest

from reincarnating_rl.compat import tensorflow_stand_in
from reincarnating_rl.support.errors import UserError
from tests import scripts

# A run on the corridor, where TensorFlow cannot be imported.
TRAINING = """
import sys
sys.modules['tensorflow'] = None
from tests import surroundings
import reincarnating_rl.compat.dopamine_compat
print('imported', flush=True)
print('imported', file=sys.stderr, flush=True)
from tests.runner import experiments
runner = experiments.make_runner(
  sys.argv[1], num_pretraining_iterations=0, online=(1, 20),
  evaluation_episodes=1, teacher_steps=20,
)
runner.run_experiment()
assert sys.modules['tensorflow'] is None
assert 'flax.metrics.tensorboard' not in sys.modules
from tensorboard.backend.event_processing import event_accumulator
read = event_accumulator.EventAccumulator(f'{sys.argv[1]}/metrics/tensorboard')
read.Reload()
print(read.Tags()['tensors'])
"""


@pytest.mark.slow
def test_the_import_is_quiet_and_a_run_needs_no_tensorflow(tmp_path):
  done = scripts.run(TRAINING, str(tmp_path))
  assert done.returncode == 0, done.stderr
  assert done.stdout.startswith('imported\n')
  assert done.stderr.startswith('imported\n')
  tags = done.stdout.splitlines()[-1]
  assert "'Eval/AverageReturns'" in tags
  assert "'Train/AverageReturns'" in tags


@pytest.fixture
def imported(monkeypatch):
  """What a module has that was imported with the stand-in."""
  monkeypatch.setitem(sys.modules, 'tensorflow', None)
  monkeypatch.delitem(sys.modules, 'flax.metrics.tensorboard', raising=False)
  assert tensorflow_stand_in.is_needed()
  names = {}
  source = (
    'import tensorflow as tf\n'
    'from flax.metrics import tensorboard\n'
    'def function(optimizer=tf.compat.v1.train.Adam(learning_rate=1)):\n'
    '  return optimizer.minimize()\n'
    'class Network(tf.keras.Model):\n'
    '  def __init__(self, name=None):\n'
    '    super().__init__(name=name)\n'
  )
  with tensorflow_stand_in.standing_in():
    exec(source, names)
  assert sys.modules['tensorflow'] is None
  assert 'flax.metrics.tensorboard' not in sys.modules
  return names


def test_a_use_is_one_line(imported):
  for use in (imported['function'], imported['Network']):
    with pytest.raises(UserError, match='pip install tensorflow-cpu') as caught:
      use()
    assert len(str(caught.value).splitlines()) == 1


def test_its_files_take_what_tensorflows_take(imported, tmp_path):
  tf = imported['tf']
  folder, gfile = tmp_path / 'a' / 'b', tf.io.gfile
  for _ in range(2):
    gfile.makedirs(str(folder))
  with gfile.GFile(str(folder / 'c'), 'w') as file:
    pickle.dump(bytes(range(256)), file)
  with gfile.GFile(str(folder / 'c'), 'rb') as file:
    assert pickle.load(file) == bytes(range(256))
  file = gfile.GFile(str(folder / 'd'), 'w')
  file.write('é\n')
  file.close()
  assert gfile.GFile(str(folder / 'd')).read() == 'é\n'
  found = sorted(gfile.glob(str(folder / '?')))
  assert found == [str(folder / 'c'), str(folder / 'd')]
  gfile.remove(str(folder / 'd'))
  assert not gfile.exists(str(folder / 'd'))
  with pytest.raises(tf.errors.NotFoundError):
    gfile.remove(str(folder / 'd'))


def test_whoever_has_imported_tensorflow_keeps_it(monkeypatch):
  monkeypatch.setitem(sys.modules, 'tensorflow', pickle)  # Any module.
  assert not tensorflow_stand_in.is_needed()
  with tensorflow_stand_in.standing_in():
    assert sys.modules['tensorflow'] is not pickle
  assert sys.modules['tensorflow'] is pickle
