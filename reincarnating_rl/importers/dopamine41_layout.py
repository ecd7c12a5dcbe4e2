"""Maps the elements of a replay of Dopamine 4.1 to steps and frames."""

from typing import NamedTuple

import numpy as np

from reincarnating_rl.importers.dopamine41_elements import Table
from reincarnating_rl.importers.dopamine41_episodes import Episode
from reincarnating_rl.replay.settings import ReplaySettings


class Layout(NamedTuple):
  """The T steps to store, oldest first, and their N elements."""

  columns: dict[str, np.ndarray]  # [T] by name, all but frames and logits
  state: np.ndarray  # [N] int64, step of a state's last frame, or -1
  next_state: np.ndarray  # [N] int64, the same for next states
  left_out: dict[str, int]  # number of elements left out, by reason
  starts: list[int]  # first steps of episodes, none of which is whole
  without_action: list[int]  # steps of which only frames are known

  @property
  def steps(self) -> int:
    """T."""
    return len(self.columns['action'])


def lay_out(
  table: Table,
  episodes: list[Episode],
  rewards: list[np.ndarray],
  *,
  n: int,
  settings: ReplaySettings,
  newest: int | None = None,
) -> Layout:
  """Lines up the episodes, each as one that was cut.

  The steps with known actions come first. Then come the steps of which only
  frames are known, from next states: as many as the store's n-step returns
  need, so that no element begins in them.

  Args:
    table: of the elements.
    episodes: from `dopamine41_episodes.split`.
    rewards: from `dopamine41_returns.rewards`, of each episode.
    n: steps that a return of the replay sums.
    settings: of the store. Steps of an episode whose start was overwritten
      count from S - 1 on, so that no element needs the missing frames; of
      stacks of 1 from 1 on, for the start is gone all the same.
    newest: the largest number of steps to keep; None for all.
  """
  state = np.full(len(table.action), -1, np.int64)
  next_state = state.copy()
  parts, base = [_columns(0)], 0
  starts, without_action = [], []
  for episode, step_rewards in zip(episodes, rewards, strict=True):
    ahead = _ahead(episode, n, settings.n_step)
    elements = _elements(episode)
    state[elements] = base + np.arange(episode.acts)
    next_state[ahead.start : ahead.stop] = (
      base + episode.acts + np.arange(len(ahead))
    )
    part = _columns(episode.acts + len(ahead))
    part['action'][: episode.acts] = table.action[elements]
    known = step_rewards[: len(part['reward'])]
    part['reward'][: len(known)] = known
    part['episode_step'] += episode.is_cut * max(settings.stack_size - 1, 1)
    starts.append(base)
    without_action += range(base + episode.acts, base + len(part['action']))
    parts.append(part)
    base += len(part['action'])
  older = 0 if newest is None else max(base - newest, 0)
  columns = {
    name: np.concatenate([part[name] for part in parts])[older:]
    for name in parts[0]
  }
  return Layout(
    columns,
    np.maximum(state - older, -1),
    np.maximum(next_state - older, -1),
    _left_out(table, episodes) | {'older steps': older},
    [step - older for step in starts],
    [step - older for step in without_action],
  )


def _ahead(episode: Episode, n: int, wanted: int) -> range:
  """Returns the elements whose next states end in frames of no other state."""
  last = episode.tail.stop if episode.tail else episode.first + episode.full
  if episode.is_terminal:
    return range(last - 1, last)
  if episode.full < n:
    return range(0)
  return range(last - n, last - n + min(n, wanted))


def _elements(episode: Episode) -> np.ndarray:
  full = np.arange(episode.first, episode.first + episode.full)
  return np.append(full, np.array(episode.tail, np.int64))


def _columns(steps: int) -> dict[str, np.ndarray]:
  return {
    'action': np.zeros(steps, np.int64),
    'reward': np.zeros(steps, np.float64),
    'terminal': np.zeros(steps, bool),
    'episode_step': np.arange(steps),
  }


def _left_out(table: Table, episodes: list[Episode]) -> dict[str, int]:
  ended = [episode for episode in episodes if episode.is_terminal]
  used = sum(episode.acts for episode in episodes)
  repeated = sum((e.tail.start - e.first - e.full) for e in ended)
  return {
    'last steps of episodes, of which no action was stored,': len(ended),
    'elements that repeat another': repeated,
    'elements of episodes too short to be told apart': (
      len(table.action) - used - repeated
    ),
  }
