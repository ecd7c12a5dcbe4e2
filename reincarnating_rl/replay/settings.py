"""Checked settings of a replay."""

import operator
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np

from reincarnating_rl.learner import actions
from reincarnating_rl.learner.actions import Actions, Discrete
from reincarnating_rl.support.errors import UserError

_COLUMNS = {
  'reward': np.float32,
  'terminal': np.bool_,
  'episode_step': np.int32,
}


class ReplaySettingError(UserError, ValueError):
  """A replay setting has a wrong type or is out of its range."""


class ReplaySettings(NamedTuple):
  """Shape and size of a replay; make one by `checked`."""

  capacity: int  # frames
  observation_shape: tuple[int, ...]  # *O
  observation_dtype: np.dtype
  stack_size: int  # S
  n_step: int
  gamma: float  # discount of one step
  actions: Actions
  policy_size: int  # W, numbers of a teacher's policy; 0 without a teacher
  second_n_step: int | None = None  # also sampled as `Batch.second`
  num_lanes: int = 1  # L, environments whose steps take turns

  @classmethod
  def checked(cls, **settings: Any) -> Self:
    """Returns settings of the right types.

    Args:
      **settings: the fields.

    Raises:
      ReplaySettingError: a field is out of its range; the message names it.
    """
    try:
      made = cls(
        operator.index(settings.pop('capacity')),
        tuple(map(operator.index, settings.pop('observation_shape'))),
        np.dtype(settings.pop('observation_dtype')),
        operator.index(settings.pop('stack_size')),
        operator.index(settings.pop('n_step')),
        float(settings.pop('gamma')),
        settings.pop('actions'),
        operator.index(settings.pop('policy_size')),
        _optional_index(settings.pop('second_n_step', None)),
        operator.index(settings.pop('num_lanes', 1)),
      )
    except (TypeError, ValueError) as error:
      raise ReplaySettingError(
        f'A replay setting has the wrong type: {error}.'
      ) from error
    made._check_ranges()
    return made

  def _check_ranges(self) -> None:
    least = (self.stack_size + self.n_step) * self.num_lanes
    for is_right, name, rule in (
      (isinstance(self.actions, Actions), 'actions', 'Discrete or Continuous'),
      (self.stack_size >= 1, 'stack_size', 'at least 1'),
      (self.n_step >= 1, 'n_step', 'at least 1'),
      (self.policy_size >= 0, 'policy_size', 'at least 0'),
      (self.num_lanes >= 1, 'num_lanes', 'at least 1'),
      (
        self.second_n_step is None or self.second_n_step >= 1,
        'second_n_step',
        'None or at least 1',
      ),
      (0.0 <= self.gamma <= 1.0, 'gamma', 'between 0 and 1'),
      (
        self.capacity > least,
        'capacity',
        f'more than stack_size + n_step = {least} frames'
        if self.num_lanes == 1
        else f'more than {least} frames, (stack_size + n_step) * num_lanes',
      ),
      (
        all(size > 0 for size in self.observation_shape),
        'observation_shape',
        'of positive sizes',
      ),
      (
        self.observation_dtype.kind in 'biuf',
        'observation_dtype',
        'a boolean or number type',
      ),
    ):
      if not is_right:
        raise ReplaySettingError(
          f'{name} of a replay must be {rule}, not {getattr(self, name)}.'
        )

  def column_layout(self) -> dict[str, tuple[np.dtype, tuple[int, ...]]]:
    """Returns type and shape of one step in each column."""
    layout = {name: (np.dtype(dtype), ()) for name, dtype in _COLUMNS.items()}
    layout['observation'] = self.observation_dtype, self.observation_shape
    layout['action'] = self.actions.dtype, self.actions.shape
    layout['teacher_policy'] = np.dtype(np.float32), (self.policy_size,)
    return layout

  def as_json(self) -> dict[str, Any]:
    """Returns the settings as JSON types."""
    return self._asdict() | {
      'observation_shape': list(self.observation_shape),
      'observation_dtype': self.observation_dtype.str,
      'actions': actions.as_json(self.actions),
    }

  @classmethod
  def from_json(cls, told: Mapping[str, Any]) -> Self:
    """Inverse of `as_json`, of earlier versions too.

    Args:
      told: from a manifest, which may be damaged.

    Raises:
      ReplaySettingError: a field is out of its range.
      KeyError, TypeError, ValueError: it is no such record.
    """
    told = dict(told)
    if 'num_actions' in told:  # Before there were vectors.
      size = told.pop('num_actions')
      told |= {'actions': {'number': size}, 'policy_size': size}
    return cls.checked(**told | {'actions': actions.from_json(told['actions'])})

  def check_observations(
    self, observation: np.ndarray, leading: tuple[int, ...]
  ) -> None:
    """Raises ValueError unless it is `[*leading, *O]` of the right dtype."""
    shape, dtype = leading + self.observation_shape, self.observation_dtype
    if observation.shape != shape or observation.dtype != dtype:
      raise ValueError(
        f'The replay takes observations {shape} of {dtype}, not '
        f'{observation.shape} of {observation.dtype}.'
      )

  def check_rows(self, rows: dict[str, np.ndarray]) -> None:
    """Raises ValueError unless these are the columns of [T] steps."""
    leading = rows['action'].shape[:1]
    self.check_observations(rows['observation'], leading)
    shapes = {
      'action': (*leading, *self.actions.shape),
      'reward': leading,
      'teacher_policy': (*leading, self.policy_size),
    }
    for name, shape in shapes.items():
      if name in rows and rows[name].shape != shape:
        raise ValueError(f'{name} must be {shape}, not {rows[name].shape}.')
    kinds, told = 'f', 'floats'
    if isinstance(self.actions, Discrete):
      kinds, told = 'iu', 'integers'
    if rows['action'].dtype.kind not in kinds:
      raise ValueError(f'action must be {told}, not {rows["action"].dtype}.')


def _optional_index(value: Any) -> int | None:
  return None if value is None else operator.index(value)
