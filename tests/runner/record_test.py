import json
import os

import pytest

from reincarnating_rl.evaluation.normalization import (
  TeacherTooWeakError,
  summarize,
)
from reincarnating_rl.runner.plan import Iteration, Phase
from reincarnating_rl.runner.record import SUMMARY_FILE, Record


def make(random=1.0, teacher=(4.0, 6.0)):
  record = Record()
  record.random, record.random_source = random, 'given'
  record.teacher = summarize(teacher)
  return record


def test_a_row_by_hand():
  record = make()
  record.teacher_steps = 60
  record.spend('pretrain', 2.0)
  record.spend('evaluation', 0.5)
  record.spend('pretrain', 3.0)
  assert record.seconds == {'pretrain': 5.0, 'evaluation': 0.5}
  normalized = record.add(
    Iteration(3, Phase.PRETRAIN, 1, 20),
    summarize([2.0, 6.0]),
    {'pretraining_updates': 40},
  )
  assert normalized == 0.75  # (4 - 1) / (5 - 1)
  assert record.rows == [
    {
      'iteration': 3,
      'phase': 'PRETRAIN',
      'normalized': 0.75,
      'score': {
        'mean': 4.0,
        'std': pytest.approx(8.0**0.5),
        'stderr': pytest.approx(2.0),
        'num_episodes': 2,
        'min': 2.0,
        'max': 6.0,
      },
      'teacher_steps': 60,
      'seconds': 5.5,
      'pretraining_updates': 40,
    }
  ]


def test_without_a_teacher_there_is_no_scale():
  record = Record()
  assert record.normalized(4.0) is None
  score = summarize([4.0])
  assert record.add(Iteration(0, Phase.ONLINE, 0, 60), score, {}) is None
  assert record.rows[0]['normalized'] is None


def test_a_teacher_no_better_than_random_is_an_error():
  with pytest.raises(TeacherTooWeakError):
    make(random=5.0).normalized(4.0)


def test_survives_json():
  record = make()
  record.spend('online', 1.5)
  record.teacher_steps = 7
  record.add(Iteration(1, Phase.ONLINE, 0, 60), summarize([3.0]), {})
  data = json.loads(json.dumps(record.to_json()))
  restored = Record()
  restored.restore(data)
  assert vars(restored) == vars(record)
  assert restored.normalized(3.0) == 0.5
  restored.add(Iteration(2, Phase.ONLINE, 1, 60), summarize([4.0]), {})
  restored.spend('online', 1.0)
  assert data == record.to_json()


def test_an_empty_record_survives_json():
  restored = make()
  restored.restore(json.loads(json.dumps(Record().to_json())))
  assert vars(restored) == vars(Record())


def test_the_summary_is_written(tmp_path):
  record = make()
  record.write(str(tmp_path))
  record.teacher_steps = 8
  record.write(str(tmp_path))
  written = json.loads((tmp_path / SUMMARY_FILE).read_text())
  assert written == record.to_json()
  assert os.listdir(tmp_path) == [SUMMARY_FILE]
