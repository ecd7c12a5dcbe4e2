"""What each method does when: a tape of a whole run, against a literal one."""

import pytest

from reincarnating_rl.support.errors import UserError
from tests import toys
from tests.runner import experiments

# What every evaluation after an online iteration is made to say.
SCORES = [0.25, 1.0, 0.5]
WEANED = [
  'online: student data, lambda 1, rate 0.0001, moments of 40 older updates',
  'online: student data, lambda 0.75, rate 7.75e-05, moments of 40 older '
  'updates',
  'online: student data, lambda 0, rate 1e-05, moments of 40 older updates',
]
OFFLINE = [
  'pretrain: teacher data, lambda 1, rate 0.0001, moments of 0 older updates',
  'pretrain: teacher data, lambda 1, rate 0.0001, moments of 20 older updates',
  'target synced',
]
CONSTANT = [WEANED[0]] * 3
ONLINE = {
  'qdagger': WEANED,
  'ql_dagger': CONSTANT,
  'dagger': CONSTANT,
  # The learning rate does not go with lambda.
  'dqfd': [
    WEANED[0],
    'online: student data, lambda 0.75, rate 0.0001, moments of 40 older '
    'updates',
    'online: student data, lambda 0, rate 0.0001, moments of 40 older updates',
  ],
  'pretrained': [
    'online: student data, lambda 0, rate 1e-05, moments of 0 older updates',
  ]
  * 3,
}
TAPES = {method: OFFLINE + online for method, online in ONLINE.items()}
TAPES['kickstarting'] = [
  event.replace('moments of 40', 'moments of 0') for event in WEANED
]
KINDS = toys.METHODS | {f'qdagger_{k}': kind for k, kind in toys.KINDS.items()}


def make_runner(base_dir, name, **settings):
  keeps_rate = name.startswith(('dqfd', 'ql_dagger', 'dagger'))
  final = 1e-4 if keeps_rate else 1e-5
  return experiments.make_runner(
    base_dir,
    online=(3, 60),
    agent={
      'kind': KINDS[name],
      'dqn': {'min_replay_history': 10, 'target_update_period': 10_000},
      'student': {'learning_rate': 1e-4, 'final_learning_rate': final},
    },
    checkpoint_minutes=60.0,
    **settings,
  )


def weight_of_the_teacher(weights):
  (weight,) = (w for name, w in weights.terms.items() if name != 'td')
  return weight


def record_tape(runner):
  """Notes each iteration's first update, and each sync of the target."""
  agent, tape, noted, sampled = runner._agent, [], set(), []

  def note(data, state, weights):
    iteration = runner.plan[runner._progress.position.number]
    if iteration.number in noted:
      return
    noted.add(iteration.number)
    older = int(state.optimizer_state[0].count) - agent.trainer.online_updates
    tape.append(
      f'{iteration.phase.value}: {data} data, '
      f'lambda {weight_of_the_teacher(weights):g}, '
      f'rate {weights.learning_rate:g}, moments of {older} older updates'
    )

  def spy(owner, name, watch):
    original = getattr(owner, name)

    def wrapper(*args, **kwargs):
      watch(*args)
      return original(*args, **kwargs)

    setattr(owner, name, wrapper)

  def offline(state, data, slots, weights):
    assert data is experiments.teacher_data(runner)._view
    note('teacher', state, weights)

  def online(state, batch, weights):
    assert batch is sampled[-1]
    note('student', state, weights)

  sample = agent.batches.replay.sample

  def spying_sample(**kwargs):
    batch, drawn = sample(**kwargs)
    sampled.append(batch)
    return batch, drawn

  agent.batches.replay.sample = spying_sample
  spy(agent.trainer, 'scanned_update', offline)
  spy(agent.trainer, 'update', online)
  spy(agent.trainer, 'sync_target', lambda: tape.append('target synced'))
  scores = iter(SCORES)
  hear = agent.weaner.after_evaluation
  agent.weaner.after_evaluation = lambda score, steps: hear(next(scores), steps)
  return tape


# Who learns what, and when, is of the method; a Rainbow compiles for seconds.
@pytest.mark.parametrize(
  'name',
  [
    pytest.param(
      name,
      marks=[pytest.mark.soak] if name.endswith('rainbow') else [],
    )
    for name in KINDS
  ],
)
def test_the_tape_of_a_method(tmp_path, name):
  method = name.rpartition('_')[0]
  none = {'num_pretraining_iterations': 0} if method == 'kickstarting' else {}
  runner = make_runner(tmp_path, name, **none)
  tape = record_tape(runner)
  runner.run_experiment()
  assert tape == TAPES[method]
  # What is logged is what an iteration was trained with.
  logged = [row['distill_coefficient'] for row in runner.record.rows]
  told = [event.split('lambda ')[1] for event in tape if 'lambda' in event]
  assert logged == [float(text.split(',')[0]) for text in told]


@pytest.mark.parametrize('asked', [None, 0])
def test_kickstarting_has_no_offline_phase(tmp_path, asked):
  runner = make_runner(
    tmp_path, 'kickstarting_dqn', num_pretraining_iterations=asked
  )
  phases = [row.phase.name for row in runner.plan]
  assert phases == ['TEACHER_EVALUATION', *['ONLINE'] * 3]


def test_ten_offline_iterations_are_the_default_of_those_that_have_any(
  tmp_path,
):
  runner = make_runner(tmp_path, 'dqfd_dqn', num_pretraining_iterations=None)
  phases = [row.phase.name for row in runner.plan]
  assert phases.count('PRETRAIN') == 10


def test_rehearsal_has_no_offline_iterations_unless_they_are_asked_for(
  tmp_path,
):
  runner = experiments.make_runner(
    tmp_path,
    num_pretraining_iterations=None,
    agent={'kind': toys.REHEARSAL['dqn']},
  )
  phases = [row.phase.name for row in runner.plan]
  assert phases == ['TEACHER_EVALUATION', 'COLLECT', *['ONLINE'] * 2]


@pytest.mark.parametrize(
  ('name', 'asked', 'message'),
  [
    ('kickstarting_dqn', 2, 'is 2, and this --agent has no offline phase'),
    ('pretrained_rainbow', 0, 'is 0, and this --agent learns from its teacher'),
  ],
)
def test_an_offline_phase_that_the_method_cannot_have_is_an_error(
  tmp_path, name, asked, message
):
  with pytest.raises(UserError, match=message):
    make_runner(tmp_path, name, num_pretraining_iterations=asked)


@pytest.mark.parametrize('kind', [toys.JSRL['dqn'], toys.RELOADED['rainbow']])
def test_nor_have_those_that_differ_by_who_acts_or_begins(tmp_path, kind):
  with pytest.raises(UserError, match='has no offline phase'):
    experiments.make_runner(
      tmp_path, num_pretraining_iterations=1, agent={'kind': kind}
    )
