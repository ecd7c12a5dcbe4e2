"""What a study file's values may be: each reader takes one, or refuses it."""

import re
from collections.abc import Callable
from typing import Any

from reincarnating_rl.support.setting_types import MOST_SEED

_SIZE = re.compile(r'(\d+(?:\.\d+)?)\s*([KMGT])i?B', re.IGNORECASE)
_FOLDER = re.compile(r'[\w+-][\w.+-]*(/[\w+-][\w.+-]*)*', re.ASCII)
_RESERVED = ('reports',)
_BYTES = {'K': 2**10, 'M': 2**20, 'G': 2**30, 'T': 2**40}
_MOST_SEEDS = 1000


def text(value: Any) -> str:
  """Reads a text of one line."""
  if not isinstance(value, str) or not value.strip() or '\n' in value.strip():
    raise ValueError
  return value.strip()


def optional(value: Any) -> str | None:
  """Reads a text; `none` and nothing are None."""
  return None if value in (None, 'none') else text(value)


def folder(value: Any) -> str:
  """Reads the name of a folder below the study's."""
  if not _FOLDER.fullmatch(text(value)) or value in _RESERVED:
    raise ValueError
  return value


def texts(value: Any) -> tuple[str, ...]:
  """Reads a list of texts, each of them once; one text stands for its list."""
  values = value if isinstance(value, list) else [value]
  found = tuple(text(v) for v in values)
  if len(set(found)) < len(found):
    raise ValueError
  return found


def some_texts(value: Any) -> tuple[str, ...]:
  """Reads at least one text; see `texts`."""
  found = texts(value)
  if not found:
    raise ValueError
  return found


def bindings(value: Any) -> tuple[str, ...]:
  """Reads gin bindings of different names, as `name = value` each."""
  found = {}
  for binding in texts(value):
    name, equals, bound = binding.partition('=')
    if not (equals and name.strip() and bound.strip()):
      raise ValueError
    if found.setdefault(name.strip(), bound.strip()) != bound.strip():
      raise ValueError  # The last one would count.
  return tuple(f'{name} = {bound}' for name, bound in found.items())


def truth(value: Any) -> bool:
  """Reads yes or no."""
  if not isinstance(value, bool):
    raise ValueError
  return value


def number(
  least: float, most: float = float('inf'), kind: type = int
) -> Callable[[Any], Any]:
  """Returns what reads a number within bounds."""

  def read(value: Any) -> Any:
    kinds = (int, float) if kind is float else (int,)
    if isinstance(value, bool) or not isinstance(value, kinds):
      raise ValueError
    if not least <= value <= most:
      raise ValueError
    return kind(value)

  return read


def gpus(value: Any) -> float:
  """Reads a fraction of a GPU, or a number of whole ones."""
  found = number(0, kind=float)(value)
  if found > 1 and not found.is_integer():
    raise ValueError
  return found


def size(value: Any) -> int:
  """Reads a number of bytes, such as `4 GB`."""
  match = _SIZE.fullmatch(text(value))
  if match is None:
    raise ValueError
  return int(float(match[1]) * _BYTES[match[2].upper()])


def seeds(value: Any) -> tuple[int, ...]:
  """Reads the seeds, or their number: they are then counted from 1."""
  if not isinstance(value, list):
    return tuple(range(1, number(1, _MOST_SEEDS)(value) + 1))
  found = tuple(number(0, MOST_SEED)(seed) for seed in value)
  if not found or len(set(found)) < len(found):
    raise ValueError
  return found
