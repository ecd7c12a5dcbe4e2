"""How help is written: what flags need and default to, tables of names."""

import argparse
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

_WIDTH = 76  # argparse indents a group's text by two columns.


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
  """Writes what the definition of a flag says, in the same words for all."""

  def add_usage(
    self,
    usage: str | None,
    actions: Iterable[argparse.Action],
    groups: Iterable[Any],
    prefix: str | None = None,
  ) -> None:
    """Keeps what a user must give; called by argparse."""
    actions, groups = list(actions), list(groups)
    either = [a for g in groups if g.required for a in g._group_actions]
    needed = [
      a for a in actions if a.required or not a.option_strings or a in either
    ]
    if len(needed) < len(actions):
      rest = argparse.Action([], 'flags', metavar='[flags]')
      needed.insert(0, rest)
    super().add_usage(usage, needed, groups, prefix)

  def _get_help_string(self, action: argparse.Action) -> str:
    notes = [action.help or '']
    if action.option_strings and action.required:
      notes.append('Required.')
    if isinstance(action.default, list):
      notes.append('Repeatable.')
    elif action.nargs != 0 and action.default not in (None, argparse.SUPPRESS):
      notes.append('Default: %(default)s.')
    return ' '.join(notes)


class Entry(Protocol):
  """What a table has a line for.

  Attributes:
    name: as a user writes it.
    title: what the field calls it.
    summary: one sentence.
  """

  @property
  def name(self) -> str: ...  # noqa: D102
  @property
  def title(self) -> str: ...  # noqa: D102
  @property
  def summary(self) -> str: ...  # noqa: D102


def agents_help(methods: Iterable[Entry], students: Iterable[Entry]) -> str:
  """Returns what the values of `--agent` are.

  Args:
    methods: ways to learn from a teacher.
    students: kinds of agents that learn.

  Returns:
    How names combine, then a line for each method and for each student.
  """
  # Tabula rasa may be among the methods, as the one without a name.
  methods, students = [m for m in methods if m.name], list(students)
  example = f'{methods[0].name}_{students[0].name}'
  return '\n'.join(
    [
      *textwrap.wrap(
        f'An agent is METHOD_STUDENT, such as {example}. STUDENT alone, such '
        f'as {students[0].name}, learns from scratch.',
        _WIDTH,
      ),
      '',
      'METHOD, and what it takes from the teacher:',
      table(methods),
      '',
      'STUDENT:',
      table(students),
    ]
  )


def table(entries: Sequence[Entry]) -> str:
  """Returns a line for each entry, with what does not fit below it."""
  width = max(len(entry.name) for entry in entries)
  return '\n'.join(
    textwrap.fill(
      f'{entry.title}: {entry.summary}',
      _WIDTH,
      initial_indent=f'  {entry.name:<{width}}  ',
      subsequent_indent=' ' * (width + 4),
      break_on_hyphens=False,
    )
    for entry in entries
  )
