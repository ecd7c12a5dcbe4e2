"""A ring of steps with its states and the teacher's policy in them."""

import numpy as np

from reincarnating_rl.learner.types import Array
from reincarnating_rl.replay import frames
from reincarnating_rl.replay.step_ring import StepRing

_STEP = ('observation', 'action', 'reward')


class LabelledRing(StepRing):
  """Gathers states of stored steps and stores the teacher's policy there."""

  def add_episode(
    self,
    observations: np.ndarray,
    actions: np.ndarray,
    rewards: np.ndarray,
    *,
    terminal: bool,
    teacher_policy: np.ndarray | None = None,
  ) -> None:
    """Stores a whole episode; equals `add` for each step, but is faster.

    Args:
      observations: [T, *O].
      actions: [T] integers, or [T, D] floats in [-1, 1].
      rewards: [T].
      terminal: whether the episode ended in a terminal; False if it was cut.
      teacher_policy: [T, W], or None to `label` later.

    Raises:
      ValueError: shapes or dtypes do not fit, an episode is still open, or
        the teacher's policy is given but earlier steps lack it.
    """
    given = observations, actions, rewards
    rows = dict(zip(_STEP, map(np.asarray, given), strict=True))
    if teacher_policy is not None:
      rows['teacher_policy'] = np.asarray(teacher_policy)
    self.settings.check_rows(rows)
    if self.settings.num_lanes > 1:
      raise ValueError('Whole episodes are of one lane: add() the steps.')
    if any(self._next_episode_steps):
      raise ValueError('An episode is open: call truncate_episode() first.')
    if 'teacher_policy' in rows and self.labelled != self.next_step:
      raise ValueError('Earlier steps have no labels: label them first.')
    count, start = len(rows['action']), self.next_step
    steps = np.arange(count)
    rows['episode_step'] = steps
    rows['terminal'] = (steps == count - 1) & bool(terminal)
    rows.setdefault('teacher_policy', np.zeros((count, 1), np.float32))
    oldest = max(start + count - self.settings.capacity, 0)
    self._evict(oldest)
    self.write(start, rows)
    if teacher_policy is not None:
      self.labelled = start + count
    self.next_step = start + count
    whole = steps if terminal else steps[: max(count - self.settings.n_step, 0)]
    self.add_count += len(whole)
    is_kept = start + whole - self._padded(whole) >= oldest
    self._extend(start + whole[is_kept])

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

  @property
  def has_action(self) -> np.ndarray:
    """[T] bool, whether a stored step has an action, oldest first."""
    steps = np.arange(self.oldest_step, self.next_step)
    return ~np.isin(steps, self.without_action)

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
