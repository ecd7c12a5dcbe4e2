"""Teachers of other libraries, once they are layers of our own."""

import hashlib
import os
import pathlib
from typing import Any, NamedTuple

from reincarnating_rl.errors import MissingFileError
from reincarnating_rl.networks.layered import LayeredNetwork
from reincarnating_rl.teachers.kinds import KINDS
from reincarnating_rl.teachers.network_teacher import Policy
from reincarnating_rl.types import Array, Params


class Foreign(NamedTuple):
  """The teacher that a file of another library holds."""

  kind: str  # key of `KINDS`
  network: dict[str, Any]  # fields of `LayeredNetwork` but `num_actions`; JSON
  params: Params  # {'params': ...} of that network, NumPy arrays of float32
  sha256: str  # of the file
  metadata: dict[str, Any]  # where it is from, and what was assumed; JSON


def read_file(path: str | os.PathLike[str]) -> tuple[bytes, str]:
  """Reads a file whole.

  Returns:
    What it holds, and the SHA-256 of that, in hex.

  Raises:
    MissingFileError: it cannot be read.
  """
  try:
    data = pathlib.Path(path).expanduser().read_bytes()
  except OSError as error:
    raise MissingFileError(
      f'{path} cannot be read: {error.strerror}; check what it is.'
    ) from error
  return data, hashlib.sha256(data).hexdigest()


def layered_policy(
  kind: str, network: dict[str, Any], *, num_actions: int, temperature: float
) -> Policy:
  """Returns the policy of a `LayeredNetwork`.

  The network takes nothing beside the state; the range of categorical returns
  is one of its fields.

  Args:
    kind: key of `KINDS`.
    network: fields of the network but `num_actions`.
    num_actions: A, of the game.
    temperature: tau of a teacher of Q-values; a policy has none.

  Returns:
    `(params, state[*O, S]) -> logits[A]`.
  """
  module = LayeredNetwork(num_actions=num_actions, **network)

  def policy(params: Params, state: Array) -> Array:
    return KINDS[kind].logits(module.apply(params, state), temperature)

  return policy
