"""Callbacks: who watches a run, and may end it early."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from reincarnating_rl.support.errors import UserError


@dataclasses.dataclass(frozen=True)
class Event:
  """What a callback is told of.

  Attributes:
    stop: ends the run at the next safe point: after the episode, or the
      program of updates, that is under way. A checkpoint has all; `resume`
      goes on.
  """

  stop: Callable[[], None] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Update(Event):
  """Updates have been made: one, or several that are one program offline.

  Attributes:
    phase: 'offline' or 'online'.
    number: updates so far, of this phase.
    metrics: of the newest, or means over these updates.
  """

  phase: str
  number: int
  metrics: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Step(Event):
  """The student has taken a step in its environment.

  Attributes:
    number: steps so far, of all environments together.
    observation: [*O], that followed; undefined where the episode ended.
    reward: raw.
    is_terminal: whether the task ended, or a life that counts as one.
    environment: which of `Runner.num_environments`, from 0 on.
  """

  number: int
  observation: np.ndarray
  reward: float
  is_terminal: bool
  environment: int = 0


@dataclasses.dataclass(frozen=True)
class Evaluation(Event):
  """The student has been evaluated.

  Attributes:
    phase: 'offline' or 'online'.
    score: mean return.
    stderr: of it; None for one episode.
    normalized: 0 for the random policy, 1 for the teacher; None without one.
    online_steps: that the student has taken.
    updates: that it has made, offline and online.
  """

  phase: str
  score: float
  stderr: float | None
  normalized: float | None
  online_steps: int
  updates: int


class Callback:
  """Watches a run; override what you want to hear of.

  An error that it raises ends the run; the last checkpoint stays.
  """

  def on_update(self, update: Update) -> None:
    """Hears of updates. To read their metrics waits for the device."""

  def on_step(self, step: Step) -> None:
    """Hears of each of the student's online steps."""

  def on_evaluation(self, evaluation: Evaluation) -> None:
    """Hears of each evaluation of the student."""


class _OfFunction(Callback):
  """A function that hears of evaluations."""

  def __init__(self, function: Callable[[Evaluation], object]) -> None:
    self._function = function

  def on_evaluation(self, evaluation: Evaluation) -> None:
    """Calls the function."""
    self._function(evaluation)


AnyCallback = Callback | Callable[[Evaluation], object]


def all_of(callbacks: Iterable[AnyCallback]) -> tuple[Callback, ...]:
  """Returns callbacks; a function becomes one that hears of evaluations.

  Raises:
    UserError: one is neither.
  """
  if isinstance(callbacks, Callback) or callable(callbacks):
    raise UserError('callbacks must be a list: write callbacks=[CALLBACK].')
  found = []
  for callback in callbacks:
    if isinstance(callback, type) or not (
      isinstance(callback, Callback) or callable(callback)
    ):
      raise UserError(
        f'The callback {callback!r:.80} must be a Callback of this package, '
        'or a function that is called with each evaluation.'
      )
    is_own = isinstance(callback, Callback)
    found.append(callback if is_own else _OfFunction(callback))
  return tuple(found)


class LazyMetrics(Mapping):
  """Metrics that leave the device once they are read."""

  def __init__(self, metrics: Mapping[str, Any]) -> None:
    """Takes them as they are."""
    self._metrics = metrics

  def __getitem__(self, name: str) -> float:
    """Returns one."""
    return float(self._metrics[name])

  def __iter__(self) -> Any:
    """Iterates over the names."""
    return iter(self._metrics)

  def __len__(self) -> int:
    """Counts them."""
    return len(self._metrics)

  def __repr__(self) -> str:
    """Returns them as a dictionary."""
    return repr(dict(self))


def are_heard(callbacks: Iterable[Callback], name: str) -> list[Callable]:
  """Returns the methods of a name that callbacks have of their own."""
  own = getattr(Callback, name)
  return [
    getattr(callback, name)
    for callback in callbacks
    if getattr(type(callback), name) is not own or name in vars(callback)
  ]
