"""What a student's values are worth, against numbers worked by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from reincarnating_rl.envs.lanes import Episode
from reincarnating_rl.runner import diagnosis
from reincarnating_rl.students import STUDENTS
from tests import toys
from tests.runner import experiments


def episode(values, actions, rewards, *, terminal=True):
  return Episode(
    index=0,
    terminal=terminal,
    actions=np.array(actions, np.int32),
    rewards=np.array(rewards, np.float32),
    observations=None,
    extras=np.array(values, np.float32),
  )


# max Q is 3, 2, 4; the returns from each step are 2.0, 2.0, 4.0.
PLAYED = episode(
  [[1.0, 3.0], [2.0, 0.0], [4.0, 4.0]], [1, 0, 0], [1.0, 0.0, 4.0]
)


def diagnose(*episodes, **settings):
  return diagnosis.diagnose(episodes, num_actions=2, discount=0.5, **settings)


def test_values_beside_what_came():
  found = diagnose(PLAYED)
  # Targets: 1 + 2/2, 0 + 4/2, 4; their Q-values are 3, 2, 4.
  assert found == pytest.approx(
    {
      'GreedyValue': 3.0,
      'ActionGap': 4 / 3,
      'DiscountedReturn': (2.0 + 2.0 + 4.0) / 3,
      'ValueOfReturns': 3.0,
      'TDError': np.sqrt(1 / 3) / np.std([2.0, 2.0, 4.0]),
    }
  )


def test_a_student_of_clipped_rewards_is_held_to_these():
  found = diagnose(PLAYED, clip_rewards=True)
  assert found['DiscountedReturn'] == pytest.approx((1.25 + 0.5 + 1.0) / 3)


def test_an_episode_that_was_cut_tells_of_values_alone():
  cut = episode([[0.0, 6.0]], [0], [9.0], terminal=False)
  assert diagnose(cut) == {'GreedyValue': 6.0, 'ActionGap': 6.0}
  both, alone = diagnose(PLAYED, cut), diagnose(PLAYED)
  assert both['GreedyValue'] == pytest.approx(15 / 4)
  assert both['DiscountedReturn'] == alone['DiscountedReturn']


def notice_of(meaning, scale=1.0):
  value = SimpleNamespace(meaning=meaning, reward_scale=scale)
  return diagnosis.atoms_notice(
    SimpleNamespace(value=value, gamma=0.5, kind=STUDENTS['d4pg'])
  )


@pytest.mark.parametrize(
  ('atoms', 'scale', 'told'),
  [
    ((0.0, 4.0), 1.0, None),
    ((0.0, 4.0), 2.0, 'from 4 to 8, and'),
    ((3.0, 9.0), 1.0, 'from 2 to 4, and'),
  ],
)
def test_returns_beyond_the_atoms_are_told_once(atoms, scale, told, caplog):
  notice = notice_of({'atoms from': atoms[0], 'atoms to': atoms[1]}, scale)
  for _ in range(2):
    notice.tell([PLAYED])
  assert caplog.text.count('Set D4PG.vmin and D4PG.vmax.') == bool(told)
  assert (told or '') in caplog.text


def test_without_atoms_there_is_no_notice():
  assert notice_of({}) is None
  atoms = {'atoms from': 3.0, 'atoms to': 9.0}
  assert notice_of(atoms | {'distributional': False}) is None


def test_one_action_has_no_gap():
  found = diagnosis.diagnose(
    [episode([[1.0], [2.0]], [0, 0], [1.0, 2.0])], num_actions=1, discount=0.5
  )
  assert 'ActionGap' not in found and found['GreedyValue'] == 1.5


def test_equal_targets_have_no_scale():
  assert 'TDError' not in diagnose(episode([[1.0, 0.0]], [0], [1.0]))


def test_the_teacher_beside():
  # The student's policy at tau = 1: (1/2, 1/2) and (3/4, 1/4).
  third = np.log(3.0)
  found = diagnose(
    episode(
      [[0.0, 0.0, third, 0.0], [third, 0.0, third, 0.0]], [0, 0], [0.0, 1.0]
    ),
    temperature=1.0,
  )
  kl = 0.75 * np.log(1.5) + 0.25 * np.log(0.5)
  assert found['TeacherKL'] == pytest.approx(kl / 2, abs=1e-6)
  assert found['TeacherAgreement'] == 1.0


def test_the_teacher_looks_on_and_changes_nothing():
  def policy(states, keys):
    return np.array([1]), np.array([[5.0, 7.0]], np.float32)

  teacher = toys.ScriptedTeacher()
  states = np.zeros((1, toys.LENGTH, 1), np.float32)
  actions, extras = diagnosis.beside(policy, teacher)(states, None)
  assert actions == [1]
  logits = np.asarray(teacher.policy_logits(states))
  np.testing.assert_array_equal(extras, [[5.0, 7.0, *logits[0]]])


def test_a_run_is_the_same_with_it(tmp_path):
  rows = []
  for diagnoses in (False, True):
    runner = experiments.make_runner(
      tmp_path / str(diagnoses), online=(1, 20), diagnoses=diagnoses
    )
    runner.run_experiment()
    rows.append(runner.record.rows)
  told = [row.pop('diagnosis') for row in rows[1]]
  for row in (*rows[0], *rows[1]):
    del row['seconds']
  assert rows[0] == rows[1]
  assert all(0.0 <= t['TeacherAgreement'] <= 1.0 for t in told)
  assert all(t['TeacherKL'] >= 0.0 for t in told)
