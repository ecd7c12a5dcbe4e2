"""Augmentation: what moves, how far, and what is left alone."""

import jax
import jax.numpy as jnp
import numpy as np

from reincarnating_rl.learner import augmentation
from reincarnating_rl.learner.types import (
  Batch,
  Lookahead,
  Report,
  UpdateKeys,
  Weights,
)

KEY = jax.random.PRNGKey(0)


def test_a_shift_reaches_every_offset_and_repeats_the_edges():
  image = np.arange(36, dtype=np.uint8).reshape(6, 6, 1)
  padded = np.pad(image[..., 0], 2, mode='edge')
  windows = {
    padded[r : r + 6, c : c + 6].tobytes(): (r, c)
    for r in range(5)
    for c in range(5)
  }
  shift = jax.jit(lambda k: augmentation.random_shift(k, image, pad=2))
  seen = set()
  for key in jax.random.split(KEY, 400):
    shifted = np.asarray(shift(key))
    assert shifted.dtype == np.uint8
    seen.add(windows[shifted[..., 0].tobytes()])
  assert len(seen) == 25


def test_all_frames_of_a_state_move_alike():
  frame = np.random.default_rng(0).integers(0, 256, (9, 9, 1), np.uint8)
  shifted = augmentation.random_shift(KEY, np.repeat(frame, 4, axis=-1))
  np.testing.assert_array_equal(shifted, np.repeat(shifted[..., :1], 4, -1))


def test_intensity_is_one_clipped_factor_for_a_state():
  state = jnp.full((3, 3, 2), 100, jnp.uint8)
  factors = []
  for key in jax.random.split(KEY, 200):
    scaled = np.asarray(augmentation.random_intensity(key, state))
    assert np.ptp(scaled) == 0.0
    factors.append(scaled[0, 0, 0] / 100)
  assert 0.9 - 1e-6 <= min(factors) < 0.91
  assert 1.09 < max(factors) <= 1.1 + 1e-6
  assert abs(np.mean(factors) - 1.0) < 0.02


def test_each_state_of_a_batch_is_shifted_and_scaled_by_itself():
  image = np.random.default_rng(2).integers(1, 256, (12, 12, 1), np.uint8)
  one, other = augmentation.augment(KEY, np.stack([image, image]))
  assert not np.array_equal(one, other)
  # They are no factor apart: the shifts differ too.
  assert np.ptp(one / other) > 0.1


def test_augmentation_draws_on_no_key_of_the_noise(monkeypatch):
  seen = []

  def objective(params, target_params, batch, weights, keys):
    seen.append(keys)
    return jnp.zeros(()), Report(jnp.zeros(2), {})

  drawn = []
  monkeypatch.setattr(
    augmentation, 'augment', lambda key, states: drawn.append(key) or states
  )
  keys = UpdateKeys(*jax.random.split(KEY))
  batch = Batch(*(jnp.zeros(2),) * 8)
  weights = Weights({}, 1.0)
  augmentation.augmented(objective)({}, {}, batch, weights, keys)
  assert seen == [keys]
  noise = {
    tuple(part.tolist())
    for key in keys
    for part in (key, *jax.random.split(key, 8))
  }
  assert len(noise) == 18
  assert not noise & {tuple(key.tolist()) for key in drawn}
  assert not np.array_equal(*drawn)


def test_an_augmented_objective_sees_other_states_and_the_same_logits():
  rng = np.random.default_rng(1)
  states = rng.integers(0, 256, (2, 12, 12, 4), np.uint8)
  rows = jnp.arange(2)
  batch = Batch(*(states, rows, rows, rows, states, rows, rows, rows))
  seen = []

  def objective(params, target_params, batch, weights, keys):
    seen.append(batch)
    return jnp.zeros(()), Report(jnp.zeros(2), {})

  keys = UpdateKeys(*jax.random.split(KEY))
  augmentation.augmented(objective)({}, {}, batch, Weights({}, 1.0), keys)
  assert seen[0].state.shape == states.shape
  for one, other in (
    (seen[0].state[0], states[0]),
    (seen[0].state[0], seen[0].next_state[0]),
  ):
    assert not np.array_equal(one, other)
  assert seen[0].teacher_policy is rows


def test_the_states_of_a_second_horizon_are_augmented_too():
  states = np.random.default_rng(1).integers(0, 256, (2, 12, 12, 4), np.uint8)
  rows = jnp.arange(2)
  batch = Batch(
    *(states, rows, rows, rows, states, rows, rows, rows),
    second=Lookahead(rows, rows, states),
  )
  seen = []

  def objective(params, target_params, batch, weights, keys):
    seen.append(batch)
    return jnp.zeros(()), Report(jnp.zeros(2), {})

  keys = UpdateKeys(*jax.random.split(KEY))
  augmentation.augmented(objective)({}, {}, batch, Weights({}, 1.0), keys)
  second = seen[0].second.next_state
  assert second.shape == states.shape
  assert not np.array_equal(second, states)
  assert not np.array_equal(second, seen[0].next_state)
