"""What may not change when a run is resumed, and what is told of it."""

import platform

import gin
import jax
import numpy as np
import pytest

from reincarnating_rl.runner import identity
from reincarnating_rl.support.errors import UserError

HERE = {'iteration': 0}


@gin.configurable(module='identity_test')
def called(size=1, name='a'):
  return size, name


def stretch(command=None, counters=HERE):
  return identity.stretch(command, counters)


def test_an_equal_identity_passes():
  identity.check({'seed': 1, 'teacher': None}, {'teacher': None, 'seed': 1}, '')


@pytest.mark.parametrize(
  ('found', 'expected', 'message'),
  [
    ({'seed': 1}, {'seed': 2}, '/runs/1 holds a run with seed = 1, and now it'),
    ({'a': 1, 'b': 1}, {'a': 1, 'b': 2}, 'b = 1, and now it is 2: restore the'),
    ({}, {'game': 'Pong'}, 'game = unset, and now it is Pong: .* --base_dir'),
    ({'game': 'Pong'}, {}, 'and now it is unset: .* run of another version'),
    # The user has changed these, and no version.
    ({}, {'Runner.a': '5'}, r'now it is 5: restore the old setting.*dir\.$'),
    (
      {'iteration 1': '9 steps of online'},
      {},
      r'now it is unset: restore the old Runner\.num_iterations, .*_dir\.$',
    ),
    (
      {'offline iterations': 3},
      {},
      r'restore the old RunnerWithTeacher\.num_pretraining_iter.*_dir\.$',
    ),
  ],
)
def test_another_identity_is_named(found, expected, message):
  with pytest.raises(UserError, match=message):
    identity.check(found, expected, '/runs/1')


def test_settings_that_gin_handed_out_are_operative():
  gin.parse_config('identity_test.called.size = 5')
  assert identity.operative_settings() == {}
  called()
  assert identity.operative_settings() == {
    'called.size': '5',
    'called.name': "'a'",
  }


def test_macros_of_macros_are_written_out():
  gin.parse_config(
    """
    one = 3
    two = %one
    identity_test.called.size = %two
    """
  )
  called()
  assert identity.operative_settings()['called.size'] == '3'


def test_scopes_are_told_apart_and_macros_are_written_out():
  gin.parse_config(
    """
    identity_test.called.size = %some
    here/identity_test.called.size = 2
    some = 7
    """
  )
  called()
  with gin.config_scope('here'):
    called()
  assert identity.operative_settings() == {
    'called.size': '7',
    'called.name': "'a'",
    'here/called.size': '2',
    'here/called.name': "'a'",
  }


def test_a_stretch_holds_the_configuration_that_was_in_use():
  gin.parse_config('identity_test.called.size = 5')
  assert 'called.size' not in stretch()['gin']
  called()
  assert 'called.size = 5' in stretch()['gin']


def test_a_stretch_says_what_it_ran_on():
  found = stretch('python ...')
  assert found['command'] == 'python ...'
  assert found['from'] == HERE
  assert found['backend'] == jax.default_backend()
  assert found['python'] == platform.python_version()
  assert found['versions']['numpy'] == np.__version__


def test_a_package_that_is_not_installed_has_no_version(monkeypatch):
  packages = ('numpy', 'no-such-package-anywhere')
  monkeypatch.setattr(identity, '_PACKAGES', packages)
  expected = {'numpy': np.__version__, 'no-such-package-anywhere': None}
  assert stretch()['versions'] == expected


def test_to_go_on_as_before_adds_no_stretch():
  first = stretch('a')
  assert identity.with_stretch([], first) == [first]
  later = stretch('a', {'iteration': 3})
  assert identity.with_stretch([first], later) == [first]


@pytest.mark.parametrize('what', ['command', 'gin', 'versions', 'backend'])
def test_another_command_or_version_adds_a_stretch(what):
  first = stretch('a')
  other = stretch('a', {'iteration': 3}) | {what: 'another'}
  assert identity.with_stretch([first], other) == [first, other]
  # To go back is another stretch again.
  back = stretch('a', {'iteration': 4})
  assert identity.with_stretch([first, other], back) == [first, other, back]
