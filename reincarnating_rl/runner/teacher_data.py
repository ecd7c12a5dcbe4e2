"""The teacher's data, and updates on it."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from absl import logging

from reincarnating_rl.agents import labelling
from reincarnating_rl.agents.student import Student
from reincarnating_rl.agents.trainer import on_host
from reincarnating_rl.envs.lanes import Episode
from reincarnating_rl.importers.external_replay import ExternalReplay
from reincarnating_rl.importers.loading import LoadReport
from reincarnating_rl.replay import device_view, monte_carlo
from reincarnating_rl.replay.frame_store import FrameStore
from reincarnating_rl.runner import replay_store
from reincarnating_rl.support import files
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.support.progress import Progress

_LABEL_CHUNK = 32
_LESS_DATA = (
  'the teacher plays so many, so lower RunnerWithTeacher.teacher_steps, '
  'Runner.max_steps_per_episode or num_vector_environments, of which each may '
  'overshoot by an episode'
)


def chunk_limit() -> int:
  """Returns the most updates that are worth having in one program.

  On a CPU that is one: there several are slower than one by one.
  """
  return 1 if jax.default_backend() == 'cpu' else 1000


class TeacherData:
  """A replay of the teacher's play; it exists while something needs it.

  Attributes:
    store: the replay, or None.
  """

  def __init__(
    self,
    agent: Student,
    *,
    capacity: int,
    clip_rewards: bool,
    folder: str | None = None,
  ) -> None:
    """Makes no replay yet.

    Args:
      agent: the student who will learn from it.
      capacity: frames, at most.
      clip_rewards: to [-1, 1].
      folder: of a file that holds the frames; None for memory.
    """
    self._folder = folder
    self._agent = agent
    self._capacity, self._clip_rewards = capacity, clip_rewards
    self.store: FrameStore | None = None
    self._view: device_view.ReplayArrays | None = None

  def open(self, least: int = 0) -> FrameStore:
    """Returns the replay, which is made empty where there is none.

    Args:
      least: its capacity, where the constructor's is smaller.

    Raises:
      UserError: there is no room for it, or its file cannot be made.
    """
    if self.store is None:
      self.store = self._make(max(least, self._capacity))
      if self._folder is not None:
        remedy = 'set RunnerWithTeacher.teacher_data_in_file = False'
        with files.writing(self._folder, remedy):
          self.store.keep_frames_in_file(self._folder)
    return self.store

  def check_room(self) -> None:
    """Refuses, before anything is played, what memory cannot hold."""
    self._make(self._capacity)

  def _make(self, capacity: int) -> FrameStore:
    return self._agent.make_replay(capacity, _LESS_DATA)

  def close(self) -> None:
    """Frees the replay and its view."""
    self.store = self._view = None

  def finish_pretraining(self) -> None:
    """Frees data that the online phase does not use."""
    self._view = None
    if not self._agent.batches.keeps_teacher_data:
      self.close()

  def add(self, episode: Episode) -> None:
    """Stores an episode, labelled with what the teacher acted on."""
    store = self.open()
    # What a loss that asks no teacher has read before has no labels.
    has_labels = store.labelled == store.next_step
    for life in episode.lives():
      rewards = life.rewards
      store.add_episode(
        life.observations,
        life.actions,
        np.clip(rewards, -1.0, 1.0) if self._clip_rewards else rewards,
        terminal=life.terminal,
        teacher_policy=life.extras if has_labels else None,
      )
    self._view = None

  def load(
    self, replay: ExternalReplay, *, newest: int, progress: Progress
  ) -> LoadReport:
    """Fills the replay from disk; `label` it then.

    Args:
      replay: to read.
      newest: how many steps to take at most.
      progress: called with what was read and what is to be read.

    Returns:
      What was read.

    Raises:
      UserError: it does not fit the game, or its files are damaged.
    """
    self.close()
    store = self.open()
    report = replay_store.load(
      replay,
      store,
      newest=newest,
      clip_rewards=self._clip_rewards,
      progress=progress,
    )
    if not len(store):
      raise UserError(
        f'The {replay.describe()}, has no element of {store.settings.n_step} '
        'steps to learn from: give another one, or have the teacher play '
        "(RunnerWithTeacher.teacher_data='collected')."
      )
    return report

  def label(self, progress: Progress = lambda done, total: None) -> None:
    """Asks the teacher for its policy in every state that lacks it."""
    labelling.label(
      self.store, self._agent.teacher, chunk=_LABEL_CHUNK, progress=progress
    )

  def view(
    self,
    make: Callable[..., device_view.ReplayArrays] = device_view.device_view,
    **settings: Any,
  ) -> device_view.ReplayArrays:
    """Returns the data as arrays, labelled if the loss reads that.

    Args:
      make: `device_view.device_view`, or `device_view.host_view`.
      **settings: of `make`.

    Raises:
      UserError: the loss reads returns, and none is known.
    """
    trainer = self._agent.trainer
    if trainer.needs_teacher_policy:
      self.label()
    made = make(self.store, monte_carlo=trainer.needs_returns, **settings)
    if trainer.needs_returns:
      line = monte_carlo.tell_known(made.monte_carlo_return)
      if line:
        logging.warning('%s', line)
    return made

  def chunk(self, left: int, most: int) -> int:
    """Returns how many updates to make in one program.

    Args:
      left: updates of the iteration that are not made yet.
      most: that are worth having in one.
    """
    trainer = self._agent.trainer
    return math.gcd(
      left, most, trainer.offline_target_period, trainer.pretraining_updates
    )

  def draw(self, number: int) -> np.ndarray:
    """Returns [K, B] slots for so many updates."""
    keys = self.store.sample_keys((number, self._agent.batch_size))
    return self.store.slots(keys)

  def updates(
    self, num_updates: int, *, done: int
  ) -> Iterator[tuple[int, dict[str, float]]]:
    """Makes offline updates, several in one program on an accelerator.

    Their number divides what is left and the period of target syncs, so that
    one program serves all: multiples of `chunk_limit()` are best.

    Args:
      num_updates: of the whole iteration.
      done: how many of them were made before.

    Yields:
      Updates just made, and their mean metrics.

    Raises:
      DivergedError: a metric is not finite.
    """
    if done >= num_updates:
      return  # Only the evaluation is left, and perhaps no data any more.
    trainer = self._agent.trainer
    if self._view is None:
      self._view = self.view()
    chunk = self.chunk(num_updates - done, chunk_limit())
    for _ in range(done, num_updates, chunk):
      metrics = trainer.pretrain(self._view, self.draw(chunk))
      when = f'offline update {trainer.pretraining_updates}'
      yield chunk, on_host(metrics, when)
