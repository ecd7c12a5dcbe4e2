"""Each patch is needed, right, and gone from the libraries it stands in for."""

import collections
import re

import numpy as np
import pytest
import threadpoolctl

from reincarnating_rl.compat import balloon_compat, balloon_stand_ins
from reincarnating_rl.support.errors import UserError
from tests import scripts

# Does without one patch after the other, each time from the beginning.
UNPATCHED = """
import contextlib, importlib, sys
import gin
import numpy as np
from reincarnating_rl.compat import balloon_compat as compat

gin.enter_interactive_mode()  # The same names come again.

PACKAGE = 'balloon_learning_environment'

def uncertainty():
  module = lambda name: importlib.import_module(PACKAGE + name)
  field = module('.env.wind_field').SimpleStaticWindField()
  model = module('.env.wind_gp').WindGP(field)
  zero = module('.utils.units').Distance(m=0.0)
  elapsed = module('.env.wind_field').dt.timedelta()
  wind = field.get_forecast(zero, zero, 6000.0, elapsed)
  model.observe(zero, zero, 6000.0, elapsed, wind)
  assert model.query_batch(np.zeros((3, 4)))[1].shape == (3,), 'per target'

class NoTensorflow:
  def find_spec(self, name, *_):
    assert name.split('.')[0] != 'tensorflow', 'TensorFlow'

def load_agent():
  compat._stand_ins = contextlib.nullcontext
  compat.load_agent.__wrapped__('station_seeker_agent')

def draw():
  module = importlib.import_module(PACKAGE + '.utils.sampling')
  module.tfp.distributions

def check(without, instead, then=lambda: None):
  for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
    del sys.modules[name]
  kept = getattr(compat, without)
  setattr(compat, without, instead)
  try:
    compat.load.__wrapped__()
    then()
    print(without, 'is not needed')
  except Exception as error:
    print(without, type(error).__name__, str(error).strip().splitlines()[0])
  setattr(compat, without, kept)

nothing = lambda: None
check('_old_interpolation', contextlib.nullcontext)
check('_make_units_hashable', nothing)
check('_hashable_dataclasses', contextlib.nullcontext)
check('_mend_regressions', nothing, uncertainty)
sys.meta_path.insert(0, NoTensorflow())
check('_stand_ins', contextlib.nullcontext)
# The environment with them, an agent without.
check('_stand_ins', compat._stand_ins, load_agent)
del sys.meta_path[0]
check('_draw_without_tensorflow_probability', nothing, draw)
"""


@pytest.mark.soak
def test_a_patch_that_is_no_longer_needed_should_go():
  done = scripts.run(UNPATCHED)
  assert done.returncode == 0, done.stderr
  found = [line.split(' ', 1) for line in done.stdout.splitlines()]
  expected = [
    ('_old_interpolation', 'NotImplementedError `interp2d` has been removed'),
    ('_make_units_hashable', 'ValueError mutable default .*units.* for field'),
    ('_hashable_dataclasses', 'ValueError mutable default .*FieldShape'),
    ('_mend_regressions', 'AssertionError per target'),
    ('_stand_ins', 'AssertionError TensorFlow'),
    ('_stand_ins', 'AssertionError TensorFlow'),
    ('_draw_without_tensorflow_probability', '.*pytype_aval_mappings'),
  ]
  for (name, error), (patch, pattern) in zip(found, expected, strict=True):
    assert name == patch
    assert re.match(pattern, error), f'{name}: {error}'


AFTER_LOADING = """
import dataclasses, sys
import scipy
def theirs():
  return (
    dataclasses.dataclass, scipy.interpolate, scipy.interpolate.interp2d,
  )
before = theirs()
from reincarnating_rl.compat import balloon_compat, balloon_stand_ins
assert 'jax' not in sys.modules and 'gym' not in sys.modules
import gin
gin.finalize()  # As it is when an experiment makes its game.
balloon_compat.load()
balloon_compat.load_agent('station_seeker_agent')
balloon_compat.load_agent('random_walk_agent')
assert gin.config_is_locked()
assert before == theirs()
assert 'tensorflow' not in sys.modules
assert 'balloon_learning_environment.models.models' not in sys.modules
assert 'balloon_learning_environment.env.rendering.renderer' not in sys.modules
assert 'flax.metrics.tensorboard' not in sys.modules
"""


@pytest.mark.slow
def test_loading_is_quiet_and_changes_nothing_for_others():
  done = scripts.run(AFTER_LOADING)
  assert (done.returncode, done.stdout, done.stderr) == (0, '', '')


