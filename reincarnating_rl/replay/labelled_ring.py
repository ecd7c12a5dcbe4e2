"""A ring of steps with its states and the teacher's policy in them."""

import numpy as np

from reincarnating_rl.learner.types import Array
from reincarnating_rl.replay import frames
from reincarnating_rl.replay.step_ring import StepRing


class LabelledRing(StepRing):
  """Gathers states of stored steps and stores the teacher's policy there."""

  def slots(self, keys: np.ndarray) -> np.ndarray:
    """Returns the slots of some keys, as int64.

    Raises:
      ValueError: a key names a step that is not stored.
    """
    keys = np.asarray(keys, np.int64)
    oldest, newest = self.oldest_step, self.next_step - 1
    if keys.size and not oldest <= keys.min() <= keys.max() <= newest:
      raise ValueError(
        f'The replay holds steps {oldest} to {newest}, not {keys.min()} to '
        f'{keys.max()}: sample keys again after adding.'
      )
    return keys % self.settings.capacity

  def unlabelled(self) -> np.ndarray:
    """Returns the keys of the stored states that lack labels, in order.

    Returns:
      [N] int64; consecutive. Empty for a store without a teacher.
    """
    if not self.settings.policy_size:
      return np.zeros(0, np.int64)
    return np.arange(self._first_unlabelled(), self.next_step)

  def _first_unlabelled(self) -> int:
    # A state whose first frames were overwritten is in no element.
    first, oldest = self.labelled, self.oldest_step
    lost = self.settings.stack_size * self.settings.num_lanes
    newest = min(oldest + lost, self.next_step)
    steps = np.arange(oldest, newest)
    if oldest and first < oldest + len(steps):
      depth = self._padded(self.columns['episode_step'][self.slots(steps)])
      first = max(first, int(steps[np.argmax(steps - depth >= oldest)]))
    return first

  def states(self, keys: np.ndarray) -> np.ndarray:
    """Returns the states [B, *O, S] of some keys, such as `unlabelled`.

    Raises:
      ValueError: a key names a step that is not stored.
    """
    return self._stacks(self.slots(keys))

  def label(self, keys: np.ndarray, policy: Array) -> None:
    """Stores the teacher's policy in the first unlabelled states.

    Args:
      keys: [B], the first keys of `unlabelled`.
      policy: [B, W], logits or the parameters of a distribution.

    Raises:
      ValueError: the keys are others, or the policy has another shape.
    """
    shape = (len(keys), self.settings.policy_size)
    if np.shape(policy) != shape:
      raise ValueError(f'The policy must be {shape}, not {np.shape(policy)}.')
    first = self._first_unlabelled()
    if not np.array_equal(keys, np.arange(first, first + len(keys))):
      raise ValueError('Label the first of the unlabelled() keys, in order.')
    self.columns['teacher_policy'][self.slots(keys)] = policy
    self.labelled = first + len(keys)

  def _stacks(self, slots: np.ndarray) -> np.ndarray:
    return frames.stacks(
      self.columns['observation'],
      self.columns['episode_step'],
      slots,
      self.settings.stack_size,
      stride=self.settings.num_lanes,
      empty=self._memory.empty,
    )
