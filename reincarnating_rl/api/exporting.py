"""A student's policy as a file for programs without this package."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Any

import numpy as np

from reincarnating_rl.api.export_formats import (
  WRITERS,
  Function,
  read_stablehlo,
)
from reincarnating_rl.envs import facts
from reincarnating_rl.envs.facts import GameFacts
from reincarnating_rl.learner.actions import Continuous
from reincarnating_rl.learner.types import Array
from reincarnating_rl.support import files, json_file, privacy
from reincarnating_rl.support.errors import (
  DamagedFileError,
  MissingFileError,
  UserError,
  did_you_mean,
)

if TYPE_CHECKING:
  from reincarnating_rl.api.students import Student

_BATCHES = (1, 2, 7)  # Of the check.
_TOLERANCE = 1e-4  # Other programs add up in another order.
_OTHER_PATH = 'choose another path'


def export(student: Student, path: str | os.PathLike[str]) -> str:
  """Writes a student's policy, and its shapes in `PATH.json` beside it.

  What is written is read again, and compared with the student on random states
  of several batches, before this returns.

  The file maps states[B, *O, S], of the type that `PATH.json` says, to
  Q-values[B, A], of which the first largest is the action; or, where actions
  are vectors, to actions[B, D] within the game's bounds. What the network does
  to its states, such as to divide bytes by 255, is part of it.

  Args:
    student: of a run.
    path: its ending says the format: '.stablehlo', by `jax.export`, for CPUs,
      GPUs and TPUs; '.onnx', if jax2onnx is installed; '.npz' or '.safetensors'
      for the parameters alone.

  Returns:
    The path.

  Raises:
    UserError: there is no such format, the file cannot be written, or it does
      not do what the student does.
  """
  target = pathlib.Path(path).expanduser()
  if target.suffix not in WRITERS:
    raise UserError(
      f'{target} ends in no format that is known: {", ".join(WRITERS)}.'
      f'{did_you_mean(target.suffix, WRITERS)}'
    )
  with files.writing(target, _OTHER_PATH):
    target.parent.mkdir(parents=True, exist_ok=True)
  data, read = WRITERS[target.suffix](student)
  _check(student, read(data), str(target))
  files.write_for_user(str(target), data, 'export')
  told = _description(student, target.suffix)
  told['sha256'] = files.sha256(data)
  json_file.write(f'{target}.json', told, _OTHER_PATH)
  return str(target)


class Policy:
  """A policy that `export` wrote as StableHLO.

  Attributes:
    facts: of its game.
  """

  def __init__(self, function: Function, known: GameFacts) -> None:
    """Takes what is computed, and what is known of the game."""
    self._function, self.facts = function, known

  def __call__(self, states: Array) -> np.ndarray:
    """Returns Q-values[B, A], or actions[B, D], of states[B, *O, S]."""
    return np.asarray(self._function(np.asarray(states)))


def load_policy(path: str | os.PathLike[str]) -> Policy:
  """Loads a policy that `export` wrote as StableHLO.

  Args:
    path: of the file; `PATH.json` is beside it.

  Raises:
    UserError: one of the two is missing or damaged.
  """
  target = pathlib.Path(path).expanduser()
  beside = pathlib.Path(f'{target}.json')
  for file in (target, beside):
    if not file.is_file():
      raise MissingFileError(f'There is no {file}: export the student again.')
  data, told = target.read_bytes(), json_file.read_json(beside)
  named = (told.get('format'), told.get('sha256'))
  if named != ('stablehlo', files.sha256(data)):
    raise DamagedFileError(
      f'{target} is no policy as StableHLO, or is damaged: export the student '
      'again.'
    )
  return Policy(read_stablehlo(data), facts.from_json(told['game']))


def _check(student: Student, written: Function, path: str) -> None:
  """Compares what was written with the student.

  Raises:
    UserError: the two differ.
  """
  rng = np.random.default_rng(0)
  known = student.facts
  for size in _BATCHES:
    shape = (size, *known.state_shape)
    if known.observation_dtype == 'uint8':
      states = rng.integers(256, size=shape, dtype=np.uint8)
    else:
      states = rng.normal(size=shape).astype(np.float32)
    expected = student.outputs(states)
    found = np.asarray(written(states))
    scale = max(1.0, float(np.abs(expected).max()))
    if not (
      found.shape == expected.shape
      and np.allclose(found, expected, rtol=0.0, atol=_TOLERANCE * scale)
    ):
      raise UserError(
        f'{path} was not written: what it would compute is not what the '
        'student does. Try another format.'
      )


def _description(student: Student, suffix: str) -> dict[str, Any]:
  known = student.facts
  is_vector = isinstance(known.actions, Continuous)
  return {
    'format': suffix.removeprefix('.'),
    'game': known.to_json(),
    'input': {
      'shape': ['B', *known.state_shape],
      'dtype': known.observation_dtype,
      'meaning': 'states: the newest observation is the last of the last axis, '
      'and zeros stand before the first of an episode',
    },
    'output': {
      'shape': ['B', known.actions.size if is_vector else known.actions.number],
      'dtype': 'float32',
      'meaning': "actions within the game's bounds"
      if is_vector
      else 'Q-values: the action is the first of the largest',
    },
    'student': privacy.without_paths(student.lineage),
  }
