"""Reads pickles as data: imports nothing and calls nothing in them.

Unpickling runs whatever the file names, and teachers and their replays are
downloaded. So `pickle_machine` replaces the standard library's unpickler.
"""

import functools
import warnings
from typing import Any

from reincarnating_rl.importers.formats import pickle_names
from reincarnating_rl.importers.formats.pickle_machine import MALFORMED, Machine
from reincarnating_rl.importers.formats.pickle_names import ForbiddenNameError
from reincarnating_rl.support.errors import DamagedFileError, UnsafeFileError


def loads(
  data: bytes, source: str, more_libraries: frozenset[str] = frozenset()
) -> Any:
  """Reads one pickled value.

  JAX arrays become NumPy arrays, `FrozenDict` and `OrderedDict` become `dict`,
  and objects of other classes of known libraries become a
  `pickle_names.Placeholder`. Memory is bounded by a multiple of `data`.

  Args:
    data: a whole pickle, of any protocol.
    source: path of the file, for messages.
    more_libraries: further libraries whose objects become placeholders.

  Returns:
    Containers, numbers, text, arrays and placeholders only.

  Raises:
    UnsafeFileError: the pickle names something that could run code.
    DamagedFileError: the pickle is cut short or malformed.
  """
  try:
    with warnings.catch_warnings():
      # Old text instructions can warn of backslashes in their text.
      warnings.simplefilter('ignore')
      resolve = functools.partial(
        pickle_names.resolve, more_libraries=more_libraries
      )
      return Machine(4 * len(data), resolve).run(data)
  except ForbiddenNameError as error:
    raise UnsafeFileError(
      f'{source} was not loaded: it asks for {error}, which data do not need '
      'and which could run code. Get the file from a source that you trust.'
    ) from error
  except MALFORMED as error:
    raise DamagedFileError(
      f'{source} is cut short or is not a pickle ({_brief(error)}): copy it '
      'again from its source.'
    ) from error


def _brief(error: BaseException) -> str:
  text = str(error).replace('\n', ' ')[:100]
  return text or type(error).__name__
