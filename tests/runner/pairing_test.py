"""Students and games of different actions."""

import pytest

from reincarnating_rl.agents.classes import AGENTS
from reincarnating_rl.envs import games
from reincarnating_rl.runner import factories, pairing, teacher_choice
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers.sources import TeacherSettings
from tests import toys

CORRIDOR = toys.corridor()


@pytest.mark.parametrize('agent', AGENTS)
@pytest.mark.parametrize(
  ('create', 'kind'),
  [(CORRIDOR.create_environment, 'discrete'), (toys.target, 'continuous')],
  ids=['discrete', 'continuous'],
)
def test_the_students_that_fit_are_named(agent, create, kind):
  student, environment = AGENTS[agent], create()
  if student.kind.actions == kind:
    pairing.check(student, environment)
    return
  with pytest.raises(UserError, match=f'--agent {agent} learns') as caught:
    pairing.check(student, environment)
  told = str(caught.value)
  assert '\n' not in told and f'{environment.name} has 2 {kind} act' in told
  named = told.partition('choose --agent ')[2].rstrip('.').split(' or ')
  assert named and all(AGENTS[name].kind.actions == kind for name in named)
  method = student.method
  is_there = any(
    a.method is method and a.kind.actions == kind for a in AGENTS.values()
  )
  assert {AGENTS[name].method is method for name in named} == {is_there}


def test_it_is_told_before_a_teacher_is_read(tmp_path):
  game = games.Game('Target', toys.target, lambda: None)
  teacher = TeacherSettings(checkpoint_dir=str(tmp_path))
  with pytest.raises(UserError, match='choose --agent qdagger_sac or'):
    teacher_choice.create_teacher(
      teacher, game, needed=True, student=AGENTS['qdagger_dqn']
    )


def test_it_is_told_where_there_is_no_teacher():
  with pytest.raises(UserError, match='choose --agent dqn or'):
    factories.create_agent(
      'sac', None, CORRIDOR.create_environment(), seed=0, stack_size=1
    )
