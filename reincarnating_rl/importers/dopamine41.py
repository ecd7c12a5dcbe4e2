"""Fills a frame store with a replay of Dopamine 4.1's JAX agents.

The file holds n-step elements, from which the steps are recovered
(`dopamine41_episodes`). The last step of an episode that ended is lost: the
file holds neither its action nor, for 1-step returns, its reward. So each
episode is stored as one that was cut: its last frame is there to bootstrap
from, and the store holds no terminal. Tasks whose only signal is the end of the
episode, such as CartPole, cannot be learnt from this: collect the teacher's
data again.

Up to n last frames of an episode appear only in next states. As many of them
are stored as the store's own n-step returns need.

The file is read twice, one value at a time, and never held as a whole.
"""

from reincarnating_rl.importers import checks, loading
from reincarnating_rl.importers.dopamine41_elements import (
  Table,
  frames,
  read_table,
)
from reincarnating_rl.importers.dopamine41_episodes import horizon, split
from reincarnating_rl.importers.dopamine41_files import (
  STATE,
  Dopamine41Info,
  Dopamine41Replay,
  inspect,
)
from reincarnating_rl.importers.dopamine41_layout import Layout, lay_out
from reincarnating_rl.importers.dopamine41_returns import rewards
from reincarnating_rl.importers.loading import LoadReport
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.settings import ReplaySettings
from reincarnating_rl.support.errors import DamagedFileError, MissingFileError
from reincarnating_rl.support.progress import Progress

_USUAL_DISCOUNT = 0.99


def load(
  replay: Dopamine41Replay,
  store: FrameStore,
  *,
  newest: int | None = None,
  progress: Progress = lambda done, total: None,
) -> LoadReport:
  """Fills a store; its former content is dropped.

  Args:
    replay: from `dopamine41_files.find`.
    store: has the frame shape and dtype of `dopamine41_files.inspect`. Its
      own n-step, discount and stack size apply.
    newest: the largest number of steps to load, counted from the newest; None
      for all.
    progress: called with elements read and to read; each is read twice.

  Returns:
    What was loaded and what was left out.

  Raises:
    ReplaySettingError: the store has other frames or too little room, or
      `newest` is below 1.
    MissingFileError: a file is missing, or the replay holds no step.
    DamagedFileError: the replay is damaged, or its steps cannot be recovered,
      for example from n-step returns of unclipped rewards.
    The store is empty after any of these errors.
  """
  store.clear()
  info = inspect(replay)
  checks.check_store(store, info, replay.path, newest)
  table = read_table(replay, info, progress)
  layout = _lay_out(replay, table, info, store.settings, newest=newest)
  _check(replay, store, layout)
  store.write(0, layout.columns)
  observation = store.columns['observation']
  for k, part, frame in frames(
    replay,
    info,
    progress,
    is_state=layout.state >= 0,
    is_next=layout.next_state >= 0,
  ):
    step = (layout.state if part == STATE else layout.next_state)[k]
    observation[step] = frame
  return loading.begin_elements(
    store,
    layout.steps,
    layout.left_out,
    partial=layout.starts,
    without_action=layout.without_action,
  )


def _lay_out(
  replay: Dopamine41Replay,
  table: Table,
  info: Dopamine41Info,
  settings: ReplaySettings,
  *,
  newest: int | None,
) -> Layout:
  """Recovers the steps; refuses a replay that is ambiguous."""
  stack_size = info.stack_size
  try:
    n = horizon(table)
    if n > 1 and stack_size == 1:
      raise ValueError('holds n-step returns of states of one frame')
    episodes = list(
      split(table, n=n, stack_size=stack_size, is_cut=info.is_cut)
    )
    step_rewards = rewards(
      table, episodes, n, (settings.gamma, _USUAL_DISCOUNT)
    )
  except ValueError as error:
    raise DamagedFileError(
      f'The replay {replay.path} {error}, so its steps cannot be recovered: '
      'choose another replay, or let the teacher collect data '
      '(RunnerWithTeacher.teacher_steps).'
    ) from error
  return lay_out(
    table, episodes, step_rewards, n=n, settings=settings, newest=newest
  )


def _check(replay: Dopamine41Replay, store: FrameStore, layout: Layout) -> None:
  if not layout.steps:
    raise MissingFileError(
      f'The replay {replay.path} holds no episode that can be recovered: '
      'choose another replay.'
    )
  checks.check_capacity(store, replay.folder, layout.steps)
  columns = layout.columns
  checks.check_actions(replay.path, columns['action'], store.settings.actions)
  checks.check_rewards(replay.path, columns['reward'])
