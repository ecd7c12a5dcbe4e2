"""Tables of names, of entries that are made up; and the table of teachers."""

from typing import NamedTuple

from reincarnating_rl.cli import help_text
from reincarnating_rl.cli.teacher_kinds import TEACHER_KINDS


class Entry(NamedTuple):
  name: str
  title: str
  summary: str


def test_agents():
  methods = [
    Entry('', 'Tabula rasa', 'nothing.'),
    Entry('copy', 'Copying', 'every action, ' + 12 * 'again and ' + 'again.'),
    Entry('ask', 'Asking', 'advice.'),
  ]
  students = [Entry('tiny', 'Tiny-Q', 'a table.'), Entry('big', 'Big', 'much.')]
  again = 'again and again and again and again and again and again and'
  assert help_text.agents_help(methods, iter(students)) == (
    'An agent is METHOD_STUDENT, such as copy_tiny. STUDENT alone, such as '
    'tiny,\nlearns from scratch.\n'
    '\n'
    'METHOD, and what it takes from the teacher:\n'
    '  copy  Copying: every action, again and again and again and again and '
    'again\n'
    f'        and {again}\n'
    '        again and again.\n'
    '  ask   Asking: advice.\n'
    '\n'
    'STUDENT:\n'
    '  tiny  Tiny-Q: a table.\n'
    '  big   Big: much.'
  )


def test_the_kinds_of_teachers_are_those_that_there_are():
  from reincarnating_rl.teachers import factory, kinds  # Slow to import.

  names = [kind.name for kind in TEACHER_KINDS]
  assert names == list(factory.TEACHERS)
  with_network = {kind.name for kind in TEACHER_KINDS if kind.has_network}
  assert with_network == {'auto', *kinds.KINDS, 'perciatelli44'}
