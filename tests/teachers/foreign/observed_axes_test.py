"""Orders of axes, against what the libraries do with arrays."""

import numpy as np
import pytest

from reincarnating_rl.teachers.errors import MismatchedTeacherError
from reincarnating_rl.teachers.foreign import observed_axes

# By observations *O, stack S and how a library shows the S observations.
_SEEN = {
  'as it is': ((2, 3, 5), 1, lambda o: o[0]),
  'a vector': ((3,), 1, lambda o: o[0]),
  'stacked vectors': ((3,), 2, np.concatenate),
  'a list of vectors': ((3,), 2, np.stack),
  'grey images': ((4, 3), 2, np.stack),
  'grey images side by side': ((4, 3), 2, lambda o: np.concatenate(o, -1)),
  'an image turned': ((4, 3, 2), 1, lambda o: o[0].transpose(2, 0, 1)),
  'images turned': (
    (4, 3, 2),
    3,
    lambda o: np.concatenate(o, -1).transpose(2, 0, 1),
  ),
  'images': ((4, 3, 2), 3, lambda o: np.concatenate(o, -1)),
  'images of planes': ((4, 3, 2), 3, np.concatenate),
  'a list of images': ((4, 3, 2), 3, np.stack),
}


@pytest.mark.parametrize('name', _SEEN)
def test_the_same_numbers_in_the_order_of_a_state(name):
  shape, stack, show = _SEEN[name]
  state = np.random.default_rng(0).normal(size=(*shape, stack))
  seen = show([state[..., s] for s in range(stack)])
  axes = observed_axes.find(seen.shape, state.shape)
  assert axes is not None
  np.testing.assert_array_equal(
    observed_axes.to_state(seen, axes, state.shape), state
  )
  kernel = np.random.default_rng(1).normal(size=(state.size, 2))
  flat = observed_axes.flattened(kernel, axes, state.shape)
  np.testing.assert_allclose(
    state.reshape(-1) @ flat, seen.reshape(-1) @ kernel, rtol=1e-9
  )


@pytest.mark.parametrize(
  ('shape', 'state_shape'),
  [((3,), (3, 2)), ((84, 84), (84, 84, 4)), ((3, 4, 2), (4, 3, 2, 1))],
)
def test_other_observations(shape, state_shape):
  assert observed_axes.find(shape, state_shape) is None


def test_what_can_be_two_things_is_not_guessed():
  with pytest.raises(MismatchedTeacherError, match='in 2 ways'):
    observed_axes.find((4, 4, 4), (4, 4, 2, 2))
  # Stacked grey images that keep an axis of one, turned or not.
  with pytest.raises(MismatchedTeacherError, match='in 2 ways'):
    observed_axes.find((4, 4, 4), (4, 4, 1, 4))
  # A stack of cubes, turned or with its channels first.
  with pytest.raises(MismatchedTeacherError, match='in 2 ways'):
    observed_axes.find((8, 4, 4), (4, 4, 4, 2))
  assert observed_axes.find((2, 2, 2), (2, 2, 2, 1)) == (3, 0, 1, 2)


def test_channels_of_a_stack_of_images():
  """A convolution of [S, C] channels takes [C, S] as well."""
  rng = np.random.default_rng(0)
  state, kernel = rng.normal(size=(1, 1, 3, 2)), rng.normal(size=(1, 1, 6, 5))
  seen = np.concatenate([state[..., 0], state[..., 1]], axis=-1)
  ordered = observed_axes.stack_last(kernel, state.shape)
  np.testing.assert_allclose(
    state.reshape(6) @ ordered[0, 0], seen.reshape(6) @ kernel[0, 0]
  )
  assert observed_axes.stack_last(kernel, (1, 1, 6)) is kernel
