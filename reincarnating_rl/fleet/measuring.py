"""Episodes of all seeds: what was played in programs, gathered on the host."""

import collections
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from reincarnating_rl.envs.lanes import Episode
from reincarnating_rl.envs.policies import (
  check_student_values,
  check_teacher_policy,
)
from reincarnating_rl.fleet import rollout
from reincarnating_rl.fleet.play import Player
from reincarnating_rl.fleet.rollout import Lanes, Limits, Rollout, Step
from reincarnating_rl.fleet.spread import Spread
from reincarnating_rl.learner.types import Array
from reincarnating_rl.runner.evaluator import CutNotice

_STEPS = 128  # Of all lanes, in one program.
_ALL = np.iinfo(np.int32).max


class Measuring:
  """Plays whole episodes of all seeds."""

  def __init__(
    self,
    spread: Spread,
    player: Player,
    lanes: int,
    check: Callable[[], None],
  ) -> None:
    """Takes what it plays with.

    Args:
      spread: of the seeds.
      player: plays one episode.
      lanes: L, of each seed.
      check: is called between programs, to stop if asked to.
    """
    self._spread, self._player = spread, player
    self._lanes, self._check = lanes, check
    self._programs: dict[str, tuple[Callable, Callable]] = {}
    self._cuts = CutNotice(player.max_steps)

  def play(
    self,
    name: str,
    choose: rollout.Choose,
    params: Any,
    keys: Sequence[Array],
    *,
    steps: Sequence[int] | None = None,
    episodes: int | None = None,
    encode: Callable[[Array], Array] | None = None,
    decode: Callable[[np.ndarray], np.ndarray] = lambda frames: frames,
    is_teacher: bool = False,
  ) -> list[list[Episode]]:
    """Plays as `envs.rollouts` does.

    Args:
      name: of the policy; the same name means the same program.
      choose: the policy.
      params: of all seeds, or None.
      keys: of each seed's episodes.
      steps: no episode of a seed begins once so many of its own have been
        taken; or
      episodes: so many of each seed.
      encode: see `Rollout`; None to keep nothing but returns.
      decode: its inverse, in NumPy.
      is_teacher: whose values are checked.

    Returns:
      Each seed's episodes, in the order in which they ended.

    Raises:
      DivergedError: a value is not finite.
    """
    begin, run = self._program(name, choose, encode)
    limits = [
      Limits(np.int32(most), np.int32(_ALL if episodes is None else episodes))
      for most in (steps or [_ALL] * len(keys))
    ]
    own = params, self._spread.put(limits)
    lanes, _ = begin(self._spread.put([{'key': k} for k in keys]), None, None)
    records = [Records(self._lanes, decode) for _ in keys]
    while True:
      self._check()
      lanes, told = run(lanes, own, None)
      for record, step in zip(records, self._spread.take(told), strict=True):
        _check_finite(step, is_teacher)
        record.add(step)
      index, taken, begun, most = jax.device_get(
        (lanes.index, lanes.taken, lanes.begun, own[1])
      )
      may_begin = (taken < most.steps) & (begun < most.episodes)
      if (index < 0).all() and not may_begin.any():
        break
    found = [record.ended for record in records]
    cuts = [episode.cut for episodes in found for episode in episodes]
    self._cuts.tell(sum(cuts), len(cuts))
    return found

  def _program(
    self, name: str, choose: rollout.Choose, encode: Any
  ) -> tuple[Callable, Callable]:
    if name not in self._programs:
      its = Rollout(self._player, choose, encode)

      def begin(state: Any, own: None, shared: None) -> tuple[Lanes, None]:
        del own, shared
        return its.begin(state['key'], self._lanes), None

      def run(
        lanes: Lanes, own: tuple[Any, Limits], shared: None
      ) -> tuple[Lanes, Step]:
        del shared
        return its.run(lanes, *own, _STEPS)

      self._programs[name] = (
        self._spread.program(begin),
        self._spread.program(run),
      )
    return self._programs[name]


def _check_finite(step: Step, is_teacher: bool) -> None:
  check = check_teacher_policy if is_teacher else check_student_values
  if ((step.index >= 0) & ~step.is_finite).any():
    check(np.array([np.nan]))


class Records:
  """One seed's episodes, out of what its lanes did step by step.

  Attributes:
    ended: the episodes that are over, in that order.
  """

  def __init__(
    self, lanes: int, decode: Callable[[np.ndarray], np.ndarray]
  ) -> None:
    """Begins with idle lanes.

    Args:
      lanes: L.
      decode: observations as they were kept to observations.
    """
    self._lanes, self._decode = lanes, decode
    self._open: dict[int, list] = collections.defaultdict(list)
    self.ended: list[Episode] = []

  def add(self, step: Step) -> None:
    """Takes what the lanes did in K steps."""
    begins = dict.fromkeys(range(self._lanes), 0)
    is_over = (step.index >= 0) & step.ended.is_over
    for k, lane in np.argwhere(is_over):
      index = int(step.index[k, lane])
      self._keep(step, lane, index, begins[lane], k + 1)
      self.ended.append(self._episode(step.ended, k, lane, index))
      begins[lane] = k + 1
    for lane, index in enumerate(step.index[-1]):
      if index >= 0 and not is_over[-1, lane]:
        self._keep(step, lane, int(index), begins[lane], len(step.index))

  def _keep(
    self, step: Step, lane: int, index: int, begin: int, end: int
  ) -> None:
    if step.kept is None:
      return
    # Idle at first, where it waited for the episode.
    rows = begin + np.flatnonzero(step.index[begin:end, lane] == index)
    self._open[index].append([part[rows, lane] for part in step.kept])

  def _episode(self, ended: Any, k: int, lane: int, index: int) -> Episode:
    length = int(ended.length[k, lane])
    kept = [None, None, None, None]
    if index in self._open:
      parts = zip(*self._open.pop(index), strict=True)
      kept = [np.concatenate(part) for part in parts]
      kept[0] = self._decode(kept[0])
    rewards = kept[2]
    if rewards is None:  # Their sum is all that was kept.
      rewards = np.zeros(length, np.float32)
      rewards[-1] = ended.total[k, lane]
    return Episode(
      index=index,
      terminal=bool(ended.terminal[k, lane]),
      actions=np.zeros(length, np.int32) if kept[1] is None else kept[1],
      rewards=rewards,
      observations=kept[0],
      extras=kept[3],
      cut=bool(ended.is_cut[k, lane]),
    )
