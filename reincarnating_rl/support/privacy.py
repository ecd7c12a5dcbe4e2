"""What is said of a run, without the folders of the machine that ran it.

Absolute paths, and those that begin in a home folder, name people and machines.
Of each its last name is kept: `/home/ada/runs/pong` becomes `.../pong`.
Relative paths stay as they are.
"""

import os
import re
from typing import Any

from reincarnating_rl.support.errors import UserError

_LEFT_OUT = '...'
# Folders whose entries are the names of people.
_HOMES = {'home', 'Users'}
# Fields of lineages that hold more than a path, if they begin with one.
_TEXTS = {'command', 'config', 'gin'}
# A word, a dot or a slash before it makes it part of something else: of a
# relative path, an address or a fraction. `</` is of HTML. The letter of a
# flag may be before it, `-L/opt`.
_BEGIN = (
  r'(?:(?<![\w.~/\\<])|(?<=(?<![\w-])-[A-Za-z]))'
  r'(?:file://)?'
  r'(?:~[\w.-]*(?=/)/?|[A-Za-z]:[\\/](?![\\/])|\\\\(?=\w)'
  r'|(?:(?<![^\s\'"=])/)?/(?=[\w.@~]))'
)
# Between quotes, names may have spaces, and quotes of the other kind. A shell's
# quotes end for an apostrophe.
_PATH = re.compile(
  rf'(?P<quote>[\'"])(?P<quoted>{_BEGIN}'
  r'(?:\'"\'"\'|\\.|(?!(?P=quote))[^\n\\])*)(?P=quote)'
  rf'|(?P<bare>{_BEGIN}[^\s\'",;:()\[\]{{}}<>`]*)'
)
_SHORTEST = 6  # Characters of a folder that is looked for wherever it stands.


def without_paths(value: Any, field: str = '') -> Any:
  """Returns JSON without private paths, in values and in names.

  Args:
    value: of dictionaries, lists, strings and numbers.
    field: name of what it is the value of.
  """
  if isinstance(value, dict):
    return {without_paths(k): without_paths(v, k) for k, v in value.items()}
  if isinstance(value, list | tuple):
    return [without_paths(inner, field) for inner in value]
  return _clean(value, field) if isinstance(value, str) else value


def _clean(text: str, field: str) -> str:
  for home in sorted(_homes(), key=len, reverse=True):
    # So that a home with a space in it is seen as the one folder that it is.
    text = re.sub(rf'(?<![\w.~/\\]){re.escape(home)}(?![\w.-])', '~', text)
  if field not in _TEXTS and '\n' not in text and re.match(_BEGIN, text):
    return _shortened(text)
  return _PATH.sub(_replaced, text)


def _homes() -> set[str]:
  told = os.path.expanduser('~')
  found = {told, os.path.realpath(told)}
  return {home.rstrip('/') for home in found if len(home) > 1}


def _replaced(match: re.Match[str]) -> str:
  if match['bare'] is not None:
    return _shortened(match['bare'])
  return f'{match["quote"]}{_shortened(match["quoted"])}{match["quote"]}'


def _shortened(path: str) -> str:
  parts = [p for p in re.split(r'[\\/]+', path) if p and p != 'file:']
  is_home = len(parts) > 1 and parts[-2] in _HOMES
  if len(parts) == 1 or is_home:
    # It is a home, or a folder of the root.
    return _LEFT_OUT
  return f'{_LEFT_OUT}/{parts[-1]}'


def check(name: str, text: str, directory: str) -> None:
  """Refuses a file that still has a private path.

  Args:
    name: of the file that is to be published.
    text: in it.
    directory: of the run.

  Raises:
    UserError: naming the file and the path.
  """
  found = _PATH.search(text)
  private = found and (found['quoted'] or found['bare'])
  if private is None:
    near = _homes() | {os.path.abspath(directory), os.path.realpath(directory)}
    named = (p for p in near if len(p) >= _SHORTEST and p in text)
    private = next(named, None)
  if private is not None:
    raise UserError(
      f'{name} would publish {private!r:.80}, a path of this machine: take it '
      f'out of the files in {directory}.'
    )
