"""Makes the published Dopamine 4.1.2 importable; import it before Dopamine.

Every patch names the upstream issue that would retire it, and
`tests/compat/dopamine_compat_test.py` fails when a patch is no longer needed.
"""

import contextlib
import importlib
import importlib.util
import io
import os
import sys
import types
import warnings
from collections.abc import Iterator

from reincarnating_rl.compat import tensorflow_stand_in


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
  """Keeps import-time notices off the screen; exceptions still come through.

  TensorFlow's C++ side writes to the descriptor itself, whatever
  `TF_CPP_MIN_LOG_LEVEL` says.
  """
  sys.stderr.flush()
  saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
  os.dup2(null, 2)
  try:
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
      warnings.simplefilter('ignore')
      yield
  finally:
    sys.stderr.flush()
    os.dup2(saved, 2)
    os.close(saved)
    os.close(null)


def _stub_baselines() -> None:
  """Stands in for OpenAI `baselines`, which current pip cannot install.

  `dopamine.discrete_domains.atari_lib` imports its Atari wrappers for PPO only
  (google/dopamine#227). Any use of them is an AttributeError.
  """
  if importlib.util.find_spec('baselines') is not None:
    return
  package = types.ModuleType('baselines')
  common = types.ModuleType('baselines.common')
  wrappers = types.ModuleType('baselines.common.atari_wrappers')
  package.common, common.atari_wrappers = common, wrappers
  for module in (package, common, wrappers):
    sys.modules.setdefault(module.__name__, module)


def _restore_pytype_aval_mappings() -> None:
  """Gives TensorFlow Probability 0.25 the JAX name it still reads.

  JAX moved the mapping in 0.7 and has deprecated the place that it is read
  from here (tensorflow/probability#1994), hence the bound on JAX in `setup.py`.
  """
  import jax
  import jax.interpreters.xla

  if not hasattr(jax.interpreters.xla, 'pytype_aval_mappings'):
    jax.interpreters.xla.pytype_aval_mappings = jax.core.pytype_aval_mappings


def _keep_tensorflow_off_accelerators() -> list[str]:
  """Stops TensorFlow from reserving the memory that JAX computes in.

  Nothing is computed by it here (google/flax#445).

  Returns:
    Kinds of accelerators that it has taken already.
  """
  import tensorflow as tf

  taken = []
  for kind in ('GPU', 'TPU'):
    try:
      tf.config.set_visible_devices([], kind)
    except RuntimeError:
      taken.append(kind)
  return taken


def _import_dopamine() -> None:
  """Imports all that is used of it; some of that prints or logs notices."""
  importlib.import_module('dopamine.discrete_domains.run_experiment')
  # It logs that it keeps TensorFlow off accelerators, which is done already.
  importlib.import_module('dopamine.jax.agents.sac.sac_agent')


_stub_baselines()
with _quiet():
  _restore_pytype_aval_mappings()
  # Dopamine imports the legacy gym, which prints a notice, and never uses it.
  importlib.import_module('gym')
  if tensorflow_stand_in.is_needed():
    _taken = []
    with tensorflow_stand_in.standing_in():
      _import_dopamine()
  else:
    _taken = _keep_tensorflow_off_accelerators()
    _import_dopamine()
if _taken:
  warnings.warn(
    f'TensorFlow was initialised before and keeps {_taken}: import '
    'reincarnating_rl before TensorFlow is used.',
    stacklevel=2,
  )
