"""A teacher that is cloned from data, before the student learns from it."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from reincarnating_rl.learner import cloning
from reincarnating_rl.learner.types import (
  Array,
  Batch,
  LearnerState,
  Params,
  Weights,
)
from reincarnating_rl.learner.update import make_scanned_update
from reincarnating_rl.replay import device_view
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.runner import bars, teacher_data
from reincarnating_rl.support.errors import DivergedError, UserError
from reincarnating_rl.teachers import clone
from reincarnating_rl.teachers.clone import CloneSettings
from reincarnating_rl.teachers.description import Description

_MOST_HELD_OUT = 10_000  # Steps that a look is at: enough for two digits.
_AT_ONCE = 500


class Cloned(NamedTuple):
  """A clone, and how it came to be."""

  params: Params
  told: dict[str, Any]  # JSON-able


class Split(NamedTuple):
  """Steps to train on and to look at, whole episodes of each."""

  trained: np.ndarray
  held_out: np.ndarray


def train(
  store: FrameStore,
  description: Description,
  settings: CloneSettings,
  distribution: str | None,
) -> Cloned:
  """Trains a clone, up to where it is best on episodes that it never saw.

  Equal data and settings give an equal clone.

  Args:
    store: the data; of its steps, those with an action are learnt from.
    description: of the clone's network.
    settings: of the clone.
    distribution: one of `learner.cloning.DISTRIBUTIONS`.

  Raises:
    UserError: the data are too few.
    DivergedError: training diverges.
  """
  rng = np.random.default_rng(0)
  split = _split(store, settings.held_out, rng)
  stack_size = store.settings.stack_size
  network = clone.make_network(description, store.settings.actions)
  loss = cloning.make_loss(clone.policy_of(description, network), distribution)
  gather = functools.partial(device_view.gather, stack_size=stack_size)
  data = device_view.device_view(store)
  optimizer = optax.adam(1.0)
  run = make_scanned_update(cloning.make_update(loss, optimizer), gather)
  look = make_look(loss, gather)
  params = _initial(store, network, split.trained)
  state = LearnerState(params, {}, optimizer.init(params), jnp.zeros(0))
  weights = Weights({}, jnp.float32(settings.learning_rate))
  best = _Best(split.held_out, functools.partial(look, data), settings.patience)
  chunk = min(teacher_data.chunk_limit(), settings.check_period)
  done = 0
  with bars.passing(
    'clone the data', 'updates', total=settings.num_updates
  ) as bar:
    best.look(done, state.params)
    while done < settings.num_updates and not best.is_stale:
      until = min(done + settings.check_period, settings.num_updates)
      while done < until:
        shape = min(chunk, until - done), settings.batch_size
        slots = split.trained[rng.integers(len(split.trained), size=shape)]
        state, _ = run(state, data, slots, weights)
        done += len(slots)
        bar.update(len(slots))
      best.look(done, state.params)
      bar.set_postfix_str(f'held-out loss {best.newest:.3g}')
  told = {
    'updates': best.at,
    'updates_made': done,
    'held_out_loss': best.loss,
    'held_out_steps': len(split.held_out),
    'trained_steps': len(split.trained),
  }
  return Cloned(best.params, told)


def make_look(
  loss: cloning.Loss, gather: Callable[..., Batch]
) -> Callable[..., Array]:
  """Returns `(data, slots[N], params) -> losses[N]`, compiled.

  Args:
    loss: of the clone.
    gather: `(data, slots) -> batch`.
  """
  return jax.jit(lambda data, slots, params: loss(params, gather(data, slots)))


class _Best:
  """The parameters that did best on what was held out."""

  def __init__(self, slots: np.ndarray, look: Any, patience: int) -> None:
    every = -(-len(slots) // _MOST_HELD_OUT)
    self._slots, self._look, self._patience = slots[::every], look, patience
    self._since = 0
    self.loss, self.newest, self.at = np.inf, np.inf, 0
    self.params: Params = {}

  @property
  def is_stale(self) -> bool:
    """Whether nothing became better for as long as patience lasts."""
    return self._since >= self._patience

  def look(self, at: int, params: Params) -> None:
    """Measures parameters after so many updates, and keeps the best."""
    starts = range(0, len(self._slots), _AT_ONCE)
    losses = [
      np.asarray(self._look(self._slots[start : start + _AT_ONCE], params))
      for start in starts
    ]
    self.newest = float(np.mean(np.concatenate(losses), dtype=np.float64))
    if not np.isfinite(self.newest):
      raise DivergedError(
        f"The clone's loss is {self.newest} after {at} updates: lower "
        'Clone.learning_rate.'
      )
    self._since += 1
    if self.newest < self.loss:
      self.loss, self.at, self._since = self.newest, at, 0
      # A copy: the next update takes over this memory.
      self.params = jax.tree.map(np.array, params)


def _split(store: FrameStore, share: float, rng: np.random.Generator) -> Split:
  """Holds out some episodes; of a single one, its end."""
  steps = np.arange(store.next_step)
  age = store.columns['episode_step'][steps]
  # Of an episode whose start is gone, the first states cannot be made.
  is_known = steps >= np.minimum(age, store.settings.stack_size - 1)
  is_known &= store.has_action
  episode = np.cumsum(np.append(0, age[1:] == 0)) if len(steps) else steps
  number = int(episode[-1]) + 1 if len(steps) else 0
  if number > 1:
    count = min(max(round(number * share), 1), number - 1)
    is_held = np.isin(episode, rng.permutation(number)[:count])
  else:
    is_held = steps >= len(steps) * (1.0 - share)
  split = Split(steps[is_known & ~is_held], steps[is_known & is_held])
  if not all(map(len, split)):
    raise UserError(
      f'The data have {len(steps)} steps, too few to clone a policy from and '
      'to hold some out (Clone.held_out).'
    )
  return split


def _initial(store: FrameStore, network: Any, slots: np.ndarray) -> Params:
  settings = store.settings
  shape = (*settings.observation_shape, settings.stack_size)
  statistics = {}
  if network.normalized:
    statistics = clone.observation_statistics(
      store.columns['observation'][slots], settings.stack_size
    )
  state = np.zeros(shape, settings.observation_dtype)
  params = clone.initial(network, state, statistics)
  return jax.tree.map(jnp.asarray, params)
