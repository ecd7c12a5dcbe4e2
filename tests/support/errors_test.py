"""Names that a user may have meant."""

import pytest

from reincarnating_rl.support import errors

NAMES = ['Breakout', 'pong', 'Space Invaders']


@pytest.mark.parametrize(
  ('name', 'near'),
  [
    ('Brekout', 'Breakout'),
    ('BREAKOUT', 'Breakout'),
    ('Pong', 'pong'),
    ('chess', None),
    ('', None),
  ],
)
def test_the_nearest_name(name, near):
  assert errors.nearest(name, NAMES) == near
  hint = f' Did you mean {near}?' if near else ''
  assert errors.did_you_mean(name, NAMES) == hint


def test_how_alike_names_must_be():
  assert errors.nearest('space', NAMES) is None
  assert errors.nearest('space', NAMES, cutoff=0.4) == 'Space Invaders'


def test_a_name_that_is_picked_must_be_there():
  options = {'adam': 1, 'rmsprop': 2}
  assert errors.pick('optimizer', options, 'adam') == 1
  with pytest.raises(errors.UnknownNameError) as caught:
    errors.pick('optimizer', options, 'rmsprp')
  assert str(caught.value) == (
    "Unknown optimizer 'rmsprp': choose one of adam, rmsprop. Did you mean "
    'rmsprop?'
  )


def test_a_setting_is_one_of_its_choices():
  errors.check_choice('Runner.mode', 'b', {'a': 1, 'b': 2})
  with pytest.raises(
    errors.UserError, match=r"^Runner.mode is 'c': choose one of a, b\.$"
  ):
    errors.check_choice('Runner.mode', 'c', ('a', 'b'))
