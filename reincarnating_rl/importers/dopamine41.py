"""Fills a frame store with a replay of Dopamine 4.1's JAX agents.

What was stored are elements, from which the steps are recovered as far as they
were stored (`dopamine41_episodes`). Of an episode that ended, its last step is
not: neither its action nor, for one-step returns, what it paid. No element may
be made of it, so that each episode is stored as one that was cut: its last
frame is there to be bootstrapped from, and the store holds no terminal. Where
the end is all that a task is about, as in CartPole, this is too little to learn
from; collect the teacher's data anew there.

Of frames that are no state of a known action, an episode has n more in its next
states. As many of them are stored as the store's own elements can look ahead.

The file is read twice, value by value, and never held as a whole.
"""

from reincarnating_rl.importers import loading
from reincarnating_rl.importers.dopamine41_elements import (
  Table,
  frames,
  read_table,
)
from reincarnating_rl.importers.dopamine41_episodes import (
  horizon,
  split,
)
from reincarnating_rl.importers.dopamine41_files import (
  STATE,
  Dopamine41Info,
  Dopamine41Replay,
  inspect,
)
from reincarnating_rl.importers.dopamine41_layout import (
  Layout,
  lay_out,
)
from reincarnating_rl.importers.dopamine41_returns import rewards
from reincarnating_rl.importers.loading import LoadReport
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.replay.settings import ReplaySettings
from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
)
from reincarnating_rl.support.progress import Progress

_USUAL_DISCOUNT = 0.99


def load(
  replay: Dopamine41Replay,
  store: FrameStore,
  *,
  newest: int | None = None,
  progress: Progress = lambda done, total: None,
) -> LoadReport:
  """Fills a store; what it held is forgotten.

  Args:
    replay: from `dopamine41_files.find`.
    store: for frames such as `dopamine41_files.inspect` says; its own n-step,
      discount and stack are used.
    newest: at most how many steps to take, the newest; None for all.
    progress: called with elements read and to read; each is read twice.

  Returns:
    What is in the store now, and what was left out.

  Raises:
    ReplaySettingError: the store is for other frames or fewer steps, or
      `newest` is below 1.
    MissingFileError: the replay holds no step.
    DamagedFileError: it is damaged, or its steps cannot be told from what it
      holds: n-step returns of rewards that were not clipped, say.
    All of them leave the store empty.
  """
  store.clear()
  info = inspect(replay)
  loading.check_store(store, info, replay.path, newest)
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
  return loading.begin_elements(store, layout.steps, layout.left_out)


def _lay_out(
  replay: Dopamine41Replay,
  table: Table,
  info: Dopamine41Info,
  settings: ReplaySettings,
  *,
  newest: int | None,
) -> Layout:
  """Recovers the steps; what it cannot be sure of, it refuses."""
  stack_size = info.stack_size
  try:
    n = horizon(table)
    if n > 1 and stack_size == 1:
      raise ValueError('holds single frames and returns of more than a step')
    episodes = list(
      split(table, n=n, stack_size=stack_size, is_cut=info.is_cut)
    )
    paid = rewards(table, episodes, n, (settings.gamma, _USUAL_DISCOUNT))
  except ValueError as error:
    raise DamagedFileError(
      f'The replay {replay.path} {error}, so that its steps cannot be told: '
      'choose another, or let the teacher collect data '
      '(RunnerWithTeacher.teacher_steps).'
    ) from error
  return lay_out(table, episodes, paid, n=n, settings=settings, newest=newest)


def _check(replay: Dopamine41Replay, store: FrameStore, layout: Layout) -> None:
  if not layout.steps:
    raise MissingFileError(
      f'The replay {replay.path} holds no step whose episode can be told.'
    )
  loading.check_capacity(store, replay.folder, layout.steps)
  columns = layout.columns
  loading.check_actions(
    replay.path, columns['action'], store.settings.num_actions
  )
  loading.check_rewards(replay.path, columns['reward'])
