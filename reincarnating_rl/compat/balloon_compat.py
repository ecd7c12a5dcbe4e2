"""Makes the published Balloon Learning Environment 1.0.1 importable.

Nothing happens before `load` is called. Each patch touches that package alone,
or lasts no longer than the import that needs it; each names what would retire
it, and `tests/compat/balloon_compat_test.py` fails when it is no longer needed.
"""

import contextlib
import dataclasses
import functools
import importlib
import importlib.resources
import io
import sys
import types
import warnings
from collections.abc import Iterator
from typing import Any

from reincarnating_rl.compat.balloon_stand_ins import LinearTable, LogitNormal
from reincarnating_rl.support import errors

_PACKAGE = 'balloon_learning_environment'
INSTALL = "pip install -e '.[balloon]'"


@functools.cache
def load() -> types.ModuleType:
  """Imports the package's environment, without TensorFlow.

  Returns:
    The module `balloon_learning_environment.env.balloon_env`.

  Raises:
    UserError: the package or something that it imports is not installed.
  """
  try:
    with _quiet():
      importlib.import_module('gym')  # Prints a notice.
      with _old_interpolation():
        _import('env.balloon.acs')
      _make_units_hashable()
      with _hashable_dataclasses():
        _import('generative.vae')
      _mend_regressions()
      _draw_without_tensorflow_probability()
      with _stand_ins():
        return _import('env.balloon_env')
  except ModuleNotFoundError as error:
    raise errors.UserError(
      f'The Balloon Learning Environment cannot be imported ({error}): '
      f'{INSTALL}'
    ) from error


@functools.cache
def load_agent(name: str) -> types.ModuleType:
  """Imports one of the package's agents, without TensorFlow.

  Args:
    name: of its module, such as 'station_seeker_agent'.

  Returns:
    The module.

  Raises:
    UserError: the package or something that it imports is not installed.
  """
  load()
  with _quiet(), _stand_ins():
    return _import(f'agents.{name}')


def _import(name: str) -> types.ModuleType:
  import gin

  # It registers names, which gin forbids once it has read a configuration.
  with gin.unlock_config():
    return importlib.import_module(f'{_PACKAGE}.{name}')


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
  """Keeps import-time notices off the screen; exceptions still come through."""
  with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
    warnings.simplefilter('ignore')
    yield


@contextlib.contextmanager
def _replaced(
  module: types.ModuleType, name: str, value: Any
) -> Iterator[None]:
  """Has `module.name` be `value`, for a while."""
  before = getattr(module, name)
  setattr(module, name, value)
  try:
    yield
  finally:
    setattr(module, name, before)


def _old_interpolation() -> contextlib.AbstractContextManager:
  """Gives back the names of SciPy before 1.14 that one module asks for.

  A package that reads its efficiency table by another class would retire it.
  """
  import scipy.interpolate

  old = types.SimpleNamespace(
    interp1d=scipy.interpolate.interp1d, interp2d=LinearTable
  )
  old.interpolate = old  # Annotations name a module that SciPy 2 has not.
  return _replaced(scipy, 'interpolate', old)


def _make_units_hashable() -> None:
  """Lets units be defaults of dataclasses.

  Python 3.11 takes any default without a hash for a mutable one. Fields with
  factories, or units with a hash, would retire it.
  """
  units = _import('utils.units')
  for kind in (units.Distance, units.Energy, units.Power):
    if kind.__hash__ is None:
      kind.__hash__ = object.__hash__


def _hashable_dataclasses() -> contextlib.AbstractContextManager:
  """Does the same for a dataclass that is the default of another."""
  original = dataclasses.dataclass

  def dataclass(cls: type | None = None, /, **options: Any) -> Any:
    if cls is not None and cls.__module__.startswith(_PACKAGE):
      options.setdefault('unsafe_hash', True)
    return original(cls, **options)

  return _replaced(dataclasses, 'dataclass', dataclass)


def _mend_regressions() -> None:
  """Gives the wind's Gaussian process the deviations that it expects.

  Since scikit-learn 1.1 there is one for each target, [N, 2] here, equal in a
  row; the package squares [N]. A package that takes the former would retire it.

  It computes in one thread: matrices of some hundred rows cost BLAS more to
  spread than to work on, and results do not depend on the number of cores.
  """
  import threadpoolctl

  module = _import('env.wind_gp')
  theirs = module.gaussian_process
  threads = threadpoolctl.ThreadpoolController()

  class Regressor(theirs.GaussianProcessRegressor):
    def fit(self, X: Any, y: Any) -> Any:  # noqa: N803
      with threads.limit(limits=1):
        return super().fit(X, y)

    def predict(self, X: Any, return_std: bool = False) -> Any:  # noqa: N803
      with threads.limit(limits=1):
        answer = super().predict(X, return_std=return_std)
      if return_std and answer[1].ndim == 2:
        return answer[0], answer[1][:, 0]
      return answer

  module.gaussian_process = types.SimpleNamespace(
    kernels=theirs.kernels, GaussianProcessRegressor=Regressor
  )


def _draw_without_tensorflow_probability() -> None:
  _import('utils.sampling').tfp = types.SimpleNamespace(
    distributions=types.SimpleNamespace(LogitNormal=LogitNormal)
  )


def _read_wind_decoder() -> bytes:
  files = importlib.resources.files(f'{_PACKAGE}.models')
  return files.joinpath('offlineskies22_decoder.msgpack').read_bytes()


@contextlib.contextmanager
def _stand_ins() -> Iterator[None]:
  """Stands in for three modules that import TensorFlow and are hardly used.

  Of one, the environment wants the bytes of a file; of the others, it and its
  agents want the name of a class for an annotation. Whoever imports them later
  gets the real ones. Imports within functions would retire it.
  """
  models = types.ModuleType('models')
  models.load_offlineskies22 = _read_wind_decoder
  renderer = types.ModuleType('renderer')
  renderer.Renderer = object
  tensorboard = types.ModuleType('tensorboard')
  tensorboard.SummaryWriter = object
  names = {
    f'{_PACKAGE}.models.models': models,
    f'{_PACKAGE}.env.rendering.renderer': renderer,
    'flax.metrics.tensorboard': tensorboard,
  }
  names = {k: v for k, v in names.items() if k not in sys.modules}
  sys.modules.update(names)
  try:
    yield
  finally:
    for name in names:
      del sys.modules[name]
