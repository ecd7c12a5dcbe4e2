"""Policies by name, and students by their directories, made to fly."""

import functools
import hashlib
import os
import re
from collections.abc import Callable, Sequence

import numpy as np

from reincarnating_rl.balloon.policy import (
  Policy,
  check_names,
  split,
)
from reincarnating_rl.envs import (
  balloon_games,
  balloon_policies,
)
from reincarnating_rl.support.errors import UserError
from reincarnating_rl.teachers import (
  balloon_facts,
  factory,
  recognition,
)
from reincarnating_rl.teachers.base import Teacher

RANDOM_WALK = 'random_walk'
NAMES = (*factory.BALLOON, RANDOM_WALK)
_CHECKPOINT = re.compile(r'(?P<prefix>\w+)\.(?P<number>\d+)(\.json)?')

Pilot = Callable[[np.ndarray], int]
"""`observation[1099] -> action`; of one flight."""


def create_pilots(policy: Policy) -> Callable[[int], Pilot]:
  """Returns what makes the pilot of a flight from the flight's seed.

  Raises:
    UserError: the checkpoint cannot be read, is of another game, or is another
      than when the policy was found.
  """
  if policy.agent == RANDOM_WALK:
    return balloon_policies.RandomWalk
  teacher = _read(policy.agent, policy.path, policy.number)
  if policy.path and teacher.lineage['checkpoint_sha256'] != policy.identity:
    raise UserError(
      f'Checkpoint {policy.number} of {policy.path} was written anew '
      'meanwhile, for its run goes on: name the file, ckpt.N.json, of an '
      'iteration that is over.'
    )
  return lambda seed: functools.partial(act, teacher)


def act(teacher: Teacher, observation: np.ndarray) -> int:
  """Returns a policy's best action; of equal ones, the first."""
  logits = teacher.policy_logits(observation[None, :, None])
  return int(np.argmax(np.asarray(logits)[0]))


def find(arguments: Sequence[str]) -> list[Policy]:
  """Finds what a user names.

  Args:
    arguments: each one of `NAMES`, a directory or file, or `NAME=` and one.

  Returns:
    The policies, in this order.

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
  path, number = _numbered(path)
  lineage = _read(recognition.AUTO, path, number).lineage
  return Policy(
    name,
    lineage['checkpoint_sha256'],
    path=os.path.abspath(path),
    # A run that goes on has a newer one soon.
    number=lineage['checkpoint_number'],
  )


def _numbered(path: str) -> tuple[str, int | None]:
  """Tells a checkpoint's file by its name."""
  folder, name = os.path.split(path)
  match = _CHECKPOINT.fullmatch(name)
  if match and match['prefix'] == 'ckpt' and os.path.isfile(path):
    return folder, int(match['number'])
  return path, None


def _read(
  agent: str, path: str | None = None, number: int | None = None
) -> Teacher:
  *observation_shape, stack_size = balloon_facts.STATE_SHAPE
  return factory.create_teacher(
    agent,
    path,
    num_actions=len(balloon_games.MEANINGS),
    observation_shape=tuple(observation_shape),
    stack_size=stack_size,
    checkpoint_number=number,
    game_actions=balloon_games.MEANINGS,
    game_name=balloon_games.NAME,
  )
