"""Who acts, and on what each method learns: tapes of small runs."""

import numpy as np
import pytest

from reincarnating_rl.replay.mixed_replay import TEACHER_KEY
from reincarnating_rl.support.errors import UserError
from tests import toys
from tests.runner import experiments

# Who acts, and on what, is of the method; a Rainbow compiles for seconds.
KINDS = [
  pytest.param(kind, marks=[pytest.mark.soak] if kind == 'rainbow' else [])
  for kind in toys.KINDS
]


def record_tape(runner):
  """Notes phases, who acts, whose data updates are on, and what is told."""
  tape = []

  def spy(owner, name, describe):
    original = getattr(owner, name)

    def wrapper(*args, **kwargs):
      tape.append(describe(*args, **kwargs))
      return original(*args, **kwargs)

    setattr(owner, name, wrapper)

  agent = runner._agent
  spy(runner, '_run_one_iteration', lambda n: runner.plan[n].phase.value)
  spy(runner._parts.evaluator, 'play', lambda *a, who, **k: f'evaluate {who}')
  spy(runner._parts.evaluator, 'collect', lambda *a, **k: 'the teacher plays')
  spy(agent.trainer, 'pretrain', lambda *a: "update on the teacher's")
  spy(agent, 'begin_episode', lambda observation: 'episode')
  spy(agent.weaner, 'after_evaluation', lambda score, steps: 'iteration over')
  spy(agent.batches, 'update', lambda drawn, td_losses: source(drawn.keys))
  if agent.method.rolls_in:
    spy(agent.actor, 'finish_iteration', lambda: 'horizon decays')
  act, ask = student_acts(agent), runner._teacher.policy_logits

  def acts(*args):
    tape.append('student acts')
    return act(*args)

  def asked(states):
    # The evaluator asks for its four lanes at once.
    if len(states) == 1:
      tape.append('teacher acts')
    return ask(states)

  replace_acting(agent, acts)
  runner._teacher.policy_logits = asked
  return tape


def student_acts(agent):
  """Returns who acts for the student, whoever begins its episodes."""
  return agent.actor._student if agent.method.rolls_in else agent.actor


def replace_acting(agent, acts):
  """Has `acts(params, state, key, epsilon, eval_mode)` act for the student."""
  acts.begin_episode = student_acts(agent).begin_episode
  if agent.method.rolls_in:
    agent.actor._student = acts
  else:
    agent.actor = toys.ScriptedActor(acts)


def source(keys):
  taught = keys == TEACHER_KEY
  return {
    0: "update on the student's",
    len(keys): "update on the teacher's",
  }.get(np.count_nonzero(taught), 'update on both')


def run(tmp_path, kind, *, action=toys.LEFT, dqn=None, agent=None, **settings):
  runner = experiments.make_runner(
    tmp_path,
    teacher=toys.ScriptedTeacher(action),
    random_score=0.0,
    agent={'kind': kind, 'dqn': dqn or {}, **(agent or {})},
    **({'evaluation_episodes': 1} | settings),
  )
  return runner, record_tape(runner)


# Once two steps are stored, and then at each; one that goes left is an episode.
AT_ONCE = {
  'min_replay_history': 1,
  'update_period': 1,
  'update_horizon': 1,
}


def always_left(runner):
  """Makes the student go left, whatever it has learnt; for one with a tape."""
  spied = student_acts(runner._agent)

  def left(*args):
    key, _ = spied(*args)
    return key, np.int32(toys.LEFT)

  replace_acting(runner._agent, left)


@pytest.mark.parametrize('kind', KINDS)
def test_jsrl_the_teacher_begins_episodes_until_the_horizon_is_0(
  tmp_path, kind
):
  runner, tape = run(
    tmp_path,
    toys.JSRL[kind],
    action=toys.RIGHT,
    online=(2, 3),
    num_pretraining_iterations=None,
    dqn={'min_replay_history': 10**6},
    agent={'max_roll_in_steps': 1, 'roll_in_decay': 0.5},
  )
  always_left(runner)
  runner.run_experiment()
  assert tape == [
    'teacher evaluation',
    'evaluate teacher',
    'online',
    *('episode', 'teacher acts', 'student acts', 'student acts'),
    *('evaluate student', 'iteration over', 'horizon decays'),
    'online',
    *('episode', 'student acts'),
    *('episode', 'student acts'),
    *('episode', 'student acts'),
    *('evaluate student', 'iteration over', 'horizon decays'),
  ]
  # What was done is stored, whoever did it, and counts.
  replay, right, left = runner._agent.batches.replay, toys.RIGHT, toys.LEFT
  np.testing.assert_array_equal(
    replay.columns['action'][: replay.next_step],
    [right, left, left, left, left, left],
  )
  assert runner._agent.training_steps == 6
  assert runner._agent.actor.steps == 1
  assert not replay.columns['teacher_policy'].any()
  horizons = {
    row['step']: row['value']
    for row in experiments.metrics(tmp_path)
    if row['name'] == 'Train/RollInHorizon'
  }
  assert horizons == {1: 1.0, 2: 0.0}


