"""Replays in memory: empty ones, and those that are read, with a bar."""

from typing import Any

import numpy as np

from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.importers.loading import LoadReport
from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.runner import bars
from reincarnating_rl.support.progress import Progress, moving

# What is looked ahead belongs to whoever loads the replay; one is the least.
_N_STEP = 1
_GAMMA = 0.99


def create(steps: int, *, stack_size: int, **settings: Any) -> FrameStore:
  """Creates a store that has room for some steps.

  Args:
    steps: that it will hold.
    stack_size: S, observations in a state.
    **settings: of observations, actions and policies; see `FrameStore`.
  """
  return FrameStore(
    capacity=max(steps, stack_size + _N_STEP + 1),
    stack_size=stack_size,
    n_step=_N_STEP,
    gamma=_GAMMA,
    seed=0,
    **settings,
  )


def read(
  replay: ExternalReplay,
  *,
  observation_shape: tuple[int, ...],
  stack_size: int,
  actions: Actions,
  policy_size: int,
  newest: int | None,
  observation_dtype: np.dtype | str | None = None,
) -> FrameStore:
  """Reads a replay into a store that has room for all that is wanted of it.

  Args:
    replay: to read.
    observation_shape: *O, of one observation.
    stack_size: S, observations in a state.
    actions: of the game.
    policy_size: W, see `FrameStore`.
    newest: the largest number of steps, counted from the newest; None for all.
    observation_dtype: of the game; None to take what is stored.

  Raises:
    UserError: it is damaged, or does not fit.
  """
  info = replay.inspect()
  # Each episode of Dopamine 4.1 has a frame more than elements.
  most = info.entries * (2 if replay.kind == 'dopamine41' else 1)
  store = create(
    min(newest or most, most),
    observation_shape=observation_shape,
    observation_dtype=np.dtype(observation_dtype or info.observation_dtype),
    stack_size=stack_size,
    actions=actions,
    policy_size=policy_size,
  )
  with bars.passing('read the replay', 'read') as bar:
    report = replay.load(store, newest=newest, progress=moving(bar))
  print(f'{replay.describe()}: {report.describe()}.')
  return store


def load(
  replay: ExternalReplay,
  store: FrameStore,
  *,
  newest: int,
  clip_rewards: bool,
  progress: Progress,
) -> LoadReport:
  """Fills a store with a replay from disk, as the runner would have.

  Args:
    replay: to read.
    store: to fill; what it held is forgotten.
    newest: how many steps to take at most.
    clip_rewards: to [-1, 1], as those of collected data.
    progress: called with what was read and what is to be read.

  Returns:
    What was read.

  Raises:
    UserError: it does not fit the game, or its files are damaged.
  """
  report = replay.load(store, newest=newest, progress=progress)
  if clip_rewards:
    rewards = store.columns['reward'][: report.steps]
    np.clip(rewards, -1.0, 1.0, out=rewards)
  return report