def test_gin_tells_the_names_of_both_apart():
  import gin

  from reincarnating_rl.runner import factories  # noqa: F401

  balloon_compat.load_agent('random_walk_agent')
  package = 'balloon_learning_environment.'
  # The last part, which is enough while no other name ends so.
  names = collections.defaultdict(list)
  for name, _ in gin.config._REGISTRY.items():
    names[name.rsplit('.', 1)[-1]].append(name)
  theirs = {last for last, of in names.items() if of[0].startswith(package)}
  assert theirs == {
    *('BalloonEnv', 'perciatelli_reward_function', 'WindField'),
    *('PerciatelliFeatureConstructor', 'SimpleStaticWindField'),
    'RandomWalkAgent',
  }
  assert all(len(names[last]) == 1 for last in theirs)


@pytest.mark.parametrize(
  ('ratio', 'power', 'efficiency'),
  [
    # On the grid: the first and the last entries of the package's table.
    (1.05, 100.0, 0.4),
    (1.35, 400.0, 0.13),
    (1.1, 200.0, 0.3),
    # Between four entries: their mean.
    (1.0625, 150.0, (0.4 + 0.4 + 0.4 + 0.3) / 4),
    (1.3375, 350.0, (0.12 + 0.11 + 0.15 + 0.13) / 4),
    # Beyond it: the nearest value on the edge, where a line would go on.
    (1.0, 100.0, 0.4),
    (1.5, 400.0, 0.13),
    (1.5, 350.0, (0.11 + 0.13) / 2),
    (1.35, 1000.0, 0.13),
    (1.05, 0.0, 0.4),
  ],
)
def test_the_table_of_efficiencies(ratio, power, efficiency):
  balloon_compat.load()
  from balloon_learning_environment.env.balloon import acs
  from balloon_learning_environment.utils import units

  value = acs.get_fan_efficiency(ratio, units.Power(watts=power))
  assert type(value) is float
  assert value == pytest.approx(efficiency, abs=1e-12)


def test_a_table_gives_scalars():
  table = balloon_stand_ins.LinearTable([0, 1, 3], [0, 2], [1, 2, 4, 3, 4, 6])
  value = table(2.0, 1.0)
  assert value.shape == () and float(value) == pytest.approx(4.0)


def test_the_deviations_of_the_wind_are_one_a_row():
  balloon_compat.load()
  from balloon_learning_environment.env import wind_gp
  from sklearn import gaussian_process

  generator = np.random.default_rng(0)
  inputs, targets = generator.normal(size=(5, 4)), generator.normal(size=(5, 2))
  queries = generator.normal(size=(3, 4))
  kernel = gaussian_process.kernels.Matern(nu=0.5)
  answers = [
    module.GaussianProcessRegressor(kernel, alpha=0.05, optimizer=None)
    .fit(inputs, targets)
    .predict(queries, return_std=True)
    for module in (wind_gp.gaussian_process, gaussian_process)
  ]
  (means, deviations), (expected_means, expected) = answers
  np.testing.assert_array_equal(means, expected_means)
  for column in expected.T:
    np.testing.assert_array_equal(deviations, column)


def test_the_wind_is_computed_in_one_thread(monkeypatch):
  balloon_compat.load()
  from balloon_learning_environment.env import wind_gp

  def threads():
    found = threadpoolctl.threadpool_info()
    return {pool['num_threads'] for pool in found if pool['user_api'] == 'blas'}

  seen = []

  def call(*_, **__):
    seen.append(threads())
    return np.eye(2)

  kernel = wind_gp.gaussian_process.kernels.Matern()
  monkeypatch.setattr(type(kernel), '__call__', call)
  model = wind_gp.gaussian_process.GaussianProcessRegressor(
    kernel, optimizer=None
  )
  with threadpoolctl.threadpool_limits(2, user_api='blas'):
    before = threads()
    model.fit(np.eye(2), np.eye(2)).predict(np.eye(2))
    assert threads() == before == {2}
  assert len(seen) >= 2 and all(found == {1} for found in seen)


def test_the_distribution_is_tensorflow_probabilitys():
  import reincarnating_rl.compat.dopamine_compat  # noqa: F401, I001
  import jax
  from tensorflow_probability.substrates import jax as tfp

  for loc, scale in ((2, 315), (2.0, 0.5)):
    ours = balloon_stand_ins.LogitNormal(loc, scale)
    theirs = tfp.distributions.LogitNormal(loc, scale)
    for number in range(20):
      key = jax.random.PRNGKey(number)
      assert ours.sample(seed=key) == theirs.sample(seed=key)


def test_without_the_package(monkeypatch):
  def find_nothing(name):
    raise ModuleNotFoundError(f'No module named {name!r}')

  monkeypatch.setattr(balloon_compat.importlib, 'import_module', find_nothing)
  with pytest.raises(UserError, match=r'pip install .*\[balloon\]') as caught:
    balloon_compat.load.__wrapped__()
  assert '\n' not in str(caught.value)
