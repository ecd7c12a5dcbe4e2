"""Where parameters are in what training scripts save."""

import time

import numpy as np
import pytest

from reincarnating_rl.support.errors import DamagedFileError
from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign import state_dict_search

_ONE, _TWO = np.ones(1), np.ones(2)


@pytest.mark.parametrize(
  'saved',
  [
    {'a.weight': _ONE, 'b.weight': _TWO},
    {'a.weight': _ONE, 'b.weight': _TWO, 'version': 3},
    {'state_dict': {'a.weight': _ONE, 'b.weight': _TWO}, 'step': np.array(3)},
    {'state_dict': {'a': {'weight': _ONE}, 'b.weight': _TWO}},
    {'unheard_of': {'a.weight': _ONE, 'b.weight': _TWO}, 'args': {'x': 1}},
    {'module.a.weight': _ONE, 'module.b.weight': _TWO},
    {'_orig_mod.module.a.weight': _ONE, '_orig_mod.module.b.weight': _TWO},
    {'a._orig_mod.weight': _ONE, 'b.weight': _TWO},
  ],
)
def test_parameters_are_found(saved):
  found = state_dict_search.find(saved, 'x.pt')
  assert found == {'a.weight': _ONE, 'b.weight': _TWO}


def test_modules_of_that_name_are_left_alone():
  saved = {'module.a': _ONE, 'b': _TWO, '_orig_mod.b': _TWO}
  assert state_dict_search.find(saved, 'x.pt').keys() == saved.keys()


@pytest.mark.parametrize(
  'saved',
  [[], None, {}, {'a': 1}, {'first': {'a': _ONE}, 'second': {'a': _ONE}}],
)
def test_what_holds_none_or_several_is_told(saved):
  with pytest.raises(DamagedFileError, match='x.pt holds no parameters of one'):
    state_dict_search.find(saved, 'x.pt')


_RUNNING = {'running_mean': _TWO, 'running_variance': _TWO}


@pytest.mark.parametrize(
  ('beside', 'name'),
  [
    ({'state_preprocessor': _RUNNING}, 'state_preprocessor.running_mean'),
    ({'scaler': {**_RUNNING, 'count': _ONE}}, 'scaler.running_mean'),
    ({'critic': {'a': _ONE}, 'mean': _TWO, 'std': _TWO}, 'mean'),
    ({'normal': {'_mean': _TWO, '_std': _TWO}}, 'normal._mean'),
    ({'ob_rms': [1.0, 2.0]}, 'ob_rms'),
    ({'value_preprocessor': _RUNNING}, None),
    ({'critic': {'a.running_mean': _TWO, 'a.running_var': _TWO}}, None),
    ({'b': {**_RUNNING, 'running_var': _TWO, 'weight': _TWO}}, None),
    ({'scores': {'mean': np.array(1.0), 'std': np.array(2.0)}}, None),
    ({'optimizer': {'state': {'0': {'exp_avg': _TWO}}}}, None),
  ],
)
def test_statistics_beside_parameters_are_told(beside, name):
  saved = {'policy': {'a.weight': _ONE}, **beside}
  found = state_dict_search.find(saved, 'x.pt')
  if name is None:
    state_dict_search.check_no_statistics(saved, found, 'x.pt')
    return
  with pytest.raises(
    MismatchedTeacherError, match=f"'{name}', which would not"
  ):
    state_dict_search.check_no_statistics(saved, found, 'x.pt')


def test_repeated_and_endless_branches():
  endless = {'a': _ONE}
  endless['again'] = endless
  assert 0 < len(state_dict_search.flatten(endless, 'x.pt')) < 20
  branch = {'a': _ONE}
  for _ in range(15):
    branch = {f'b{i}': branch for i in range(20)}
  start = time.monotonic()
  with pytest.raises(DamagedFileError, match='more than 100000 values'):
    state_dict_search.flatten(branch, 'x.pt')
  assert time.monotonic() - start < 10
