"""Reads a whole replay into memory, with a bar."""

import tqdm.auto as tqdm

from reincarnating_rl.cli.teachers.collecting import GAMMA, N_STEP
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.learner.actions import Actions
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.support.progress import moving


def read(
  replay: ExternalReplay,
  *,
  observation_shape: tuple[int, ...],
  stack_size: int,
  actions: Actions,
  policy_size: int,
  newest: int | None,
) -> FrameStore:
  """Reads a replay into a store that has room for all that is wanted of it.

  Args:
    replay: to read.
    observation_shape: *O, of one observation.
    stack_size: S, observations in a state.
    actions: of the game.
    policy_size: W, see `FrameStore`.
    newest: the largest number of steps, counted from the newest; None for all.

  Raises:
    UserError: it is damaged, or does not fit.
  """
  info = replay.inspect()
  steps = min(newest or info.entries, info.entries)
  if newest is None and replay.kind == 'dopamine41':
    steps *= 2  # Each of its episodes has a frame more than elements.
  store = FrameStore(
    capacity=max(steps, stack_size + N_STEP + 1),
    observation_shape=observation_shape,
    observation_dtype=info.observation_dtype,
    stack_size=stack_size,
    n_step=N_STEP,
    gamma=GAMMA,
    actions=actions,
    policy_size=policy_size,
    seed=0,
  )
  with tqdm.tqdm(
    desc='read the replay',
    unit=' read',
    dynamic_ncols=True,
    mininterval=1.0,
    leave=False,
  ) as bar:
    report = replay.load(store, newest=newest, progress=moving(bar))
  print(f'{replay.describe()}: {report.describe()}.')
  return store
