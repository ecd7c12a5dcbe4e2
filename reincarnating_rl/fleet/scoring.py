"""What all seeds measure, and what their teachers play for their data."""

import functools
import time
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from reincarnating_rl.envs.seeding import evaluation_stream
from reincarnating_rl.fleet import rollout
from reincarnating_rl.fleet.measuring import Measuring
from reincarnating_rl.fleet.seed import SeedRunner
from reincarnating_rl.learner.types import Array, Params
from reincarnating_rl.replay.device_ring import DeviceRing
from reincarnating_rl.runner.plan import Iteration, steps_until

_MEASURING = 1  # Folded into a seed's key: its episodes that are measured.


class Scoring:
  """Plays the episodes of evaluations and of collections."""

  def __init__(
    self,
    seeds: Sequence[SeedRunner],
    measuring: Measuring,
    replay: DeviceRing,
  ) -> None:
    """Takes what it works with.

    Args:
      seeds: the runs, which are told what was played.
      measuring: plays.
      replay: says how frames are kept.
    """
    self._seeds, self._measuring = seeds, measuring
    self._replay = replay

  def teacher(self, iteration: Iteration) -> None:
    """Has the teacher and the random policy play."""
    seed = self._seeds[0]
    agent = seed.agent
    if seed.measures_random:
      self._measure(
        'random', rollout.uniform(agent.num_actions), None, iteration
      )
    chosen = rollout.teacher(agent.teacher, agent.epsilon_eval)
    self._measure('teacher', chosen, None, iteration, is_teacher=True)

  def student(self, params: Params, iteration: Iteration) -> None:
    """Has the students play; `params` are theirs."""
    agent = self._seeds[0].agent
    chosen = rollout.student(agent.learner.q_values, agent.epsilon_eval)
    self._measure('student', chosen, params, iteration)

  def _measure(
    self,
    who: str,
    chosen: rollout.Choose,
    params: Any,
    iteration: Iteration,
    **more: Any,
  ) -> None:
    """Plays the episodes of an evaluation."""
    began, seed = time.monotonic(), self._seeds[0]
    episodes = seed.settings.evaluation_episodes
    steps = None
    if episodes is None:
      steps = [seed.evaluation_steps] * len(self._seeds)
    played = self._measuring.play(
      *(who, chosen, params, self._keys(iteration)),
      steps=steps,
      episodes=episodes,
      **more,
    )
    share = (time.monotonic() - began) / len(self._seeds)
    for seed, its in zip(self._seeds, played, strict=True):
      seed.played.returns[who] = [episode.return_ for episode in its]
      seed.record.spend('EVALUATION', share)

  def collect(self, iteration: Iteration) -> None:
    """Has the teacher play for the data of each seed."""
    began, seed = time.monotonic(), self._seeds[0]
    # What there is already is deducted, as in a run.
    until = steps_until(seed.plan, iteration)
    wanted = [max(until - seed.record.teacher_steps, 0) for seed in self._seeds]
    replay = self._replay
    played = self._measuring.play(
      'collect',
      rollout.teacher(seed.agent.teacher, seed.settings.teacher_epsilon),
      None,
      self._keys(iteration),
      steps=wanted,
      encode=replay.encode,
      decode=functools.partial(replay.decode, xp=np),
      is_teacher=True,
    )
    share = (time.monotonic() - began) / len(self._seeds)
    for seed, its in zip(self._seeds, played, strict=True):
      seed.played.episodes = its
      seed.record.spend(iteration.phase.name, share)

  def _keys(self, iteration: Iteration) -> list[Array]:
    """Returns the key of each seed's episodes that are not trained on."""
    stream = evaluation_stream(iteration.number)
    return [
      np.asarray(
        jax.random.fold_in(
          jax.random.fold_in(jax.random.PRNGKey(seed.number), _MEASURING),
          stream,
        )
      )
      for seed in self._seeds
    ]
