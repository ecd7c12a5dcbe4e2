"""Writes steps as plain arrays, for other tools."""

from typing import NamedTuple

import numpy as np

from reincarnating_rl.importers.data import npz
from reincarnating_rl.importers.data.steps import DataError, Steps
from reincarnating_rl.learner.actions import Actions, Continuous, Discrete
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.support import files


class Export(NamedTuple):
  """Arrays by the names of `npz`, and how many steps are not among them."""

  arrays: dict[str, np.ndarray]
  # Steps of episodes whose start is not there, or without an action.
  left_out: int


def of_store(store: FrameStore) -> Export:
  """Returns the steps of a replay that was loaded, oldest first.

  Args:
    store: with no step overwritten.
  """
  count = store.next_step
  columns = {name: rows[:count] for name, rows in store.columns.items()}
  episode = np.cumsum(columns['episode_step'] == 0)
  used = (episode > 0) & store.has_action
  is_partial = np.isin(episode, episode[[*store.partial]])[used]
  terminal = columns['terminal'][used]
  is_last = np.append(np.diff(episode[used]) > 0, False)[: len(terminal)]
  action, actions = columns['action'][used], store.settings.actions
  if isinstance(actions, Continuous):
    action = actions.to_game(action)
  arrays = {
    'observations': columns['observation'][used],
    'actions': action,
    'rewards': columns['reward'][used],
    npz.TERMINAL: terminal,
    # An episode that is under way at the end is told by no flag.
    npz.CUT: is_last & ~terminal,
  }
  left_out = count - int(np.count_nonzero(used))
  return Export(arrays | _marks(is_partial) | told_of(actions), left_out)


def of_steps(steps: Steps, newest: int | None = None) -> Export:
  """Returns the steps of another file of data.

  Args:
    steps: of the file.
    newest: the largest number of steps, counted from the last; None for all.

  Raises:
    DataError: its vectors are in [-1, 1] of bounds that it does not tell.
  """
  action, actions = steps.action, steps.actions
  if steps.is_scaled:
    if not isinstance(actions, Continuous):
      raise DataError(
        f'{steps.path} has actions in [-1, 1] and does not tell the bounds of '
        'its game: save it with its action_space.'
      )
    action = actions.to_game(action)
  first = 0 if newest is None else max(steps.entries - newest, 0)
  start = np.arange(steps.entries) - steps.episode_step
  is_kept = (start >= first) & ~np.isin(start, [*steps.late])
  is_partial = np.isin(start, [*steps.partial])
  cut = steps.is_last & ~steps.terminal
  cut[-1] &= not is_partial[-1]
  arrays = {
    'observations': steps.observations(first, steps.entries)[is_kept[first:]],
    'actions': action[is_kept],
    'rewards': steps.reward[is_kept],
    npz.TERMINAL: steps.terminal[is_kept],
    npz.CUT: cut[is_kept],
  }
  left_out = steps.entries - first - int(np.count_nonzero(is_kept))
  marks = _marks(is_partial[is_kept])
  return Export(arrays | marks | told_of(actions), left_out)


def count_partial(export: Export) -> int:
  """Returns how many of the episodes are not whole."""
  arrays = export.arrays
  if npz.PARTIAL not in arrays:
    return 0
  is_last = arrays[npz.TERMINAL] | arrays[npz.CUT]
  return len(np.unique((np.cumsum(is_last) - is_last)[arrays[npz.PARTIAL]]))


def _marks(is_partial: np.ndarray) -> dict[str, np.ndarray]:
  """Returns what marks steps of episodes that are not whole, if any are."""
  return {npz.PARTIAL: is_partial} if is_partial.any() else {}


def told_of(actions: Actions) -> dict[str, np.ndarray]:
  """Returns what a file tells of its actions, by the names of `npz`.

  Args:
    actions: of the game.
  """
  if isinstance(actions, Continuous):
    bounds = {npz.LOW: actions.low, npz.HIGH: actions.high}
    return {name: np.float32(bound) for name, bound in bounds.items()}
  if isinstance(actions, Discrete) and actions.number:
    return {npz.NUMBER: np.array(actions.number)}
  return {}


def write(path: str, export: Export, remedy: str) -> None:
  """Writes the arrays, whole or not at all.

  Args:
    path: of the file.
    export: the arrays.
    remedy: what to do where it cannot be written.

  Raises:
    UnwritableError: it cannot.
  """
  with files.writing(path, remedy), files.atomically(path) as file:
    np.savez(file, **export.arrays)
