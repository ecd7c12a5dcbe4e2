"""Finds the parameters of a network in what a file holds."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from reincarnating_rl.importers.formats.pickle_names import Placeholder
from reincarnating_rl.support.errors import DamagedFileError
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign.state_dicts import StateDict

_MAX_DEPTH, _MAX_VALUES = 16, 100_000
# Under which training scripts commonly keep them, the likeliest first.
_USUAL = (
  'model_weights state_dict model_state_dict policy_state_dict '
  'q_network_state_dict agent_state_dict actor_critic_state_dict '
  'network_state_dict net_state_dict model policy q_network q_net agent '
  'actor_critic network net params actor_state_dict actor'
).split()

_NUMBERS = (np.ndarray, np.generic, float, list, tuple, Placeholder)
# Under which statistics of observations are kept beside them.
_STATISTICS = re.compile(
  r'((obs?|observation|state|input)s?_'
  r'(rms|norm\w*|mean|var|std|stat\w*|scaler|preprocessor)'
  r'|rms|running_mean_std|normali[sz]er|vec_?normali[sz]e)',
  re.IGNORECASE | re.ASCII,
)
# Whatever they are kept under, they are a mean beside a deviation.
_MEAN = re.compile(r'_?(running_)?mean', re.ASCII)
_DEVIATION = re.compile(r'_?(running_)?(var|variance|std|stddev)', re.ASCII)
# So are those of what a policy does without.
_UNSEEN = re.compile(
  r'value|(?<!actor_)critic|reward|ret(urn)?s?_', re.IGNORECASE
)
_OF_LAYER = {'weight', 'num_batches_tracked'}  # A BatchNorm has these too.


def flatten(tree: Any, source: str) -> dict[str, np.ndarray]:
  """Returns the arrays in nested dictionaries and lists, by dotted paths.

  Args:
    tree: of any values; whatever is no array is left out.
    source: the file, for messages.

  Raises:
    DamagedFileError: there are too many values: branches are repeated.
  """
  arrays = {}
  for count, (path, value) in enumerate(_values(tree, ())):
    if isinstance(value, np.ndarray):
      arrays['.'.join(path)] = value
    _check_count(count, source)
  return arrays


def _check_count(count: int, source: str) -> None:
  """Stops where branches are repeated, which cost a file nothing."""
  if count > _MAX_VALUES:
    raise DamagedFileError(
      f'{source} holds more than {_MAX_VALUES} values; give the parameters '
      'of a network alone.'
    )


def _values(
  tree: Any, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
  yield path, tree
  branches: Any = ()
  if isinstance(tree, dict):
    branches = tree.items()
  elif isinstance(tree, list | tuple):
    branches = enumerate(tree)
  if len(path) < _MAX_DEPTH:
    for key, branch in branches:
      yield from _values(branch, (*path, str(key)))


def find(value: Any, source: str) -> StateDict:
  """Finds the `state_dict` in what `torch.save` was given.

  It is the value itself, or under a usual name such as `model_state_dict`, or
  the only dictionary of arrays in it. What wrappers put before all names,
  `module.` and `_orig_mod.`, is left out.

  Args:
    value: what the file holds.
    source: the file, for messages.

  Raises:
    DamagedFileError: there is none, or there are several.
  """
  if isinstance(value, dict):
    found = [value[name] for name in _USUAL if _has_arrays(value.get(name))]
    if not found and _has_arrays(value):
      found = [value]
    if not found:
      found = [branch for branch in value.values() if _has_arrays(branch)]
      found = found if len(found) == 1 else []
    if found:
      return _unwrapped(flatten(found[0], source))
  keys = (
    ', '.join(ascii(str(key)[:30]) for key in list(value)[:10])
    if (isinstance(value, dict))
    else type(value).__name__
  )
  raise DamagedFileError(
    f'{source} holds no parameters of one network that could be told from the '
    f'rest ({keys}); save them alone: torch.save(model.state_dict(), path).'
  )


def _has_arrays(value: Any) -> bool:
  return isinstance(value, dict) and any(
    isinstance(array, np.ndarray) for array in value.values()
  )


def _unwrapped(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
  names = {name: name.replace('_orig_mod.', '') for name in arrays}
  if all(name.startswith('module.') for name in names.values()):
    names = {old: name.removeprefix('module.') for old, name in names.items()}
  renamed = {names[name]: array for name, array in arrays.items()}
  # Two that would become one were not put there by a wrapper.
  return renamed if len(renamed) == len(arrays) else arrays


def check_no_statistics(saved: Any, state_dict: StateDict, source: str) -> None:
  """Refuses a file that has statistics of observations beside parameters.

  Args:
    saved: what the file holds.
    state_dict: that was found in it.
    source: the file, for messages.

  Raises:
    MismatchedTeacherError: there are some, which would be left out.
  """
  used = {id(array) for array in state_dict.values()}
  others: dict[str, dict[str, np.ndarray]] = {}
  for count, (path, value) in enumerate(_values(saved, ())):
    _check_count(count, source)
    is_numbers = isinstance(value, _NUMBERS) and id(value) not in used
    name = '.'.join(path)
    if is_numbers and any(_STATISTICS.fullmatch(part) for part in path):
      raise _unapplied(name, source)
    if is_numbers and isinstance(value, np.ndarray):
      group, _, leaf = name.rpartition('.')
      others.setdefault(group, {})[leaf] = value
  for group, arrays in others.items():
    if not _OF_LAYER & arrays.keys() and not _UNSEEN.search(group):
      means = [n for n, x in arrays.items() if _MEAN.fullmatch(n) and x.ndim]
      if means and any(map(_DEVIATION.fullmatch, arrays)):
        raise _unapplied(f'{group}.{means[0]}'.lstrip('.'), source)


def _unapplied(name: str, source: str) -> MismatchedTeacherError:
  return MismatchedTeacherError(
    f'{source} has statistics of observations, {name[:60]!a}, which would not '
    'be applied; save them as a pickled dictionary of mean and var, and name '
    'it with create_teacher.observation_statistics. If they are of something '
    'else, save the parameters alone.'
  )