@pytest.mark.parametrize('kind', KINDS)
def test_rehearsal_learns_from_the_teachers_data_online(tmp_path, kind):
  runner, tape = run(
    tmp_path,
    toys.REHEARSAL[kind],
    online=(1, 4),
    teacher_steps=8,
    teacher_epsilon=0.0,
    num_pretraining_iterations=0,
    dqn=AT_ONCE,
    agent={'teacher_data_ratio': 1.0},
  )
  always_left(runner)
  runner.run_experiment()
  assert tape == [
    'teacher evaluation',
    'evaluate teacher',
    'collect',
    'the teacher plays',
    'online',
    *('episode', 'student acts'),
    *('episode', 'student acts'),
    *('episode', "update on the teacher's", 'student acts'),
    *('episode', "update on the teacher's", 'student acts'),
    *('evaluate student', 'iteration over'),
  ]


@pytest.mark.parametrize('kind', KINDS)
def test_rehearsal_of_nothing_is_tabula_rasa(tmp_path, kind):
  runner, tape = run(
    tmp_path,
    toys.REHEARSAL[kind],
    online=(1, 3),
    num_pretraining_iterations=0,
    dqn=AT_ONCE,
    agent={'teacher_data_ratio': 0.0},
  )
  always_left(runner)
  runner.run_experiment()
  assert tape == [
    'teacher evaluation',
    'evaluate teacher',
    'online',
    *('episode', 'student acts'),
    *('episode', 'student acts'),
    *('episode', "update on the student's", 'student acts'),
    *('evaluate student', 'iteration over'),
  ]


@pytest.mark.parametrize('kind', KINDS)
def test_rehearsal_may_have_an_offline_phase_and_asks_for_no_labels(
  tmp_path, kind
):
  runner, tape = run(
    tmp_path,
    toys.REHEARSAL[kind],
    online=(1, 60),
    num_pretraining_iterations=1,
    num_pretraining_steps=2,
    agent={'teacher_data_ratio': 0.5},
  )
  labels = spy_on_labels(runner)
  runner.run_experiment()
  assert [row.phase.value for row in runner.plan] == [
    'teacher evaluation',
    'collect',
    'pretrain',
    'online',
  ]
  assert tape.count("update on the teacher's") == 2
  assert tape.count('update on both') > 0
  assert runner._agent.trainer.online_updates == tape.count('update on both')
  assert labels == []
  assert experiments.teacher_data(runner)._view is None


def spy_on_labels(runner):
  labels = []
  for store in (
    runner._agent.batches.replay,
    experiments.teacher_data(runner).open(),
  ):
    store.label = lambda keys, logits: labels.append(keys)
  return labels


@pytest.mark.parametrize('kind', KINDS)
def test_the_data_of_rehearsal_are_written_once(tmp_path, kind):
  runner, _ = run(
    tmp_path,
    toys.REHEARSAL[kind],
    online=(2, 60),
    num_pretraining_iterations=0,
    agent={'teacher_data_ratio': 0.5},
  )
  written = []
  folder = tmp_path / 'checkpoints' / 'replay_teacher'
  checkpoint = runner._checkpoint_experiment

  def look(number):
    checkpoint(number)
    if folder.exists():
      written.append({f.name: f.stat().st_mtime_ns for f in folder.iterdir()})

  runner._checkpoint_experiment = look
  runner.run_experiment()
  assert len(written) > 2
  assert all(files == written[0] for files in written)
  assert written[0]


def test_data_of_no_step_cannot_be_rehearsed(tmp_path):
  with pytest.raises(UserError, match='teacher_steps'):
    run(
      tmp_path,
      toys.REHEARSAL['dqn'],
      num_pretraining_iterations=0,
      teacher_steps=0,
    )


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('method', ['JSRL', 'REHEARSAL'])
def test_without_a_teacher_these_are_tabula_rasa(tmp_path, kind, method):
  agent = {'kind': getattr(toys, method)[kind]}
  runner = experiments.make_runner(
    tmp_path, teacher=None, online=(1, 60), agent=agent
  )
  runner.run_experiment()
  assert [row.phase.value for row in runner.plan] == ['online']
  assert runner._agent.trainer.online_updates > 0
