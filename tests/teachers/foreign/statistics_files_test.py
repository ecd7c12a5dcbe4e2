"""Where the statistics of a model are looked for."""

import json
import pickle
import shutil

import numpy as np
import pytest

from reincarnating_rl.learner.actions import Discrete
from reincarnating_rl.support.errors import MissingFileError
from reincarnating_rl.teachers import factory
from reincarnating_rl.teachers.errors import TeacherError
from reincarnating_rl.teachers.foreign import statistics_files
from tests.teachers.foreign import real_files

_MODEL = real_files.FOLDER / 'normalized_below' / 'model.zip'


def _put(root, *names):
  """Writes statistics whose means are 1, 2, ..., by name."""
  for number, name in enumerate(names, start=1):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {'mean': np.full(3, float(number)), 'var': np.ones(3)}
    path.write_bytes(pickle.dumps(told))


def _mean(model, given=None):
  found = statistics_files.search(model, given)
  return found.statistics and found.statistics.mean[0]


@pytest.mark.parametrize(
  ('model', 'files'),
  [
    ('m.zip', ['m/vecnormalize.pkl', 'vecnormalize.pkl']),
    ('m.zip', ['m/vec_normalize.pkl', 'other/vecnormalize.pkl']),
    ('m.zip', ['vec_normalize.pkl', 'other/vecnormalize.pkl']),
    ('m.zip', ['vecnormalize.pkl']),
    ('best_model.zip', ['MountainCar-v0/vecnormalize.pkl']),
    (
      'rl_model_500_steps.zip',
      ['rl_model_vecnormalize_500_steps.pkl', 'vecnormalize.pkl'],
    ),
  ],
)
def test_the_layouts_of_the_zoo_and_the_hub(model, files, tmp_path):
  _put(tmp_path, *files)
  assert _mean(tmp_path / model) == 1.0


@pytest.mark.parametrize(
  ('model', 'files'),
  [
    ('m.zip', ['other/vecnormalize.pkl', 'm.pkl']),
    # They are those of the last step.
    ('rl_model_500_steps.zip', ['CartPole-v1/vecnormalize.pkl']),
    ('rl_model_500_steps.zip', ['rl_model_vecnormalize_600_steps.pkl']),
  ],
)
def test_those_of_others_are_left_alone(model, files, tmp_path):
  _put(tmp_path, *files)
  found = statistics_files.search(tmp_path / model, None)
  assert found.statistics is None and not found.is_certain
  told = statistics_files.describe(found, 1.0)
  assert told['may_lack_statistics'] and 'no statistics' in told['observations']
  assert 'may_lack_statistics' not in statistics_files.describe(found, 255.0)


def test_several_are_no_answer(tmp_path):
  _put(tmp_path, 'vecnormalize.pkl', 'vec_normalize.pkl')
  with pytest.raises(MissingFileError, match='several files of statistics'):
    _mean(tmp_path / 'm.zip')
  assert _mean(tmp_path / 'm.zip', f'{tmp_path}/vec_normalize.pkl') == 2.0
  assert _mean(tmp_path / 'm.zip', 'none') is None


def _create(path, **settings):
  return factory.create_teacher(
    'auto',
    path,
    actions=Discrete(4),
    observation_shape=(3,),
    stack_size=2,
    **settings,
  )


def test_a_teacher_without_them_says_what_may_be_missing(tmp_path):
  model = shutil.copy(_MODEL, tmp_path)
  teacher = _create(model)
  doubt = statistics_files.doubt(json.loads(json.dumps(teacher.lineage)))
  assert 'VecNormalize' in doubt and str(model) in doubt
  assert 'create_teacher.observation_statistics' in doubt and '\n' not in doubt
  told = _create(model, observation_statistics='none')
  named = _MODEL.with_name('vec_normalize.pkl')
  given = _create(model, observation_statistics=str(named))
  for other in (told, given, _create(_MODEL)):
    assert statistics_files.doubt(other.lineage) is None
  assert statistics_files.doubt({'agent': 'random'}) is None
  # A fingerprint is of all that a policy is made of.
  assert teacher.fingerprint == told.fingerprint != given.fingerprint
  assert given.fingerprint == _create(_MODEL).fingerprint


def test_they_are_not_for_checkpoints():
  bundled = real_files.FOLDER.parents[2] / 'teacher_ckpts' / 'Pong' / '1'
  with pytest.raises(TeacherError, match='files of other libraries'):
    factory.create_teacher(
      'auto',
      bundled,
      actions=Discrete(6),
      observation_shape=(84, 84),
      stack_size=4,
      observation_statistics='none',
    )
