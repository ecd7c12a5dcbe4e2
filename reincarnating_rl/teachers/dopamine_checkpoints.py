"""Parameters in the pickles of Dopamine's JAX agents, of every era."""

import hashlib
import pathlib
from typing import Any

from reincarnating_rl.importers.formats import safe_pickle
from reincarnating_rl.learner.types import Params
from reincarnating_rl.support.errors import DamagedFileError
from reincarnating_rl.teachers import checkpoint_files, params

_PARAMS = ('online_params', 'network_params')  # The latter are PPO's.
_COUNTERS = ('training_steps', 'current_iteration')


def read_params(path: pathlib.Path) -> tuple[Params, dict[str, Any], str]:
  """Reads the online parameters.

  Args:
    path: `ckpt.N`.

  Returns:
    The parameters, the counters beside them, and the SHA-256 of the file.

  Raises:
    OSError: the file cannot be read.
    DamagedFileError: it is cut short, or not an agent's.
    UnsafeFileError: it asks for something that could run code.
  """
  bundle, checksum = read_bundle(path)
  names = [name for name in _PARAMS if name in bundle]
  if not names:
    raise DamagedFileError(
      f'{path} has no {" or ".join(_PARAMS)}; '
      + (
        # Beside its variables, a TensorFlow agent leaves a pickle of the rest.
        checkpoint_files.advise_prefix(path.parent, path.stem)
        or "give the checkpoint of one of Dopamine's agents or this project's."
      )
    )
  metadata: dict[str, Any] = {'format': 'dopamine'}
  for key in _COUNTERS:
    if isinstance(bundle.get(key), int):
      metadata[key] = bundle[key]
  tree = params.from_pickle(bundle[names[0]], str(path))
  return tree, metadata, checksum


def read_bundle(path: pathlib.Path) -> tuple[dict[str, Any], str]:
  """Reads all that an agent's pickle holds, as data.

  Args:
    path: `ckpt.N`.

  Returns:
    What there is by name, nothing if it is no dictionary; and the SHA-256 of
    the file.

  Raises:
    OSError: the file cannot be read.
    DamagedFileError: it is cut short.
    UnsafeFileError: it asks for something that could run code.
  """
  data = path.read_bytes()
  bundle = safe_pickle.loads(data, str(path))
  checksum = hashlib.sha256(data).hexdigest()
  return bundle if isinstance(bundle, dict) else {}, checksum
