"""Finds policies by name, students by directory, and makes their pilots."""

import functools
import hashlib
import os
from collections.abc import Callable, Sequence

import numpy as np

from reincarnating_rl.balloon.policy import Policy, check_names, split
from reincarnating_rl.envs import balloon_games, balloon_policies, seeding
from reincarnating_rl.envs.policies import teacher_policy
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import (
  balloon_facts,
  checkpoint_files,
  factory,
  recognition,
)
from reincarnating_rl.teachers.base import GREEDY, Teacher

RANDOM_WALK = 'random_walk'
NAMES = (*factory.BALLOON, RANDOM_WALK)

Pilot = Callable[[np.ndarray], int]
"""`observation[1099] -> action`, for one flight."""


def create_pilots(policy: Policy) -> Callable[[int], Pilot]:
  """Returns a function from a flight's seed to its pilot.

  Raises:
    UserError: the checkpoint cannot be read, is of another game, or has changed
      since the policy was found.
  """
  if policy.agent == RANDOM_WALK:
    return balloon_policies.RandomWalk
  teacher = _read(policy.agent, policy.path, policy.number)
  if policy.path and _identity(teacher) != policy.identity:
    raise UserError(
      f'Checkpoint {policy.number} of {policy.path} has changed since this '
      'command began, because its run is still training: name the file of a '
      'finished iteration, ckpt.N.json.'
    )
  return functools.partial(TeacherPilot, teacher)


class TeacherPilot:
  """Flies as a teacher plays; a flight is a function of its seed."""

  def __init__(self, teacher: Teacher, seed: int) -> None:
    """Begins a flight.

    Args:
      teacher: its attribute `acts` says how actions are chosen.
      seed: of the flight.
    """
    self._policy = teacher_policy(teacher, epsilon=0.0)
    self._generator = seeding.episode_generator(seed, 0, 0)

  def __call__(self, observation: np.ndarray) -> int:
    """Returns the next action, after `observation[1099]`."""
    keys = self._generator.integers(2**32, size=(1, 2), dtype=np.uint32)
    (action,), _ = self._policy(observation[None, :, None], keys)
    return int(action)


def find(arguments: Sequence[str]) -> list[Policy]:
  """Finds the policies that a user names.

  Args:
    arguments: each is one of `NAMES`, a directory or a file, with or without
      `NAME=` before it.

  Returns:
    The policies, in the same order.

  Raises:
    UserError: there is no such policy, it cannot be read, or two have one name.
  """
  named = [split(argument) for argument in arguments]
  check_names([name for name, _ in named])
  return [_find(name, place) for name, place in named]


def _find(name: str, place: str) -> Policy:
  if place == RANDOM_WALK:
    identity = hashlib.sha256(RANDOM_WALK.encode()).hexdigest()
    return Policy(name, identity, RANDOM_WALK)
  if place in NAMES:
    return Policy(name, _read(place).fingerprint, place)
  path = os.path.expanduser(place)
  if not os.path.exists(path):
    raise UserError(
      f'There is no policy or directory {place!r}: give one of '
      f'{", ".join(NAMES)}, or the --base_dir of a run.'
    )
  path, number = checkpoint_files.split_number(path)
  teacher = _read(recognition.AUTO, path, number)
  return Policy(
    name,
    _identity(teacher),
    path=os.path.abspath(path),
    # A run that is still training soon has a newer one.
    number=teacher.lineage['checkpoint_number'],
  )


def _identity(teacher: Teacher) -> str:
  """Returns a checksum that also depends on how the teacher acts."""
  checksum = teacher.lineage['checkpoint_sha256']
  return checksum if teacher.acts == GREEDY else f'{checksum} {teacher.acts}'


def _read(
  agent: str, path: str | None = None, number: int | None = None
) -> Teacher:
  *observation_shape, stack_size = balloon_facts.STATE_SHAPE
  return factory.create_teacher(
    agent,
    path,
    actions=balloon_facts.GAME_ACTIONS,
    observation_shape=tuple(observation_shape),
    stack_size=stack_size,
    checkpoint_number=number,
    game_actions=balloon_games.MEANINGS,
    game_name=balloon_games.NAME,
  )
