"""Reads YAML as data, and strictly: no key stands in a mapping twice."""

import pathlib
from collections.abc import Hashable
from typing import Any

import yaml

from reincarnating_rl.support.errors import DamagedFileError, MissingFileError

_MAX_BYTES = 2**20


class _Loader(yaml.SafeLoader):
  """Makes plain data; aliases, by which a small file gets huge, are errors."""

  def compose_node(self, parent: Any, index: Any) -> Any:
    if self.check_event(yaml.AliasEvent):
      mark = self.peek_event().start_mark
      raise yaml.MarkedYAMLError(
        problem='aliases (*NAME) are not understood', problem_mark=mark
      )
    return super().compose_node(parent, index)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
  found: dict[Any, Any] = {}
  for key_node, value_node in node.value:
    key = loader.construct_object(key_node, deep=True)
    if not isinstance(key, Hashable) or key in found:
      what = f'the key {key_node.value!r} is there twice'
      if not isinstance(key, Hashable):
        what = 'a key is a list or a mapping'
      raise yaml.MarkedYAMLError(problem=what, problem_mark=key_node.start_mark)
    found[key] = loader.construct_object(value_node, deep=True)
  return found


_Loader.add_constructor('tag:yaml.org,2002:map', _mapping)


def read(path: pathlib.Path) -> Any:
  """Reads a file.

  Args:
    path: of the file.

  Returns:
    Dictionaries, lists, texts, numbers and dates.

  Raises:
    MissingFileError: there is no such file.
    DamagedFileError: it is not YAML; the message has the line.
  """
  try:
    data = path.read_bytes()
  except OSError as error:
    raise MissingFileError(
      f'{path} cannot be read ({error.strerror}): give the path of a study '
      'file.'
    ) from error
  if len(data) > _MAX_BYTES:
    raise DamagedFileError(f'{path} is too large to be a study file.')
  try:
    return yaml.load(data, _Loader)  # noqa: S506  (a safe loader)
  except yaml.MarkedYAMLError as error:
    mark = error.problem_mark
    line = f', line {mark.line + 1}' if mark else ''
    problem = ' '.join(str(error.problem or error.context).split())
    raise DamagedFileError(
      f'{path}{line} is not YAML ({problem}): mend that line.'
    ) from error
  # Some YAML that is well formed has values that are none.
  except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
    problem = ' '.join(str(error).split())[:200]
    raise DamagedFileError(
      f'{path} is not YAML ({problem}): write it anew.'
    ) from error
