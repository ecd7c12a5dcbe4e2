"""Reads pickles as data: nothing is imported, and nothing in them is called.

Unpickling runs whatever the file asks for, and teachers and their replays are
downloaded, so the standard library's unpickler is not used: see `machine`.
"""

import warnings
from typing import Any

from reincarnating_rl.importers.formats.pickle_machine import (
  MALFORMED,
  Machine,
)
from reincarnating_rl.importers.formats.pickle_names import ForbiddenNameError
from reincarnating_rl.support.errors import (
  DamagedFileError,
  UnsafeFileError,
)


def loads(data: bytes, source: str) -> Any:
  """Reads one pickled value.

  JAX arrays and NumPy arrays become NumPy arrays, `FrozenDict` and
  `OrderedDict` become `dict`, and objects of other classes of known libraries
  a `pickle_names.Placeholder`. Memory is bounded by a multiple of `data`.

  Args:
    data: a whole pickle, of any protocol.
    source: where it is from, for messages.

  Returns:
    The value; containers, numbers, text, arrays and placeholders only.

  Raises:
    UnsafeFileError: if it asks for anything that could run code.
    DamagedFileError: if it is cut short or makes no sense.
  """
  try:
    with warnings.catch_warnings():
      # Old text instructions warn of backslashes in what they hold.
      warnings.simplefilter('ignore')
      return Machine(budget=4 * len(data)).run(data)
  except ForbiddenNameError as error:
    raise UnsafeFileError(
      f'{source} was not loaded: it asks for {error}, which data have '
      'no need of and which could run code; get the file from a source that '
      'you trust.'
    ) from error
  except MALFORMED as error:
    raise DamagedFileError(
      f'{source} is cut short or is not a pickle ({_brief(error)}); copy it '
      'again from where it came.'
    ) from error


def _brief(error: BaseException) -> str:
  text = str(error).replace('\n', ' ')[:100]
  return text or type(error).__name__
