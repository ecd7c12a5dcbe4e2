"""The student's training episodes in several environments, side by side."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from reincarnating_rl.agents import side_by_side
from reincarnating_rl.agents.student import Student
from reincarnating_rl.envs import seeding
from reincarnating_rl.envs.lanes import Keep, Lanes
from reincarnating_rl.envs.seeding import training_stream
from reincarnating_rl.envs.vector import Steps, VectorEnvironment
from reincarnating_rl.learner.types import Transition
from reincarnating_rl.runner.progress import Progress

_ACTIONS = 'lanes'  # The group of their arrays in a checkpoint.


class TrainingLanes:
  """Takes a step in each of L environments at a time.

  An episode under way goes on in the next iteration. A checkpoint has its seed
  and its actions, and a resumed run plays it again up to there.

  Attributes:
    on_answer: called with what the lanes answered to a step of each.
  """

  def __init__(
    self,
    agent: Student,
    environment: VectorEnvironment,
    progress: Progress,
    *,
    seed: int,
    max_steps_per_episode: int,
    clip_rewards: bool,
  ) -> None:
    """Begins no episode yet.

    Args:
      agent: the student.
      environment: L lanes.
      progress: whose iteration the seeds of new episodes depend on.
      seed: of the run.
      max_steps_per_episode: where a time-out ends an episode.
      clip_rewards: that are learnt from, to [-1, 1].
    """
    self._agent, self._progress = agent, progress
    self._environment = environment
    self._seed, self._max_steps = seed, max_steps_per_episode
    self._clip_rewards = clip_rewards
    self.on_answer: Callable[[Steps], object] = lambda steps: None
    self._lanes = Lanes(environment, agent.stack_size)
    self._number = -1  # Of the iteration that has begun the newest episode.
    self._begun = 0  # Episodes in it.
    self._iterations = [0] * environment.num_envs  # That have begun a lane's.
    self._unplayed: dict[int, Sequence] = {}  # Actions of a checkpoint.

  def __call__(self, on_steps: Callable[[int], object]) -> tuple[int, list]:
    """Takes a step in each lane, and learns.

    Args:
      on_steps: called with their number.

    Returns:
      The number of steps, and the returns of episodes that ended.
    """
    if self._unplayed:
      self._lanes.replay(self._unplayed)
      self._unplayed = {}
    self._open()
    told: dict[str, np.ndarray] = {}

    def policy(states: np.ndarray, keys: np.ndarray) -> tuple:
      del keys
      states = np.array(states)  # The lanes shift their own.
      told['seen'] = states[..., -1]
      told['actions'] = side_by_side.act(self._agent, states)
      return told['actions'], None

    lanes, steps = self._lanes.step(policy, Keep.NOTHING)
    is_over = steps.terminals | steps.truncations
    for lane in lanes:
      is_over[lane] |= self._lanes.running[lane].length >= self._max_steps
    self._store(told['seen'], told['actions'], steps, is_over)
    on_steps(len(lanes))
    self.on_answer(steps)
    return len(lanes), [
      self._lanes.running.pop(lane).finish(terminal=True).return_
      for lane in np.flatnonzero(is_over).tolist()
    ]

  def _open(self) -> None:
    """Begins an episode in each lane that has none."""
    number = self._progress.position.number
    if number != self._number:
      self._number, self._begun = number, 0
    idle, stream = self._lanes.idle, training_stream(number)
    if not idle:
      return
    self._lanes.open(
      self._seed, stream, range(self._begun, self._begun + len(idle))
    )
    self._begun += len(idle)
    for lane in idle:
      self._iterations[lane] = number
      self._agent.actor.begin_episode(training=True, lane=lane)
    following = range(self._begun, self._begun + self._environment.num_envs)
    self._environment.prepare(
      [seeding.episode_seed(self._seed, stream, i) for i in following]
    )

  def _store(
    self,
    seen: np.ndarray,
    actions: np.ndarray,
    steps: Steps,
    is_over: np.ndarray,
  ) -> None:
    """Stores a step of each lane; a life may end while the game goes on."""
    rewards, terminals = steps.rewards, steps.terminals
    if self._clip_rewards:
      rewards = np.clip(rewards, -1.0, 1.0)
    if steps.life_ends is not None:
      terminals = terminals | steps.life_ends
      for lane in np.flatnonzero(steps.life_ends & ~is_over).tolist():
        self._agent.actor.begin_episode(training=True, lane=lane)
    rows = zip(
      seen, actions, rewards, terminals, terminals | is_over, strict=True
    )
    side_by_side.store(self._agent, (Transition(*row) for row in rows))

  def state_dict(self) -> dict[str, Any]:
    """Returns the episodes under way, JSON-able, without their actions."""
    running = self._lanes.running
    episodes = {
      str(lane): {
        'iteration': self._iterations[lane],
        'index': running[lane].index,
      }
      for lane in sorted(running)
    }
    return {
      'number': self._number,
      'begun': self._begun,
      'episodes': episodes,
    }

  def arrays(self) -> dict[str, np.ndarray]:
    """Returns the actions [T] or [T, D] of each episode under way, by name."""
    every = self._environment.actions
    return {
      f'{_ACTIONS}/{lane}': np.asarray(
        self._unplayed.get(lane, running.actions), every.dtype
      ).reshape(-1, *every.shape)
      for lane, running in self._lanes.running.items()
    }

  def load_state_dict(
    self, state: dict[str, Any], arrays: Mapping[str, np.ndarray]
  ) -> None:
    """Inverse of `state_dict` and `arrays`; episodes are played again later.

    Args:
      state: from `state_dict`.
      arrays: those of a checkpoint.
    """
    self._number, self._begun = state['number'], state['begun']
    self._lanes = Lanes(self._environment, self._agent.stack_size)
    self._unplayed = {}
    for name, told in state['episodes'].items():
      lane = int(name)
      self._iterations[lane] = told['iteration']
      stream = training_stream(told['iteration'])
      self._lanes.open_in([lane], self._seed, stream, [told['index']])
      # Earlier versions had the actions in the state, as lists.
      actions = told.get('actions')
      if actions is None:
        actions = arrays[f'{_ACTIONS}/{lane}']
      self._unplayed[lane] = actions

  def close(self) -> None:
    """Frees the environments."""
    self._environment.close()
